"""What every model class of ours has in common: answers by question, and none but answers."""

from collections.abc import Callable, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from harness.kept import Answer
from harness.thoughts import (
    NO_ROOM,
    ONLY_THOUGHTS,
    answer_of,
    begins_thoughts,
    ends_what_it_did_not_begin,
)

Show = Callable[[dict[str, Any], Sequence[str] | None], None]
"""Writes into a document what its assistant says that it was shown; None where it does not say."""


class AnsweringLM(LM):  # type: ignore[misc]
    """An LM that answers, and remembers what it said to which question."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[str, Answer] = {}
        """What was answered and what that took, by question id; filled by ``generate_until``."""
        self.unanswered: dict[str, str] = {}
        """Why a question was not, by its id; what is scored then is the empty answer."""
        self.without_thoughts: dict[str, str] = {}
        """What of each text is the answer, by question id: all but its thoughts."""

    def read(self, requests: Sequence[Instance], end: str | None = None) -> None:
        """Fill ``without_thoughts`` of what was given to these requests.

        ``end`` ends thoughts, beside the usual marks.
        """
        # Servers begin thoughts unseen: that is known by one that ends.
        unseen = any(ends_what_it_did_not_begin(one.text, end) for one in self.given.values())
        for request in requests:
            question = request.doc["id"]
            if not (given := self.given.get(question)):
                continue
            begun = given.cut is True and (unseen or begins_thoughts(str(request.args[0])))
            self.without_thoughts[question] = answer = answer_of(given.text, end, begun)
            if given.text.strip() and not answer:
                self.unanswered[question] = NO_ROOM if given.cut else ONLY_THOUGHTS

    def look_up(self, requests: list[Instance]) -> tuple[list[Answer], int]:
        """The answers that are kept, and how many prompts would be put to a model; none is."""
        del requests
        return [], 0

    def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> Any:
        """Not asked by any task of ours, and neither is the other."""
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood
