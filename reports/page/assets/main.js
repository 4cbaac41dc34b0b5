// The page comes to life: controls, keys and the address.

function announce(text) {
  document.getElementById("said").textContent = text;
}

function choices(select, options) {
  select.replaceChildren(...options.map(([value, label]) => element("option", { value }, ...plain(label))));
}

/** The controls show the state; what they change is read back by ``changed``. */
function fillControls() {
  const names = data.variants.map((one, place) => [place, one.name]);
  names.sort(([a], [b]) => data.variants[a].floor - data.variants[b].floor);
  choices(control("candidate"), names);
  choices(control("beside"), names);
  choices(control("by"), data.metrics.map((one, place) => [place, one.title]));
  choices(control("show"), [...FILTERS].map(([value, [label]]) => [value, label]));
  choices(control("sort"), [...SORTS].map(([value, [label]]) => [value, label]));
  document.getElementById("slices").replaceChildren(
    ...data.slicings.map((one, place) => {
      const select = element("select", { id: `slice-${place}` });
      choices(select, [["", "all"], ...one.labels.map((label, number) => [number, label])]);
      select.addEventListener("change", changed);
      return element("label", {}, `${one.by} `, select);
    }),
  );
}

function control(name) {
  return document.getElementById(`control-${name}`);
}

function showState() {
  const most = largest();
  Object.assign(control("least"), { max: most || 1, step: (most || 1) / 100 });
  for (const name of ["candidate", "beside", "by", "show", "sort", "least", "search"]) control(name).value = state[name];
  for (const name of ["floors", "blind"]) control(name).checked = state[name];
  control("least").nextElementSibling.textContent = state.least.toPrecision(2);
  data.slicings.forEach((_, place) => {
    document.getElementById(`slice-${place}`).value = state.slices[place] ?? "";
  });
}

let DataTable = null;

function changed() {
  const before = { ...state };
  for (const name of ["candidate", "beside", "by", "least"]) state[name] = Number(control(name).value);
  for (const name of ["show", "sort", "search"]) state[name] = control(name).value;
  for (const name of ["floors", "blind"]) state[name] = control(name).checked;
  const chosen = data.slicings.map((_, place) => document.getElementById(`slice-${place}`).value);
  state.slices = Object.fromEntries(chosen.flatMap((one, place) => (one === "" ? [] : [[place, Number(one)]])));
  const counterpart = data.variants[state.candidate].counterpart;
  if (state.candidate !== before.candidate && counterpart !== null) state.beside = counterpart;
  if (state.candidate === state.beside) {
    // One of the two was chosen for the other's place: they change places.
    if (state.candidate !== before.candidate) state.beside = before.candidate;
    else state.candidate = before.beside;
  }
  const redrawn = ["candidate", "beside", "by", "floors", "blind"].some((name) => state[name] !== before[name]);
  draw(redrawn, state.sort !== before.sort);
}

function draw(redrawn, sorted) {
  showState();
  writeAddress();
  if (redrawn) makeList(DataTable);
  else if (sorted) list.order([[0, "asc"]]).draw();
  else list.draw();
  announce(`${list.page.info().recordsDisplay} of ${data.questions.length} questions`);
}

function keys(event) {
  const typing = event.target.matches("input:not([type=radio], [type=checkbox], [type=range]), textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const radios = document.querySelectorAll("dialog[open] .judging input[type=radio]");
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if ("123".includes(event.key) && radios.length) radios[Number(event.key) - 1].click();
  else if (event.key === "/") {
    event.preventDefault();
    control("search").focus();
  }
}

async function begin() {
  addFilters();
  readAddress();
  readJudged();
  tellJudged();
  fillControls();
  DataTable = await library();
  draw(true);
  const controls = document.getElementById("controls");
  controls.addEventListener("input", (event) => event.target.matches("input") && changed());
  controls.addEventListener("change", (event) => event.target.matches("select[id^=control]") && changed());
  document.getElementById("export").addEventListener("click", exportJudged);
  document.addEventListener("keydown", keys);
  const dialog = document.getElementById("question");
  dialog.addEventListener("close", closeQuestion);
  for (const [id, act] of [["previous", () => step(-1)], ["next", () => step(1)], ["close", () => dialog.close()]]) {
    document.getElementById(id).addEventListener("click", act);
  }
  addEventListener("storage", () => {
    readJudged();
    tellJudged();
  });
  addEventListener("hashchange", () => {
    if (location.hash && !isState(location.hash)) return; // A part of the page.
    readAddress();
    draw(true);
    if (state.open !== null) openQuestion(state.open);
    else if (dialog.open) dialog.close();
  });
  if (isState(location.hash)) document.getElementById("answers").scrollIntoView();
  if (state.open !== null) await openQuestion(state.open);
  document.documentElement.dataset.ready = "yes";
}

await begin();
