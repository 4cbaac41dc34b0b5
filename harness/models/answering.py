"""What every model class of ours has in common: answers by question, and none but answers."""

from collections.abc import Callable, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from harness.kept import Answer
from harness.thoughts import ONLY_THOUGHTS, only_thoughts

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

    def remember(self, request: Instance, answer: Answer) -> str:
        """Note what was said to a question; returns its text as it came."""
        question = request.doc["id"]
        self.given[question] = answer
        if only_thoughts(answer.text, str(request.args[0])):
            self.unanswered[question] = ONLY_THOUGHTS
        return answer.text

    def look_up(self, requests: list[Instance]) -> tuple[list[Answer], int]:
        """The answers that are kept, and how many prompts would be put to a model; none is."""
        del requests
        return [], 0

    def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> Any:
        """Not asked by any task of ours, and neither is the other."""
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood
