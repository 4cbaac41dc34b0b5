// Drafts one by one beside their sections: accepted, mended, dropped; kept by the browser, exported.

const KEPT = `policyqa drafts ${data.identity}`;
const SHOWS = [
  ["draft", "to be reviewed", (one) => statusOf(one) === "draft"],
  ["all", "all", () => true],
  ["doubtful", "doubtful", (one) => one.doubts.length > 0],
  ["accepted", "accepted", (one) => statusOf(one) === "accepted"],
  ["dropped", "dropped", (one) => statusOf(one) === "dropped"],
  ...[...new Set(data.drafts.map((one) => one.kind))].sort().map((kind) => [`kind-${kind}`, `kind: ${kind}`, (one) => one.kind === kind]),
];
const FIELDS = ["status", "question", "answer", "facts"];

const REVIEWER = "policyqa reviewer";

let review = {};
let keeps = true;
let current = null;

/** Tells this browser from others, so that it may go on with what it has reviewed itself. */
function reviewer() {
  try {
    const made = Math.random().toString(36).slice(2);
    localStorage.setItem(REVIEWER, localStorage.getItem(REVIEWER) ?? made);
    return localStorage.getItem(REVIEWER);
  } catch {
    return "";
  }
}

/** What was done to drafts as they are; of earlier versions it is kept, and of no more use. */
function readKept() {
  let found = {};
  try {
    found = JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    keeps = false;
  }
  const versions = new Map(data.drafts.map((one) => [one.id, one.version]));
  review = Object.fromEntries(Object.entries(found).filter(([id, one]) => one?.version === versions.get(id)));
  return found;
}

/** Keep what was changed of a draft, or nothing of it; another tab may have kept more meanwhile. */
function keep(draft, changed) {
  const before = review;
  const found = { ...before, ...readKept() };
  const known = found[draft.id]?.version === draft.version ? found[draft.id] : {};
  if (changed === null) delete found[draft.id];
  else found[draft.id] = { ...known, ...changed, version: draft.version };
  review = { ...before, ...review, [draft.id]: found[draft.id] };
  try {
    localStorage.setItem(KEPT, JSON.stringify(found));
  } catch {
    keeps = false;
  }
}

function textOf(draft, field) {
  return review[draft.id]?.[field] ?? draft[field];
}

function statusOf(draft) {
  return textOf(draft, "status");
}

function listed() {
  const [, , wanted] = SHOWS.find(([value]) => value === byId("show").value);
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  return data.drafts.filter((one) => {
    const text = `${one.id} ${textOf(one, "question")} ${textOf(one, "answer")}`.toLowerCase();
    return (one === current || wanted(one)) && words.every((word) => text.includes(word));
  });
}

function byId(id) {
  return document.getElementById(id);
}

function tell() {
  const count = (status) => data.drafts.filter((one) => statusOf(one) === status).length;
  const left = count("draft");
  const warning = keeps ? "" : " This browser keeps nothing for files: export before you close it.";
  byId("told").textContent =
    `${count("accepted")} accepted, ${count("dropped")} dropped, ${left} to be reviewed: about ${Math.round(left * data.minutes)} minutes.${warning}`;
}

function showList() {
  byId("list").replaceChildren(
    ...listed().map((one) => {
      const open = element("button", { type: "button" }, ...plain(shortened(textOf(one, "question"), 90)));
      if (one === current) open.setAttribute("aria-current", "true");
      open.addEventListener("click", () => show(one));
      return element("li", { className: statusOf(one) }, open);
    }),
  );
  byId("list").querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
  tell();
}

function field(draft, name, label, rows) {
  const input = element("textarea", { id: name, rows, value: textOf(draft, name) });
  input.addEventListener("input", () => keep(draft, { [name]: input.value }));
  return element("label", {}, label, input);
}

function button(label, act) {
  const made = element("button", { type: "button" }, label);
  made.addEventListener("click", act);
  return made;
}

function show(draft) {
  current = draft;
  if (draft === null) {
    byId("draft").replaceChildren(element("p", { id: "opened" }, "Nothing is left here."));
    byId("section").replaceChildren();
    showList();
    return;
  }
  const answer = draft.answerable
    ? [field(draft, "answer", "answer (n)", 4), field(draft, "facts", "facts of a right answer, between ;", 2)]
    : [element("p", {}, "The documents do not answer it: this section was taken out of them.")];
  byId("draft").replaceChildren(
    element("h2", { id: "opened" }, ...plain(`${draft.id}: ${statusOf(draft)}`)),
    element("p", { className: "aside" }, ...plain(`${draft.kind}, for the split ${draft.split}`)),
    ...draft.doubts.map((one) => element("p", { className: "doubt" }, ...plain(one))),
    field(draft, "question", "question (m)", 3),
    ...answer,
    element(
      "div",
      { className: "buttons" },
      button("Accept (a)", () => judge("accepted")),
      button("Drop (d)", () => judge("dropped")),
      button("Undo (u)", undo),
      button("Previous (k)", () => step(-1)),
      button("Next (j)", () => step(1)),
    ),
  );
  byId("section").replaceChildren(
    ...draft.sections.flatMap((place) => [
      element("h3", { dir: "auto" }, ...plain(data.sections[place][0])),
      marked(data.sections[place][1], []),
    ]),
  );
  showList();
}

function step(way) {
  const shown = listed();
  const place = shown.indexOf(current);
  show(shown[Math.min(Math.max(place + way, 0), shown.length - 1)] ?? null);
}

/** Give the draft its status; one that is accepted or dropped makes room for the next. */
function judge(status) {
  if (current === null) return;
  keep(current, { status });
  const shown = listed();
  const next = shown[shown.indexOf(current) + 1] ?? shown.find((one) => statusOf(one) === "draft");
  show(next ?? current);
}

/** The draft as it was before any review. */
function undo() {
  if (current === null) return;
  const [question, answer, facts] = current.before;
  const untouched = current.status === "draft" && current.question === question && current.answer === answer;
  keep(current, untouched ? null : { status: "draft", question, answer, facts });
  show(current);
}

/** What was done on this page, as the CSV that ``policyqa data review`` reads; a spreadsheet knows
 * UTF-8 by its first mark. */
function reviewed() {
  const touched = data.drafts.filter((one) => review[one.id]?.status);
  const lines = touched.map((one) => [one.id, ...FIELDS.map((name) => textOf(one, name)), one.version, reviewer()]);
  const rows = [["id", ...FIELDS, "version", "reviewer"], ...lines];
  return `\ufeff${csv(rows)}`;
}

const KEYS = {
  a: () => judge("accepted"),
  d: () => judge("dropped"),
  u: undo,
  j: () => step(1),
  k: () => step(-1),
  m: () => byId("question")?.focus(),
  n: () => byId("answer")?.focus(),
  "/": () => byId("search").focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(?:TEXTAREA|INPUT|SELECT)$/.test(event.target.tagName);
  if (event.key === "Escape" && typing) event.target.blur();
  if (typing || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

readKept();
byId("show").replaceChildren(...SHOWS.map(([value, label]) => element("option", { value }, ...plain(label))));
byId("show").addEventListener("change", () => {
  current = null;
  show(listed()[0] ?? null);
});
byId("search").addEventListener("input", showList);
byId("export").addEventListener("click", () => download("reviewed.csv", reviewed()));
show(listed()[0] ?? null);
document.documentElement.dataset.ready = "yes";
