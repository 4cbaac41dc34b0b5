// Texts of models and documents as nodes: never as markup, what steers a reader made visible.

const CONTROL =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const WORDS_COMPARED = 600;
const SHOWN_AT_ONCE = 20000;

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((one) => one !== null && one !== undefined));
  return made;
}

/** Text with control characters shown by their number, as an array of nodes. */
function plain(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(CONTROL)) {
    if (found.index > from) nodes.push(text.slice(from, found.index));
    const code = found[0].charCodeAt(0).toString(16).padStart(4, "0");
    nodes.push(element("span", { className: "control", textContent: `\\u${code}` }));
    from = found.index + found[0].length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

function shortened(text, length) {
  return text.length > length ? `${text.slice(0, length).trimEnd()} …` : text;
}

/** Spans of the words of a text that are not in the longest common row of words of another. */
function differing(text, other) {
  const words = [...text.matchAll(/[\p{L}\p{N}]+/gu)];
  const theirs = [...other.matchAll(/[\p{L}\p{N}]+/gu)].map((one) => one[0].toLowerCase());
  if (words.length > WORDS_COMPARED || theirs.length > WORDS_COMPARED) return [];
  const ours = words.map((one) => one[0].toLowerCase());
  const width = theirs.length + 1;
  const longest = new Uint16Array((ours.length + 1) * width);
  for (let i = ours.length - 1; i >= 0; i--) {
    for (let j = theirs.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        ours[i] === theirs[j]
          ? longest[(i + 1) * width + j + 1] + 1
          : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  const spans = [];
  let i = 0;
  let j = 0;
  while (i < ours.length) {
    if (j < theirs.length && ours[i] === theirs[j]) {
      i++;
      j++;
    } else if (j < theirs.length && longest[i * width + j + 1] > longest[(i + 1) * width + j]) {
      j++;
    } else {
      const start = words[i].index;
      spans.push({ start, end: start + words[i][0].length, kind: "differs" });
      i++;
    }
  }
  return spans;
}

/** A text with its spans marked; overlapping spans share the letters that they have in common. */
function marked(text, spans) {
  const whole = text.length > SHOWN_AT_ONCE ? text.slice(0, SHOWN_AT_ONCE) : text;
  const box = element("div", { className: "text", dir: "auto" });
  const cuts = new Set([0, whole.length]);
  for (const one of spans) {
    cuts.add(Math.min(one.start, whole.length)).add(Math.min(one.end, whole.length));
  }
  const ends = [...cuts].sort((a, b) => a - b);
  for (let place = 0; place + 1 < ends.length; place++) {
    const [start, end] = [ends[place], ends[place + 1]];
    const here = spans.filter((one) => one.start <= start && one.end >= end);
    const nodes = plain(whole.slice(start, end));
    if (!here.length) box.append(...nodes);
    else {
      const kinds = [...new Set(here.map((one) => one.kind))];
      const name = kinds.map((kind) => `mark-${kind.replace(/[^a-z]+/gi, "-")}`).join(" ");
      const title = here.map((one) => (one.note ? `${one.kind}: ${one.note}` : one.kind)).join("; ");
      const said = kinds.filter((kind) => kind !== "differs");
      const label = said.length ? element("span", { className: "kind" }, said.join(", ")) : null;
      const last = here.some((one) => one.end === end && one.kind !== "differs");
      box.append(element("mark", { className: name, title }, ...nodes, last ? label : null));
    }
  }
  if (whole.length < text.length) {
    const more = element("button", { type: "button", textContent: `Show all ${text.length.toLocaleString("en")} characters` });
    more.addEventListener("click", () => box.replaceChildren(...plain(text)));
    box.append(" … ", more);
  }
  return box;
}
