// What is shown, and the same in the address: a filter or a question can be linked.

const state = {};

function initial() {
  return {
    candidate: data.candidate,
    beside: data.beside,
    by: data.by,
    show: data.twoRuns ? "changed" : "all",
    least: 0,
    search: "",
    sort: data.twoRuns ? "change" : "asked",
    slices: {},
    floors: false,
    blind: false,
    open: null,
  };
}

function variantNamed(name, otherwise) {
  const found = data.variants.findIndex((one) => one.name === name);
  return found < 0 ? otherwise : found;
}

function readAddress() {
  const given = new URLSearchParams(isState(location.hash) ? location.hash.slice(1) : "");
  const start = initial();
  const metric = data.metrics.findIndex((one) => one.name === given.get("by"));
  const known = data.questions.findIndex((one) => one.id === given.get("question"));
  const least = Number(given.get("least"));
  Object.assign(state, start, {
    candidate: variantNamed(given.get("candidate"), start.candidate),
    beside: variantNamed(given.get("beside"), start.beside),
    by: metric < 0 ? start.by : metric,
    show: FILTERS.has(given.get("show")) ? given.get("show") : start.show,
    least: least >= 0 ? least : 0,
    search: given.get("search") ?? "",
    sort: SORTS.has(given.get("sort")) ? given.get("sort") : start.sort,
    slices: Object.fromEntries(
      data.slicings.flatMap((one, place) => {
        const label = one.labels.indexOf(given.get(one.by));
        return label < 0 ? [] : [[place, label]];
      }),
    ),
    floors: given.has("floors"),
    blind: given.has("blind"),
    open: known < 0 ? null : known,
  });
}

function address() {
  const start = initial();
  const said = new URLSearchParams();
  const say = (name, value, usual) => value !== usual && said.set(name, value);
  say("candidate", data.variants[state.candidate].name, data.variants[start.candidate].name);
  say("beside", data.variants[state.beside].name, data.variants[start.beside].name);
  say("by", data.metrics[state.by]?.name, data.metrics[start.by]?.name);
  for (const name of ["show", "least", "search", "sort"]) say(name, state[name], start[name]);
  for (const [place, label] of Object.entries(state.slices)) {
    said.set(data.slicings[place].by, data.slicings[place].labels[label]);
  }
  for (const name of ["floors", "blind"]) if (state[name]) said.set(name, "yes");
  if (state.open !== null) said.set("question", data.questions[state.open].id);
  return said.size ? `#${said}` : "";
}

/** Whether the address has a state, and not the name of a part of the page. */
function isState(hash) {
  return hash.includes("=");
}

function writeAddress() {
  const wanted = address();
  if (wanted === location.hash || (!wanted && !isState(location.hash))) return;
  history.replaceState(null, "", wanted || "#answers");
}
