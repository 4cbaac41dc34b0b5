"""
An LM that has an LM: answers that are kept are looked up, and the others asked and kept.

The model itself is loaded at the first answer that is not there. Batches are made of all prompts,
by the prompts alone, so that an undisturbed run and one that was killed ask the same batches, and
the answers are the same to the last bit, int8 included. What is looked up is first the batch, then
each of its prompts, kept of whichever batch; where one is missing the whole batch is asked. A
server, or a user's function, is asked prompt by prompt, and each answer is kept as it comes.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from lm_eval.api.instance import Instance
from more_itertools import chunked

from harness.errors import ModelError
from harness.files import cache_folder, fingerprint, locked
from harness.kept import Answer, Kept, Use
from harness.models.answering import AnsweringLM, Show
from harness.models.engines import Engine, UnansweredError
from harness.progress import Advance, Say, silent
from harness.text import whole
from harness.threads import each
from harness.variants import Identity

SLOTS = 256
"""Locks that batches being asked share; two batches of one slot wait for each other needlessly."""


@dataclass(frozen=True)
class _Batch:
    """Prompts that are answered together."""

    key: str
    """Fingerprint of who answers, how, and the prompts."""
    requests: Sequence[Instance]
    keys: Sequence[str]
    """Of each answer: fingerprint of who answers, how, and its prompt."""

    @property
    def seed(self) -> int:
        """Of what is drawn in it: the same whenever it is asked."""
        return int(self.key[:7], 16)  # Of 28 bits: some servers take no more than 31.


@dataclass(eq=False, repr=False)
class KeepingLM(AnsweringLM):
    """Answers as the model of a variant does, asking it only for what is not kept.

    Nothing of the model is passed on but what is written here: lm-eval looks at attributes that
    would load it.
    """

    identity: Identity
    """Who answers: what determines an answer beside the prompt and its settings."""
    engine: Engine
    """Who is asked."""
    kept: Kept
    use: Use
    """Who asks."""
    advance: Advance = silent
    """Hears answers there are and in all, after each batch."""
    say: Say = silent
    """Hears of questions that got no answer, and of answers that depend on their batch."""
    ask_again: bool = False
    """Asks all of it, and forgets what was kept when the first answer comes."""
    show: Show = silent
    """Writes into a document what the assistant says it was shown."""

    def __post_init__(self) -> None:
        super().__init__()
        self._outdated: list[str] = []
        self._forgetting = Lock()
        self._total = 0
        self._said: dict[str, Answer] = {}
        self._failed: dict[str, str] = {}
        self._tried_alone = False

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """The answers in the order of ``requests``; lm-eval calls this.

        Raises:
            ModelError: a prompt and its answer do not fit the model's window, or the model cannot
                be loaded or reached; what has been answered is kept.
            RunError: what is kept cannot be read or written.
        """
        del disable_tqdm
        self.engine.check(requests)
        waiting = self._batches(requests)
        keys = [key for batch in waiting for key in batch.keys]
        self.kept.used(self.use, "answer", keys)
        self._total = len(keys)
        self._outdated = keys if self.ask_again else []
        while waiting:
            left = self._without_answered(waiting)
            if len(left) == len(waiting):
                # Other processes are at all of them.
                first = left.pop(0)
                self._take(first, self._ask(first, wait=True) or [])
            waiting = left
        texts = [self._remember(request) for request in requests]
        self.read(requests, self.engine.thoughts_end)
        return texts

    def look_up(self, requests: list[Instance]) -> tuple[list[Answer], int]:
        """As ``AnsweringLM.look_up``."""
        batches = self._batches(requests)
        found = [] if self.ask_again else map(self._find, batches)
        kept = [answer for answers in found for answer in answers or []]
        return kept, sum(len(batch.keys) for batch in batches) - len(kept)

    def _without_answered(self, batches: Sequence[_Batch]) -> list[_Batch]:
        """The batches that another process is at; the others are answered when this returns."""
        missing, left = [], []
        for batch in batches:
            if found := self._find(batch):
                self._take(batch, found)
            else:
                missing.append(batch)
        if self.engine.at_once > 1:
            asked = each(self._ask, missing, self.engine.at_once)
        else:
            asked = ((batch, self._ask(batch)) for batch in missing)
        with closing(asked):
            for batch, answers in asked:
                if answers is None:
                    left.append(batch)
                else:
                    self._take(batch, answers)
        return left

    def _batches(self, requests: Sequence[Instance]) -> list[_Batch]:
        """Of each prompt once, longest first: lm-eval's own order."""
        distinct = {_prompt_of(request): request for request in requests}
        ordered = sorted(distinct, key=lambda prompt: (-self.engine.length(prompt), prompt))
        batches = []
        for some in chunked(ordered, self.engine.size):
            asked = [distinct[prompt] for prompt in some]
            # What answers, how (lm-eval's generation settings), and what is asked.
            keys = [fingerprint([self.identity, distinct[x].args[1], x]) for x in some]
            batches.append(_Batch(fingerprint(keys), asked, keys))
        return batches

    def _find(self, batch: _Batch) -> list[Answer] | None:
        if self._outdated:
            return None
        answers = self.kept.batch(batch.key)
        if answers is None:
            kept = self.kept.answers(batch.keys)
            answers = [kept[key] for key in batch.keys if key in kept]
        return answers if len(answers) == len(batch.keys) else None

    def _ask(self, batch: _Batch, wait: bool = False) -> list[Answer] | None:
        """The answers of a batch, made and kept; None if another process is at it.

        Empty where its one question got none.
        """
        slot = cache_folder("asking", str(int(batch.key[:8], 16) % SLOTS))
        with ExitStack() as held:
            try:
                held.enter_context(locked(slot, wait))
            except TimeoutError:
                return None
            # Another process may have kept it in the meantime.
            return self._find(batch) or self._make(batch)

    def _make(self, batch: _Batch) -> list[Answer]:
        try:
            answers = self.engine.ask(batch.requests, batch.seed)
        except UnansweredError as reason:
            self._failed[_prompt_of(batch.requests[0])] = str(reason)
            return []
        made = [replace(one, text=whole(one.text)) for one in answers]
        self._forget_outdated()
        self.kept.keep_batch(batch.key, batch.keys, made)
        self._try_alone(batch, answers)  # Once they are kept: it may fail, or be stopped.
        return self.kept.batch(batch.key) or made

    def _try_alone(self, batch: _Batch, answers: Sequence[Answer]) -> None:
        """Tell, once, where what is said to a question depends on what else is asked."""
        if self._tried_alone:
            return
        self._tried_alone = True
        differ, tried = self.engine.otherwise_alone(batch.requests, answers)
        if differ:
            self.say(
                f"{differ} of {tried} answers come out otherwise where they are asked alone: they "
                "depend on what is asked beside them; batch_size: 1 gives each its own"
            )

    def _forget_outdated(self) -> None:
        """Not before an answer is there: a server that refuses us would cost all that is kept."""
        with self._forgetting:
            if self._outdated:
                self.kept.forget_answers(self._outdated)
                self._outdated = []

    def _take(self, batch: _Batch, answers: Sequence[Answer]) -> None:
        self._said |= {_prompt_of(r): a for r, a in zip(batch.requests, answers, strict=False)}
        self.advance(len(self._said) + len(self._failed), self._total)

    def _remember(self, request: Instance) -> str:
        """What was said to a question, noted under its id."""
        prompt, question = _prompt_of(request), request.doc["id"]
        self.show(request.doc, getattr(self._said.get(prompt), "context", None))
        if prompt in self._said:
            self.given[question] = self._said[prompt]
            return self._said[prompt].text
        self.unanswered[question] = self._failed[prompt]
        self.say(f"{question} has no answer: {self._failed[prompt]}")
        return ""

    # Chats are rendered without weights.

    def chat_template(self, chat_template: bool | str = False) -> str:
        """The model's own template; lm-eval calls this."""
        renderer = self.engine.renderer
        return str(renderer.chat_template(chat_template) or "") if renderer else ""

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> Any:
        """A chat as the model reads it; lm-eval calls this.

        Raises:
            ModelError: nothing here knows how the model reads chats.
        """
        if renderer := self.engine.renderer:
            return renderer.apply_chat_template(chat_history, add_generation_prompt)
        raise ModelError(
            "a chat cannot be rendered here: name the model whose tokenizer does so in the options "
            "of the server's row, as tokenizer: OWNER/NAME"
        )

    @property
    def tokenizer_name(self) -> str:
        """lm-eval writes it into its results."""
        return str(getattr(self.engine.renderer, "tokenizer_name", ""))

    def get_model_info(self) -> dict[str, Any]:
        """What determines the answers; lm-eval writes it into its results."""
        return {"policyqa": self.identity}


def _prompt_of(request: Instance) -> str:
    """What is asked, as text: for a server that renders chats itself, their turns in JSON."""
    asked = request.args[0]
    return asked if isinstance(asked, str) else str(asked.prompt)
