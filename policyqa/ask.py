"""
A question → a checkpoint's answer, heard as it is made, and the sections it was shown.

    policyqa ask CHECKPOINT "Who must appoint a data protection officer?" --rag

The prompt, the limits of an answer and the model class are those of the tasks, so that the answer
is the one ``policyqa run`` scores.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finetune.checkpoint import Weights
from harness.errors import ConfigError
from harness.kept import Answer
from harness.models.failures import load_explained
from harness.thoughts import BEGIN_THOUGHTS, END_THOUGHTS, answer_of, begins_thoughts
from harness.variants import Decoding, Prompt
from policyqa.progress import Watch
from rag.context import inert
from rag.corpus import Corpus, Section, clean
from rag.retriever import Retriever
from tasks.policyqa.prompts import render, shipped_prompt

if TYPE_CHECKING:
    from harness.models.policyqa_hf import PolicyQALM
    from harness.models.precision import Precision

Hear = Callable[[str], None]
"""Is told the next piece of an answer's text."""


def with_text(question: str) -> str:
    """``question``, if there is something to answer in it.

    Raises:
        ConfigError: it has no letter and no digit.
    """
    if not any(c.isalnum() for c in inert(question)):
        raise ConfigError(
            f"the question {question[:60]!r} has no text; ask as in: "
            'policyqa ask CHECKPOINT "Who must appoint a data protection officer?"'
        )
    return question


def prompt_for(weights: Weights, rag: bool) -> Prompt:
    """How ``weights`` are asked: as they were trained, where that fits ``rag``; else as shipped."""
    trained = weights.prompt
    fits = trained is not None and trained.shows_context is rag
    return trained if trained and fits else shipped_prompt("rag" if rag else "plain")


def make_prompt(
    prompt: Prompt, question: str, data: Path, retriever: Retriever | None, watch: Watch
) -> tuple[str, list[tuple[Section, float]]]:
    """What asks ``question`` (of a chat, the user's turn), and the sections it shows with their
    scores (``rag.index.Hit.score``), best first.

    Without a ``retriever``, which is over the corpus of ``data``, it is asked without context.

    Raises:
        DataError: the data folder breaks its contract.
        IndexStoreError: the store fails.
    """
    if retriever is None:
        return render(prompt, question), []
    with watch.stage("index") as advance:
        retriever.build(advance)
    context = retriever.contexts([question])[0]
    shown = {section.id: section for section in Corpus(data) if section.id in context.ids}
    sources = [shown[one] for one in context.ids]
    return (
        render(prompt, question, context.text),
        list(zip(sources, context.scores, strict=True)),
    )


def answer(
    prompt: Prompt,
    text: str,
    weights: Weights,
    precision: "Precision | None",
    watch: Watch,
    hear: Hear,
    max_tokens: int = Decoding.max_tokens,
) -> Answer:
    """The greedy answer to ``text``, which ``prompt`` rendered, stripped: what the tasks score.

    ``hear`` is told it piece by piece, without what could steer a terminal, and without thoughts;
    where all of it is thoughts ``cut`` says whether they took all the tokens.

    Raises:
        ModelError: the model cannot be loaded, or prompt and answer do not fit its window.
    """
    with watch.stage("model"):
        model = _load(weights, precision)
    from lm_eval.api.instance import Instance

    asked = text
    if prompt.chat:
        system = [{"role": "system", "content": prompt.system}] if prompt.system else []
        asked = model.apply_chat_template([*system, {"role": "user", "content": text}])
    settings, begun = Decoding(max_tokens).identity, begins_thoughts(asked)
    stops = [*settings["until"], model.tokenizer.eos_token]
    stream = Stream(model.tokenizer, stops, hear, begun)
    request = Instance("generate_until", {}, (asked, {**settings, "streamer": stream}), 0)
    (made,) = model.generate_until([request], disable_tqdm=True)
    said = answer_of(made, begun=begun and model.cut[0])
    stream.say(said)
    thought = bool(made.strip()) and not said
    return Answer(said, len(model.tok_encode(asked)), cut=model.cut[0] if thought else None)


class Stream:
    """A streamer for ``generate`` that tells of an answer what can no longer change."""

    def __init__(
        self, tokenizer: Any, stops: Sequence[str | None], hear: Hear, begun: bool = False
    ) -> None:
        """``stops`` end an answer and are never told; None and the empty string are ignored.
        ``begun`` says that the prompt began a thought."""
        self._tokenizer = tokenizer
        self._stops = [stop for stop in stops if stop]
        self._hear = hear
        self._begun = begun
        self._ids: list[int] | None = None
        self._told = ""

    def __deepcopy__(self, memo: dict[int, Any]) -> "Stream":
        """Itself: lm-eval copies the settings of a request, and there is one listener."""
        return self

    def put(self, ids: Any) -> None:
        """``generate`` calls this with the prompt's token ids, then with each new one."""
        if self._ids is None:
            self._ids = []
            return
        self._ids += ids.tolist()
        text = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        self.say(answer_of(settled(text, self._stops), begun=self._begun))

    def end(self) -> None:
        """``generate`` calls this; what is held back then is told when the answer is known."""

    def say(self, text: str) -> None:
        """Tell what of ``text``, which begins the answer, has not been told.

        On a new line where what was told is no part of it: a thought ended that had not begun.
        """
        shown = clean(text.strip())
        if not shown.startswith(self._told) and not self._told.startswith(shown):
            self._hear("\n")
            self._told = ""
        if len(shown) > len(self._told):
            self._hear(shown[len(self._told) :])
            self._told = shown


def settled(text: str, stops: Sequence[str]) -> str:
    """What of ``text``, an answer so far, stays in it however it goes on.

    Nothing from a stop string on, nor what may be the beginning of one, of a mark of thoughts, or
    of a character that takes several tokens.
    """
    for stop in stops:
        text = text.split(stop)[0]
    text = text.rstrip("\N{REPLACEMENT CHARACTER}")
    marks = (*stops, *BEGIN_THOUGHTS, *END_THOUGHTS)
    begun = (n for mark in marks for n in range(1, len(mark)) if text.endswith(mark[:n]))
    return text[: len(text) - max(begun, default=0)]


def _load(weights: Weights, precision: "Precision | None") -> "PolicyQALM":
    from harness.models.loading import load_model

    with load_explained("model", weights.base):
        model = load_model(weights.base, precision, batch_size=1)
    if weights.adapter:
        model.use_adapter(weights.adapter)
    return model
