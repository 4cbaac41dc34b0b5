// The list: rows are questions, columns variants, the one that others stand beside first.

let list = null;

function columns() {
  if (state.blind) return [];
  const others = data.variants
    .map((_, place) => place)
    .filter((one) => one !== state.beside && one !== state.candidate)
    .filter((one) => state.floors || !data.variants[one].floor);
  return [state.beside, state.candidate, ...others];
}

function figure(value) {
  return value === null ? "–" : value.toFixed(3);
}

function signed(value) {
  return `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(3)}`;
}

function questionCell(question) {
  const { id, text } = data.questions[question];
  const open = element("button", { type: "button", className: "open" }, ...plain(shortened(text, 160)));
  open.addEventListener("click", () => openQuestion(question));
  const cause = data.cause[state.candidate][question];
  return element(
    "div",
    {},
    open,
    element("div", { className: "aside" }, ...plain(id)),
    cause < 0 || state.blind ? null : element("div", { className: "cause" }, data.causes[cause]),
    isJudged(question) ? element("div", { className: "aside" }, "judged") : null,
  );
}

function answerCell(variant, question) {
  const answer = data.answers[variant][question];
  const shown = answer ? plain(shortened(answer, 140)) : [element("em", {}, "no answer")];
  const line = element("div", { className: "aside" }, figure(score(state.by, variant, question)));
  if (variant === state.candidate) {
    const found = gain(question);
    const className = !directed() ? "" : found > 0 ? "won" : "lost";
    if (Math.abs(found) > SMALLEST) line.append(" ", element("span", { className }, signed(found)));
  }
  return element("div", { dir: "auto" }, line, ...shown);
}

function makeList(DataTable) {
  const shown = columns();
  DataTable.ext.order.rank = () => data.questions.map((_, question) => SORTS.get(state.sort)[1](question));
  const cell = (draw) => (_, type, row) => (type === "display" ? draw(row.question) : row.question);
  const made = [
    { visible: false, orderDataType: "rank", type: "num" },
    { render: cell(questionCell), className: "question" },
    ...shown.map((variant, place) => ({
      render: cell((question) => answerCell(variant, question)),
      className: ["beside", "candidate"][place] ?? "other",
      createdCell: (td) => (td.dataset.name = visible(data.variants[variant].name)),
    })),
  ];
  if (list) {
    list.destroy();
    document.getElementById("list").replaceChildren();
  }
  document.getElementById("list").append(heading(shown));
  list = new DataTable("#list", {
    data: data.questions.map((_, question) => ({ question })),
    columns: made.map((one) => ({ data: null, searchable: false, orderable: one.visible === false, ...one })),
    deferRender: true,
    autoWidth: false,
    pageLength: 20,
    order: [[0, "asc"]],
    layout: { topStart: null, topEnd: null, bottomStart: "info", bottomEnd: "paging" },
    language: {
      info: "_START_ to _END_ of _TOTAL_ questions",
      infoFiltered: "(of _MAX_)",
      infoEmpty: "no question",
      emptyTable: "no question",
      zeroRecords: "No question is left by these filters.",
    },
  });
  list.search.fixed("filters", (_, row) => listed(row.question));
  list.draw();
}

function heading(shown) {
  const names = shown.map((variant) => element("th", { scope: "col" }, ...plain(data.variants[variant].name)));
  const first = ["order", "question"].map((name) => element("th", { scope: "col" }, name));
  return element("thead", {}, element("tr", {}, ...first, ...names));
}

/** The questions that are listed, in the order of the list. */
function inList() {
  return list.rows({ search: "applied", order: "applied" }).data().toArray().map((one) => one.question);
}
