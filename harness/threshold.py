"""
When an answer is not given: below what retrieval, or the model itself, is sure enough of.

What a model said stays as it is kept: a threshold decides afterwards what is scored of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

REFUSAL = "The sections provided do not answer this question."
"""What is said in place of an answer."""


@dataclass(frozen=True)
class AnswerThreshold:
    """What an answer must reach to be given."""

    name: str
    """Its row in the suite's table."""
    nearness: float | None = None
    """Cosine to the question of the sentence that ranked best; None asks for none."""
    likelihood: float | None = None
    """The answer's: the mean of its tokens' log-probabilities; None asks for none."""
    refusal: str = REFUSAL
    """What is said where it does not."""

    @property
    def identity(self) -> dict[str, Any]:
        """What determines which answers are given."""
        return {
            "nearness": self.nearness,
            "likelihood": self.likelihood,
            "refusal": self.refusal,
        }

    def gives(self, document: Mapping[str, Any], likelihood: float | None) -> bool:
        """Whether an answer to a document's question is given.

        One whose nearness or likelihood nobody knows is not held to it: nothing was shown, or the
        engine does not tell.
        """
        near = _enough(document.get("nearness"), self.nearness)
        return near and _enough(likelihood, self.likelihood)


def _enough(told: float | None, asked: float | None) -> bool:
    return told is None or asked is None or told >= asked
