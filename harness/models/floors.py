"""
``--model policyqa-floor``: what no language model is needed for, and any must beat.

    policyqa eval --tasks policyqa_rag --model policyqa-floor --model_args kind=first

A floor answers from the document that a task of ours hands over with each prompt.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.registry import register_model

from harness.errors import ConfigError
from harness.groups import another_without
from harness.models.answering import AnsweringLM
from harness.models.kinds import FLOOR
from harness.variants import FLOORS

WORDS = 40
"""Of the best passage, that ``first`` answers with."""

Document = Mapping[str, Any]
Nearest = Callable[[Sequence[str], Sequence[str]], list[str]]
"""Questions and passages → of each passage the sentence nearest to its question."""


def echo(documents: Sequence[Document]) -> list[str]:
    """The question itself."""
    return [document["question"] for document in documents]


def other(documents: Sequence[Document], among: Sequence[Document]) -> list[str]:
    """The reference answer of another question, half a list away, that shares no evidence.

    Args:
        documents: what is asked.
        among: the questions one is taken from; one that has evidence where there is such a one.
    """
    evidence = [one["evidence"] for one in among]
    place_of = {one["id"]: place for place, one in enumerate(among)}
    answers = []
    for document in documents:
        place = place_of[document["id"]]
        found = another_without(evidence, place)
        if found is None:
            found = (place + max(1, len(among) // 2)) % len(among)
        answers.append(among[found]["answer"] if found != place else "")
    return answers


def first(documents: Sequence[Document]) -> list[str]:
    """The first ``WORDS`` words of the best passage; nothing where none was found."""
    return [" ".join(document["best_passage"].split()[:WORDS]) for document in documents]


def sentence(documents: Sequence[Document], nearest: Nearest) -> list[str]:
    """Of the best passage, the sentence nearest to the question."""
    return nearest(
        [document["question"] for document in documents],
        [document["best_passage"] for document in documents],
    )


@register_model(FLOOR)
class FloorLM(AnsweringLM):
    """Answers as one kind of floor does."""

    def __init__(
        self,
        kind: str = "first",
        nearest: Nearest | None = None,
        among: Sequence[Document] | None = None,
        **_: Any,
    ) -> None:
        """A floor; ``_`` takes what lm-eval's command line hands to every model.

        Args:
            kind: a key of ``FLOORS``.
            nearest: how ``sentence`` finds the nearest.
            among: the questions ``other`` takes answers from; None is those that are asked.

        Raises:
            ConfigError: there is no such kind, or ``sentence`` has no way to find the nearest.
        """
        super().__init__()
        if kind not in FLOORS:
            raise ConfigError(f"no floor {kind!r}; there are {', '.join(FLOORS)}")
        if kind == "sentence" and nearest is None:
            raise ConfigError(
                "the floor 'sentence' needs an embedder, which lm_eval's command line cannot hand "
                "over; have it answered by a suite: policyqa run"
            )
        self._kind = kind
        self._nearest = nearest
        self._among = among

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """The answers in the order of ``requests``; lm-eval calls this."""
        del disable_tqdm
        documents = [request.doc for request in requests]
        if self._nearest is not None and self._kind == "sentence":
            return sentence(documents, self._nearest)
        if self._kind == "other":
            return other(documents, self._among or documents)
        return {"echo": echo, "first": first}[self._kind](documents)

    def get_model_info(self) -> dict[str, Any]:
        """What determines the answers; lm-eval writes it into its results."""
        return {"policyqa": {"floor": self._kind}}
