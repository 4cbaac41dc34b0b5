"""
An LM that has an LM: answers that are kept are looked up, and the others asked and kept.

The model itself is loaded at the first answer that is not there. Batches are made of all prompts,
by the prompts alone, so that an undisturbed run and one that was killed ask the same batches, and
the answers are the same to the last bit, int8 included. What is looked up is first the batch, then
each of its prompts, kept of whichever batch; where one is missing the whole batch is asked.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from more_itertools import chunked

from harness.files import cache_folder, fingerprint, locked
from harness.kept import Answer, Kept, Use
from harness.models.policyqa_hf import Unloaded
from harness.progress import Advance, silent
from harness.variants import Model

SLOTS = 256
"""Locks that batches being asked share; two batches of one slot wait for each other needlessly."""


@dataclass(frozen=True)
class Batch:
    """Prompts that are answered together."""

    key: str
    """Fingerprint of who answers, how, and the prompts."""
    requests: Sequence[Instance]
    keys: Sequence[str]
    """Of each answer: fingerprint of who answers, how, and its prompt."""


class KeepingLM(LM):  # type: ignore[misc]
    """Answers as the model of a variant does, loading it only for what is not kept.

    Nothing of the model is passed on but what is written here: lm-eval looks at attributes that
    would load it.
    """

    def __init__(
        self,
        model: Model,
        load: Callable[[], LM],
        kept: Kept,
        use: Use,
        batch_size: int,
        advance: Advance = silent,
    ) -> None:
        """An LM of a model that is not loaded.

        Args:
            model: who answers.
            load: gives the loaded model, ready to answer; called at most once an answer is missing.
            kept: where answers are looked up and kept.
            use: who asks.
            batch_size: prompts answered together.
            advance: hears answers there are and in all, after each batch.
        """
        super().__init__()
        self._identity = model.identity
        self._load = load
        self._kept = kept
        self._use = use
        self._size = batch_size
        self._advance = advance
        self._unloaded = Unloaded(model.base)
        self.given: dict[str, Answer] = {}
        """What was answered, by prompt: filled by ``generate_until``."""

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """The answers in the order of ``requests``; lm-eval calls this.

        Raises:
            ModelError: a prompt and its answer do not fit the model's window, or the model cannot
                be loaded.
            RunError: what is kept cannot be read or written.
        """
        del disable_tqdm
        self._unloaded.refuse_what_would_be_cut(requests)
        distinct = {request.args[0]: request for request in requests}
        waiting = self._batches(list(distinct.values()))
        self._kept.used(self._use, "answer", [key for batch in waiting for key in batch.keys])
        while waiting:
            left = [batch for batch in waiting if not self._is_answered(batch, len(distinct))]
            if len(left) == len(waiting):
                # Other processes are at all of them.
                self._is_answered(left.pop(0), len(distinct), wait=True)
            waiting = left
        return [self.given[request.args[0]].text for request in requests]

    def _is_answered(self, batch: Batch, total: int, wait: bool = False) -> bool:
        """Have ``batch`` answered; False if another process is at it, unless told to wait."""
        answers = self._find(batch) or self._ask(batch, wait)
        if answers is None:
            return False
        for request, answer in zip(batch.requests, answers, strict=True):
            self.given[request.args[0]] = answer
        self._advance(len(self.given), total)
        return True

    def _batches(self, requests: Sequence[Instance]) -> list[Batch]:
        """Longest first, so that running out of memory shows at once; lm-eval's own order."""
        lengths = {request.args[0]: self._tokens(request.args[0]) for request in requests}
        ordered = sorted(requests, key=lambda r: (-lengths[r.args[0]], r.args[0]))
        return [self._batch(some) for some in chunked(ordered, self._size)]

    def _batch(self, requests: Sequence[Instance]) -> Batch:
        # What answers, how (lm-eval's generation settings), and what is asked.
        keys = [fingerprint([self._identity, r.args[1], r.args[0]]) for r in requests]
        return Batch(fingerprint(keys), requests, keys)

    def _find(self, batch: Batch) -> list[Answer] | None:
        answers = self._kept.batch(batch.key)
        if answers is None:
            kept = self._kept.answers(batch.keys)
            answers = [kept[key] for key in batch.keys if key in kept]
        return answers if len(answers) == len(batch.keys) else None

    def _ask(self, batch: Batch, wait: bool) -> list[Answer] | None:
        """The answers of a batch, made and kept; None if another process is at it."""
        model = self._load()
        slot = cache_folder("asking", str(int(batch.key[:8], 16) % SLOTS))
        with ExitStack() as held:
            try:
                held.enter_context(locked(slot, wait))
            except TimeoutError:
                return None
            # Another process may have kept it in the meantime.
            return self._find(batch) or self._make(batch, model)

    def _make(self, batch: Batch, model: LM) -> list[Answer]:
        start = time.perf_counter()
        texts: list[str] = model.generate_until(list(batch.requests), disable_tqdm=True)
        seconds = (time.perf_counter() - start) / len(texts)
        # A served model may give half a character, which no file can hold.
        texts = [text.encode(errors="replace").decode() for text in texts]
        answers = [
            Answer(text, self._tokens(request.args[0]), self._tokens(text), seconds)
            for request, text in zip(batch.requests, texts, strict=True)
        ]
        self._kept.keep_batch(batch.key, batch.keys, answers)
        return self._kept.batch(batch.key) or answers

    def _tokens(self, text: str) -> int:
        return len(self._unloaded.tok_encode(text))

    def get_model_info(self) -> dict[str, Any]:
        """What determines the answers; lm-eval writes it into its results."""
        return {"policyqa": self._identity}

    def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> Any:
        """Not asked by any task of ours."""
        raise NotImplementedError

    def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> Any:
        """Not asked by any task of ours."""
        raise NotImplementedError
