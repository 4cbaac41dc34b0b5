// Texts of models and documents as nodes: never as markup, what steers a reader made visible.

const UNSEEN = new RegExp(data.unseen, "gu");
const WORDS_COMPARED = 600;
const SHOWN_AT_ONCE = 20000;

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...present(children));
  return made;
}

function present(nodes) {
  return nodes.filter((one) => one !== null && one !== undefined);
}

/** Text with control characters shown by their number, as an array of nodes. */
function plain(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(UNSEEN)) {
    if (found.index > from) nodes.push(text.slice(from, found.index));
    nodes.push(element("span", { className: "control" }, numbered(found[0])));
    from = found.index + found[0].length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

function numbered(unseen) {
  return `\\u${unseen.codePointAt(0).toString(16).padStart(4, "0")}`;
}

/** The same where no nodes can stand, as in a tooltip. */
function visible(text) {
  return text.replace(UNSEEN, numbered);
}

function shortened(text, length) {
  if (text.length <= length) return text;
  return `${text.slice(0, length + 2).replace(/[\ud800-\udbff]?.?$/su, "").trimEnd()} …`;
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
function marked(text, spans, length = SHOWN_AT_ONCE) {
  const shown = text.slice(0, length);
  const box = element("div", { className: "text", dir: "auto" });
  const cuts = new Set([0, shown.length]);
  for (const one of spans) {
    cuts.add(Math.min(one.start, shown.length)).add(Math.min(one.end, shown.length));
  }
  const ends = [...cuts].sort((a, b) => a - b);
  for (let place = 0; place + 1 < ends.length; place++) {
    const [start, end] = [ends[place], ends[place + 1]];
    const here = spans.filter((one) => one.start <= start && one.end >= end);
    const nodes = plain(shown.slice(start, end));
    box.append(...(here.length ? [markOf(here, nodes, end)] : nodes));
  }
  if (shown.length < text.length) {
    const label = `Show all ${text.length.toLocaleString("en")} characters`;
    const more = element("button", { type: "button" }, label);
    more.addEventListener("click", () => {
      const whole = marked(text, spans, text.length);
      whole.tabIndex = -1;
      box.replaceWith(whole);
      whole.focus();
    });
    box.append(" … ", more);
  }
  return box;
}

function markOf(spans, nodes, end) {
  const kinds = [...new Set(spans.map((one) => one.kind))];
  const className = kinds.map((kind) => `mark-${kind.replace(/[^a-z]+/gi, "-")}`).join(" ");
  const notes = spans.map((one) => (one.note ? `${one.kind}: ${one.note}` : one.kind));
  const said = kinds.filter((kind) => kind !== "differs").join(", ");
  const last = said && spans.some((one) => one.end === end && one.kind !== "differs");
  const label = last ? element("span", { className: "kind" }, ...plain(said)) : null;
  return element("mark", { className, title: visible(notes.join("; ")) }, ...nodes, label);
}
