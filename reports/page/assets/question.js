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
  const right = references.map((one, place) => [one, place]).filter(([one]) => one);
  const marks = (place) =>
    order.flatMap((one) => marksOf(details[one], "reference").filter((mark) => mark.reference === place));
  document.getElementById("opened").replaceChildren(
    ...present([
      element("h3", { id: "opened-title", tabIndex: -1 }, ...plain(shortened(text, 1_000))),
      element("p", { className: "aside" }, ...plain([id, ...facts].join(" · "))),
      element("h4", {}, right.length === 1 ? "Right answer" : "Right answers"),
      ...(right.length ? [] : [element("em", {}, "none is known")]),
      ...right.map(([one, place]) => marked(one, marks(place))),
      element("div", { className: "pair" }, ...order.map((_, place) => answerBox(question, details, order, place))),
      element("p", { className: "aside" }, "Highlighted: words that the other answer does not have, and what metrics mark."),
      state.blind ? passagesOf(order.flatMap((one) => details[one].passages)) : null,
      state.candidate === state.beside ? null : judgingForm(question, order),
      state.blind ? null : otherAnswers(columns().slice(2), question, details),
    ]),
  );
  tell("");
  const dialog = document.getElementById("question");
  if (!dialog.open) dialog.showModal();
  document.getElementById("opened-title").focus();
  dialog.scrollTop = 0;
}

/** Said in the dialog, for readers of screens as well. */
function tell(text) {
  document.getElementById("told").textContent = text;
}

/** What metrics mark in a text; nothing of it where nobody should know who answered. */
function marksOf(details, of) {
  return state.blind ? [] : details.marks.filter((one) => one.of === of);
}

function nameOf(variant, place) {
  return state.blind ? ["First", "Second"][place] : data.variants[variant].name;
}

/** An answer, beside the other of a pair. */
function answerBox(question, details, pair, place) {
  const [variant, other] = [pair[place], pair[1 - place]];
  const answer = data.answers[variant][question];
  const spans = [...differing(answer, data.answers[other][question]), ...marksOf(details[variant], "answer")];
  const cause = data.cause[variant][question];
  const parts = [
    element("h4", {}, ...plain(nameOf(variant, place))),
    answer ? marked(answer, spans) : element("em", {}, "no answer"),
  ];
  if (!state.blind) {
    parts.push(
      missed(details[variant].marks),
      element("div", { className: "aside" }, ...scoresOf(variant, question, details[variant])),
      cause < 0 ? null : element("div", { className: "cause" }, data.causes[cause]),
      passagesOf(details[variant].passages, marksOf(details[variant], "context")),
      folded("Prompt as it was asked", marked(details[variant].prompt, [])),
    );
  }
  return element("section", { className: "answer" }, ...parts);
}

/** Marks of what no text has a place for, such as a fact that the answer leaves out. */
function missed(marks) {
  const found = marks.filter((one) => one.start === one.end && one.note);
  if (!found.length) return null;
  const lines = found.map((one) => element("li", {}, ...plain(`${one.kind}: ${one.note}`)));
  return element("ul", { className: "missed" }, ...lines);
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

/** Passages that were shown, each once. */
function passagesOf(passages, marks = []) {
  const distinct = [...new Map(passages.map((one) => [one.text, one])).values()];
  if (!distinct.length) return null;
  const lines = distinct.map((one) =>
    element(
      "li",
      { className: one.evidence ? "evidence" : "" },
      element("div", { className: "aside" }, ...plain(one.id), one.evidence ? element("strong", {}, " evidence") : null),
      marked(one.text, marks.flatMap((mark) => within(mark, one))),
    ),
  );
  const name = distinct.length === 1 ? "1 passage shown" : `${distinct.length} passages shown`;
  return folded(name, element("ol", { className: "passages" }, ...lines));
}

/** The part of a mark of the context that lies in a passage, counted from the passage's start. */
function within(mark, passage) {
  const start = Math.max(mark.start - passage.start, 0);
  const end = Math.min(mark.end - passage.start, passage.text.length);
  return start < end ? [{ ...mark, start, end }] : [];
}

function otherAnswers(variants, question, details) {
  if (!variants.length) return null;
  const lines = variants.map((one) => answerBox(question, details, [state.beside, one], 1));
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
  if (next !== undefined) openQuestion(next);
  else tell(by > 0 ? "That was the last question." : "That was the first question.");
}

function closeQuestion() {
  const question = state.open;
  state.open = null;
  writeAddress();
  list.draw(false); // It may be judged now.
  const place = inList().indexOf(question);
  if (place < 0) return document.getElementById("questions").focus();
  list.page(Math.floor(place / list.page.len())).draw("page");
  list.row((_, one) => one.question === question).node().querySelector("button.open").focus();
}
