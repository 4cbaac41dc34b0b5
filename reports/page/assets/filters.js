// Which questions are listed, and in which order.

const SMALLEST = 1e-9;

const FILTERS = new Map([
  ["all", ["all", () => true]],
  ["changed", ["changed", changes]],
  ["won", ["won: the candidate is better", (q) => directed() && gain(q) > SMALLEST]],
  ["lost", ["lost: the candidate is worse", (q) => directed() && gain(q) < -SMALLEST]],
  ["best", ["the candidate is the best of all", (q) => extreme(q, 1)]],
  ["worst", ["the candidate is the worst of all", (q) => extreme(q, -1)]],
  ["abstained", ["abstained", (q) => data.abstained[state.candidate][q] === 1]],
  ["not-shown", ["evidence not shown", (q) => data.shown[state.candidate][q] === 0]],
  ["judged", ["judged", (q) => isJudged(q)]],
  ["not-judged", ["not yet judged", (q) => !isJudged(q)]],
]);

const SORTS = new Map([
  ["asked", ["as asked", (q) => q]],
  ["change", ["largest change first", (q) => -Math.abs(gain(q) ?? 0)]],
  ["gain", ["largest gain first", (q) => -(gain(q) ?? -Infinity)]],
  ["loss", ["largest loss first", (q) => gain(q) ?? Infinity]],
  ["high", ["candidate's highest score first", (q) => -(score(state.by, state.candidate, q) ?? -Infinity)]],
  ["low", ["candidate's lowest score first", (q) => score(state.by, state.candidate, q) ?? Infinity]],
]);

/** One filter more for each kind of mark, and for each cause, that some answer has. */
function addFilters() {
  data.markKinds.forEach((kind, place) => {
    FILTERS.set(`mark-${kind}`, [`marked: ${kind}`, (q) => data.marks[state.candidate][q].includes(place)]);
  });
  data.causes.forEach((cause, place) => {
    if (!data.cause.some((one) => one.includes(place))) return;
    FILTERS.set(`cause-${cause}`, [`cause: ${cause}`, (q) => data.cause[state.candidate][q] === place]);
  });
}

/** Whether the candidate's answer, or its score, is another than the one it stands beside. */
function changes(question) {
  const other = data.answers[state.candidate][question] !== data.answers[state.beside][question];
  return other || Math.abs(gain(question) ?? 0) > SMALLEST;
}

/** Whether no other variant scores as much as the candidate, or as little. */
function extreme(question, way) {
  const turn = data.metrics[state.by]?.higher === false ? -way : way;
  const ours = score(state.by, state.candidate, question);
  if (ours === null || !directed()) return false;
  const others = data.variants.map((_, place) => score(state.by, place, question));
  return others.every((one, place) => place === state.candidate || one === null || turn * (ours - one) > SMALLEST);
}

let searched = { words: "", found: null };

/** Which questions have all words of the search in their id, text, references or an answer. */
function matching(words) {
  if (searched.words === words) return searched.found;
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = data.questions.map((_, question) => {
    texts[question] ??= textOf(question);
    return wanted.every((word) => texts[question].includes(word));
  });
  searched = { words, found };
  return found;
}

const texts = [];

function textOf(question) {
  const { id, text, references, evidence } = data.questions[question];
  const answers = data.answers.map((one) => one[question]);
  return [id, text, ...references, ...evidence, ...answers].join("\n").toLowerCase();
}

function listed(question) {
  if (!FILTERS.get(state.show)[1](question)) return false;
  if (state.least > 0 && !(Math.abs(gain(question) ?? 0) >= state.least - SMALLEST)) return false;
  for (const [place, label] of Object.entries(state.slices)) {
    if (data.questions[question].slices[place] !== label) return false;
  }
  return !state.search.trim() || matching(state.search)[question];
}
