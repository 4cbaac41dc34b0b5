// Which questions are listed, and in which order.

const FILTERS = new Map([
  ["all", ["all", () => true]],
  ["changed", ["changed", (q) => differs(q, (found) => found !== 0)]],
  ["won", ["won", (q) => differs(q, (found) => found > 0)]],
  ["lost", ["lost", (q) => differs(q, (found) => found < 0)]],
  ["abstained", ["abstained", (q) => data.abstained[state.candidate][q] === 1]],
  ["not-shown", ["evidence not shown", (q) => data.shown[state.candidate][q] === 0]],
]);

const SORTS = new Map([
  ["asked", ["as asked", (q) => q]],
  ["change", ["largest change first", (q) => -Math.abs(gain(q) ?? 0)]],
  ["gain", ["largest gain first", (q) => -(gain(q) ?? -Infinity)]],
  ["loss", ["largest loss first", (q) => gain(q) ?? Infinity]],
]);

/** One filter more for each kind of mark, and for each cause: both are of the data. */
function addFilters() {
  data.markKinds.forEach((kind, place) => {
    const bit = 1 << place;
    FILTERS.set(`mark-${kind}`, [`marked: ${kind}`, (q) => (data.marks[state.candidate][q] & bit) !== 0]);
  });
  data.causes.forEach((cause, place) => {
    FILTERS.set(`cause-${cause}`, [`cause: ${cause}`, (q) => data.cause[state.candidate][q] === place]);
  });
}

function differs(question, how) {
  const found = gain(question);
  return found === null
    ? data.answers[state.candidate][question] !== data.answers[state.beside][question] && how(NaN)
    : how(found);
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
  const { id, text, references } = data.questions[question];
  const answers = data.answers.map((one) => one[question]);
  return [id, text, ...references, ...answers].join("\n").toLowerCase();
}

function listed(question) {
  if (!FILTERS.get(state.show)[1](question)) return false;
  if (state.least > 0 && !(Math.abs(gain(question) ?? 0) >= state.least)) return false;
  for (const [place, label] of Object.entries(state.slices)) {
    if (data.questions[question].slices[place] !== label) return false;
  }
  return !state.search.trim() || matching(state.search)[question];
}
