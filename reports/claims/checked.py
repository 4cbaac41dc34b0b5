"""Claims with what was measured, as values."""

from typing import Literal

from reports.reported import Reported

ClaimState = Literal["supported", "refuted", "undecided", "not checked"]


class CheckedCondition(Reported):
    """A condition with what was measured."""

    metric: str
    title: str
    ratio: bool
    """Whether it is of a ratio; else of a difference."""
    at_least: float | None
    at_most: float | None
    state: ClaimState
    why: str | None
    """What is needed, where it was not checked."""
    a: float | None
    """The figure of the variant, on the questions that both sides have a value of; of speed,
    questions a second."""
    b: float | None
    """Likewise of what it is set against."""
    value: float | None
    """The ratio, or the difference; None where it was not checked, or the ratio is to 0."""
    low: float | None
    """Of its 95% interval; None where there is none, as is ``high``."""
    high: float | None
    n: int
    clusters: int
    questions: int | None
    """How many would decide it, with a chance of 80%; None where it is not undecided, or a thousand
    times as many would not."""

    @property
    def holds(self) -> bool:
        """Whether what was found is on the claimed side, shown or not."""
        value = 0.0 if self.value is None else self.value
        return value >= self.at_least if self.at_least is not None else value <= (self.at_most or 0)


class CheckedClaim(Reported):
    """A claim with what was measured."""

    claim: str
    source: str
    baseline: str
    variant: str
    against: str
    state: ClaimState
    why: str | None
    """What is needed, where it was not checked."""
    questions: int | None
    """As of a condition: so many as show that one does not hold, or else that all do."""
    conditions: list[CheckedCondition]
