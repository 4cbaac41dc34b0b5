// A reader's preferences between two answers: kept by the browser, exported as preferences.csv.

const KEPT = `policyqa preferences ${data.identity}`;
let judged = {};
let keeps = true;

function readJudged() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT));
    judged = Object.fromEntries(Object.entries(found ?? {}).filter(([, one]) => one?.constructor === Object));
  } catch {
    keeps = false;
  }
}

/** Keep what was changed of a judgement; another tab may have kept others in the meantime. */
function keepJudged(key, changed) {
  const before = judged;
  readJudged();
  judged = { ...before, ...judged, [key]: { ...before[key], ...changed } };
  try {
    localStorage.setItem(KEPT, JSON.stringify(judged));
  } catch {
    keeps = false;
  }
  tellJudged();
}

function tellJudged() {
  const all = Object.values(judged);
  const count = all.filter((one) => one.preferred).length;
  const notes = all.filter((one) => one.note && !one.preferred).length;
  const without = notes ? ` ${notes} with a note and no choice, which are not exported.` : "";
  const warning = keeps ? "" : " This browser keeps nothing for files: export before you close it.";
  document.getElementById("judged").textContent = `${count} judged.${without}${warning}`;
}

function isJudged(question) {
  return Boolean(judged[keyOf(question, [state.beside, state.candidate])]?.preferred);
}

/** Of the two that are compared, the one that stands first: chance decides where they are blind. */
function judgedOrder(question) {
  const pair = [state.beside, state.candidate];
  if (!state.blind) return pair;
  let hash = 2166136261;
  for (const one of `${data.identity} ${data.questions[question].id} ${pair}`) {
    hash = Math.imul(hash ^ one.charCodeAt(0), 16777619);
  }
  return (hash ^ (hash >>> 15)) & 1 ? pair : pair.reverse();
}

function keyOf(question, order) {
  const names = [...order].sort((a, b) => a - b).map((one) => data.variants[one].name);
  return JSON.stringify([data.questions[question].id, ...names]);
}

function judgingForm(question, order) {
  const kept = judged[keyOf(question, order)] ?? {};
  const save = (changed) => keepJudged(keyOf(question, order), changed);
  const options = [
    [nameOf(order[0], 0), data.variants[order[0]].name],
    ["equally good", "tie"],
    [nameOf(order[1], 1), data.variants[order[1]].name],
  ].map(([label, value]) => {
    const input = element("input", { type: "radio", name: "preferred", value, checked: kept.preferred === value });
    input.addEventListener("change", () => save({ preferred: value }));
    return element("label", {}, input, " ", ...plain(label));
  });
  const note = element("textarea", { rows: 2, value: kept.note ?? "" });
  note.addEventListener("input", () => save({ note: note.value }));
  return element(
    "fieldset",
    { className: "judging" },
    element("legend", {}, "Which answer is better? (keys 1, 2, 3)"),
    ...options,
    element("label", { className: "note" }, "Note ", note),
  );
}

/** The judgements as the CSV that ``policyqa validity`` reads. */
function preferences() {
  const lines = [["question", "a", "b", "preferred", "note"]];
  const there = new Set();
  if (data.twoRuns) lines[0].push("reference");
  const rater = document.getElementById("rater").value.trim();
  if (rater) lines[0].push("rater");
  for (const [key, { preferred, note }] of Object.entries(judged)) {
    if (!preferred) continue;
    const [id, ...names] = JSON.parse(key);
    const question = data.questions.findIndex((one) => one.id === id);
    const pair = names.map((name) => variantNamed(name, -1));
    if (question < 0 || pair.includes(-1)) continue;
    const vote = preferred === "tie" ? "tie" : "ab"[names.indexOf(preferred)];
    const answers = data.twoRuns ? pair.map((one) => data.answers[one][question]) : names;
    const line = [data.twoRuns ? data.questions[question].text : id, ...answers, vote, note ?? ""];
    if (data.twoRuns) line.push(data.questions[question].references[0] ?? "");
    if (rater) line.push(rater);
    const same = JSON.stringify([line[0], ...[...answers].sort()]);
    if (!there.has(same)) lines.push(line); // Of two variants that said the same, once.
    there.add(same);
  }
  return csv(lines);
}

function exportJudged() {
  download("preferences.csv", preferences());
}
