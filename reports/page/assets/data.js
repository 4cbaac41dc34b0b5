// What the explorer looks up in what the page holds.

const opened = new Map();

/** Prompts, passages and costs of a question, by variant; they are unpacked some at a time. */
async function detailsOf(question) {
  const part = Math.floor(question / data.questionsAPart);
  if (!opened.has(part)) opened.set(part, unpacked(`details-${part}`));
  return (await opened.get(part))[question - part * data.questionsAPart];
}

async function library() {
  const source = document.getElementById("datatables").textContent;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: DataTable } = await import(address);
  URL.revokeObjectURL(address);
  return DataTable;
}

/** What an answer scores; null where it has no score, or no metric has one. */
function score(metric, variant, question) {
  return data.scores[metric]?.[variant][question] ?? null;
}

/** How much better the candidate is than what it stands beside; null where one has no score. Of a
 * metric that has no better, how much more it is. */
function gain(question) {
  const ours = score(state.by, state.candidate, question);
  const theirs = score(state.by, state.beside, question);
  if (ours === null || theirs === null) return null;
  return data.metrics[state.by].higher === false ? theirs - ours : ours - theirs;
}

/** Whether the metric says which of two is better. */
function directed() {
  return data.metrics[state.by] !== undefined && data.metrics[state.by].higher !== null;
}

/** The largest difference there is between any two variants, by the metric. */
function largest() {
  const columns = data.scores[state.by] ?? [];
  const found = columns.flat().filter((one) => one !== null);
  return found.length ? found.reduce((a, b) => Math.max(a, b)) - found.reduce((a, b) => Math.min(a, b)) : 0;
}
