// What the page holds, packed: JSON, compressed, in base64, each part in a script of its own.

async function unpacked(id) {
  const packed = document.getElementById(id).textContent.trim();
  const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

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

function score(metric, variant, question) {
  return data.scores[metric][variant][question];
}

/** How much better the candidate is than what it stands beside; null where one has no score. */
function gain(question) {
  const metric = Number(state.by);
  const ours = score(metric, state.candidate, question);
  const theirs = score(metric, state.beside, question);
  if (ours === null || theirs === null) return null;
  return data.metrics[metric].higher === false ? theirs - ours : ours - theirs;
}

const data = await unpacked("head");
