// A question opened: references, answers side by side, passages, prompts, scores and costs.

async function openQuestion(question) {
  state.open = question;
  writeAddress();
  const details = await detailsOf(question);
  if (state.open !== question) return;
  const { id, text, references, slices, evidence } = data.questions[question];
  const facts = data.slicings.flatMap((one, place) =>
    slices[place] < 0 ? [] : [`${one.by}: ${one.labels[slices[place]]}`],
  );
  if (evidence.length) facts.push(`evidence: ${evidence.join(", ")}`);
  const order = judgedOrder(question);
  const others = columns().slice(2);
  const marks = (variant, of, reference) =>
    details[variant].marks.filter((one) => one.of === of && (of !== "reference" || one.reference === reference));
  document.getElementById("opened").replaceChildren(
    element("h3", { id: "opened-title", tabIndex: -1 }, ...plain(text)),
    element("p", { className: "aside" }, ...plain([id, ...facts].join(" · "))),
    element("h4", {}, references.length === 1 ? "Right answer" : "Right answers"),
    ...references.map((one, place) => marked(one, marks(order[0], "reference", place))),
    element("div", { className: "pair" }, ...order.map((one, place) => answerBox(one, question, details[one], order, place))),
    judgingForm(question, order),
    state.blind ? null : otherAnswers(others, question, details),
  );
  const dialog = document.getElementById("question");
  if (!dialog.open) dialog.showModal();
  document.getElementById("opened-title").focus();
  dialog.scrollTop = 0;
}

function nameOf(variant, place) {
  return state.blind ? ["First", "Second"][place] : data.variants[variant].name;
}

function answerBox(variant, question, details, order, place) {
  const answer = data.answers[variant][question];
  const other = data.answers[order[1 - place]][question];
  const spans = [...differing(answer, other), ...details.marks.filter((one) => one.of === "answer")];
  const cause = data.cause[variant][question];
  return element(
    "section",
    { className: "answer" },
    element("h4", {}, ...plain(nameOf(variant, place))),
    answer ? marked(answer, spans) : element("em", {}, "no answer"),
    missed(details.marks),
    state.blind ? null : element("div", { className: "aside" }, ...scoresOf(variant, question, details)),
    cause < 0 || state.blind ? null : element("div", { className: "cause" }, data.causes[cause]),
    state.blind ? null : passagesOf(details),
    state.blind ? null : folded("Prompt as it was asked", marked(details.prompt, [])),
  );
}

/** Marks of what no text has a place for, such as a fact that the answer leaves out. */
function missed(marks) {
  const found = marks.filter((one) => one.start === one.end && one.note);
  if (!found.length) return null;
  return element("ul", { className: "missed" }, ...found.map((one) => element("li", {}, `${one.kind}: `, ...plain(one.note))));
}

function scoresOf(variant, question, details) {
  const told = data.metrics.map((one, metric) => `${one.title} ${figure(score(metric, variant, question))}`);
  const { prompt_tokens: asked, answer_tokens: answered, seconds, price } = details.cost;
  if (asked !== null && asked !== undefined) told.push(`${asked} prompt tokens`);
  if (answered !== null && answered !== undefined) told.push(`${answered} answer tokens`);
  if (seconds !== null && seconds !== undefined) told.push(`${seconds.toFixed(2)} s`);
  if (price) told.push(`price ${price.toPrecision(3)}`);
  if (details.replicates > 1) told.push(`scores are means of ${details.replicates} answers; this is the first`);
  return plain(told.join(" · "));
}

function passagesOf(details) {
  if (!details.passages.length) return null;
  const lines = details.passages.map((one) =>
    element(
      "li",
      { className: one.evidence ? "evidence" : "" },
      element("div", { className: "aside" }, ...plain(one.id ?? ""), one.evidence ? element("strong", {}, " evidence") : null),
      marked(one.text, details.marks.flatMap((mark) => within(mark, one))),
    ),
  );
  const name = details.passages.length === 1 ? "1 passage shown" : `${details.passages.length} passages shown`;
  return folded(name, element("ol", { className: "passages" }, ...lines));
}

/** The part of a mark of the context that lies in a passage, counted from the passage's start. */
function within(mark, passage) {
  if (mark.of !== "context") return [];
  const start = Math.max(mark.start - passage.start, 0);
  const end = Math.min(mark.end - passage.start, passage.text.length);
  return start < end ? [{ ...mark, start, end }] : [];
}

function otherAnswers(variants, question, details) {
  if (!variants.length) return null;
  const lines = variants.map((one) => answerBox(one, question, details[one], [state.beside, one], 1));
  return folded(`The other variants (${variants.length})`, element("div", { className: "others" }, ...lines));
}

function folded(title, content) {
  return element("details", {}, element("summary", {}, title), content);
}

/** The next question of the list, or the one before. */
function step(by) {
  const questions = inList();
  const place = questions.indexOf(state.open);
  const next = questions[place < 0 ? 0 : place + by];
  if (next === undefined) return announce(by > 0 ? "That was the last question." : "That was the first question.");
  openQuestion(next);
}

function closeQuestion() {
  const question = state.open;
  state.open = null;
  writeAddress();
  const place = inList().indexOf(question);
  if (place < 0) return;
  list.page(Math.floor(place / list.page.len())).draw("page");
  list.row((_, one) => one.question === question).node()?.querySelector("button.open").focus();
}
