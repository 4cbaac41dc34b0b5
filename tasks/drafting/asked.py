"""What a rule or a model asks of a section."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Drafted:
    """A question that a passage answers."""

    kind: str
    question: str
    answer: str
