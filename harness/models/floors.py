"""
``--model policyqa-floor``: what no language model is needed for, and any must beat.

    policyqa eval --tasks policyqa_rag --model policyqa-floor --model_args kind=first

A floor answers from the document that a task of ours hands over with each prompt.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.registry import register_model

from harness.errors import ConfigError
from harness.groups import others_without
from harness.models.answering import AnsweringLM
from harness.models.kinds import FLOOR, FLOORS

FIRST_WORDS = 40
"""Of the best passage, that ``first`` answers with."""

_Documents = Sequence[Mapping[str, Any]]


@register_model(FLOOR)
class FloorLM(AnsweringLM):
    """Answers as one kind of floor does."""

    def __init__(
        self,
        kind: str = "first",
        among: _Documents | None = None,
        **_: Any,
    ) -> None:
        """A floor; ``_`` takes what lm-eval's command line hands to every model.

        Args:
            kind: a key of ``FLOORS``.
            among: the questions ``other`` takes answers from; None is those that are asked.

        Raises:
            ConfigError: there is no such kind.
        """
        super().__init__()
        if kind not in FLOORS:
            raise ConfigError(f"no floor {kind!r}; there are {', '.join(FLOORS)}")
        self._kind = kind
        self._among = among

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """The answers in the order of ``requests``; lm-eval calls this."""
        del disable_tqdm
        documents = [request.doc for request in requests]
        questions = [one["question"] for one in documents]
        if self._kind == "echo":
            return questions
        if self._kind == "other":
            return _other(documents, self._among or documents)
        if self._kind == "sentence":
            return [one["best_sentence"] for one in documents]
        return [" ".join(one["best_passage"].split()[:FIRST_WORDS]) for one in documents]

    def get_model_info(self) -> dict[str, Any]:
        """What determines the answers; lm-eval writes it into its results."""
        return {"policyqa": {"floor": self._kind}}


def _other(documents: _Documents, among: _Documents) -> list[str]:
    """The reference answer of another question, half a list away, that shares no evidence; of one
    that has evidence where there is such a one, and nothing where there is no other."""
    others = others_without([one["evidence"] for one in among])
    place_of = {one["id"]: place for place, one in enumerate(among)}
    answers = []
    for document in documents:
        place = place_of[document["id"]]
        found = others[place]
        if found is None:
            found = (place + max(1, len(among) // 2)) % len(among)
        answers.append(among[found]["answer"] if found != place else "")
    return answers
