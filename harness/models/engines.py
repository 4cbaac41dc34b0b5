"""
What ``KeepingLM`` asks: weights on this machine, a server, or the user's own function.

An engine is made without loading anything: what is kept is answered without it.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from harness.errors import ModelError
from harness.kept import Answer
from harness.models.kinds import VLLM
from harness.models.unloaded import Unloaded
from harness.variants import Model

ALONE = 4
"""Prompts of a batch that are asked alone as well."""


class UnansweredError(ModelError):
    """One question has no answer, and the others may have: it counts as unanswered."""


class Engine(ABC):
    """Who answers, with what asking it needs."""

    size = 1
    """Prompts answered together."""
    at_once = 1
    """Batches asked at once."""
    thoughts_end: str | None = None
    """What ends its thoughts, beside the usual marks (``harness.thoughts``)."""
    renderer: LM | None = None
    """What renders chats as the model reads them; None where there are none."""

    def length(self, prompt: str) -> int:
        """What batches are ordered by: characters, unless the model's tokens are known."""
        return len(prompt)

    def check(self, requests: Sequence[Instance]) -> None:  # noqa: B027 - most refuse nothing here
        """Refuse what cannot be answered whole.

        Raises:
            ModelError: a prompt and its answer do not fit the model's window.
        """

    @abstractmethod
    def ask(self, requests: Sequence[Instance], seed: int) -> list[Answer]:
        """The answers of one batch, in order.

        Args:
            requests: at most ``size``.
            seed: of what is drawn, where tokens are.

        Raises:
            UnansweredError: this batch, of one prompt, has no answer.
            ModelError: the model cannot be loaded or reached.
        """

    def otherwise_alone(
        self, requests: Sequence[Instance], answers: Sequence[Answer]
    ) -> tuple[int, int]:
        """How many answers of a batch come out otherwise where their prompt is asked alone, and of
        how many; of none where that is known."""
        del requests, answers
        return 0, 0


class LocalEngine(Engine):
    """Weights on this machine, through any model class of lm-eval's registry."""

    def __init__(self, model: Model, load: Callable[[], LM], size: int) -> None:
        """An engine of a model that is not loaded: ``load`` gives it, ready to answer.

        Raises:
            ModelError: there is no such base, or it has no tokenizer.
        """
        self.size = size
        self.thoughts_end = model.thoughts_end
        self._load = load
        self._seeds_requests = model.engine == VLLM
        self.renderer: Unloaded = Unloaded(model.base, model.options)

    def length(self, prompt: str) -> int:
        """Tokens: longest first, so that running out of memory shows at once."""
        return len(self.renderer.tok_encode(prompt))

    def check(self, requests: Sequence[Instance]) -> None:
        """As ``Engine.check``."""
        self.renderer.refuse_what_would_be_cut(requests)

    def ask(self, requests: Sequence[Instance], seed: int) -> list[Answer]:
        """As ``Engine.ask``; seconds are of the batch, shared among its prompts."""
        import torch

        model = self._load()
        torch.manual_seed(seed)
        start = time.perf_counter()
        asked = list(requests)
        if self._seeds_requests:
            asked = [_seeded(one, seed + place) for place, one in enumerate(requests)]
        texts: list[str] = model.generate_until(asked, disable_tqdm=True)
        if len(texts) != len(asked):
            raise ModelError(
                f"asked {len(asked)} prompts, {type(model).__name__} gave {len(texts)} answers: "
                "whose they are cannot be told; name another engine in the model's row"
            )
        seconds = (time.perf_counter() - start) / len(texts)
        cut: Sequence[Any] = getattr(model, "cut", None) or [None] * len(texts)
        likely: Sequence[Any] = getattr(model, "likelihoods", None) or [None] * len(texts)
        told = zip(requests, texts, cut, likely, strict=True)
        return [
            Answer(
                text,
                self.length(request.args[0]),
                self.length(text),
                seconds,
                cut=was_cut,
                likelihood=likelihood,
            )
            for request, text, was_cut, likelihood in told
        ]

    def otherwise_alone(
        self, requests: Sequence[Instance], answers: Sequence[Answer]
    ) -> tuple[int, int]:
        """As ``Engine.otherwise_alone``, of the shortest prompts of a batch."""
        model = self._load()
        drawn = any(request.args[1].get("do_sample") for request in requests)
        if len(requests) < 2 or drawn or getattr(model, "alike_in_any_batch", False):
            return 0, 0
        pairs = list(zip(requests, answers, strict=True))[-ALONE:]
        others = [self.ask([request], seed=0)[0].text for request, _ in pairs]
        differ = sum(answer.text != other for (_, answer), other in zip(pairs, others, strict=True))
        return differ, len(pairs)


def _seeded(request: Instance, seed: int) -> Instance:
    """With a seed of its own, where tokens are drawn: vLLM's own depends on all that it was asked
    before."""
    prompt, settings = request.args
    own = {"seed": seed} if settings.get("do_sample") else {}
    return Instance("generate_until", request.doc, (prompt, settings | own), request.idx)
