"""What a decision is made by, and what it says; ``harness.deciding`` makes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from harness.pairing import Measure
from harness.runs import Result
from harness.statistics import Figure

Role = Literal["in place", "candidate", "floor", "shown the evidence"]
"""What a variant is in a decision. One that is shown the evidence, or another question's, because
the question names it, cannot answer anybody's questions."""
State = Literal["may ship", "ruled out", "open"]


@dataclass(frozen=True)
class Rule:
    """How a suite decides."""

    margin: float = 0.0
    """The smallest difference that matters, of the deciding metric."""
    cost: str | None = None
    """What is dear."""
    at_most: Mapping[str, float] = field(default_factory=dict)
    """Limits, by what they limit."""


@dataclass(frozen=True)
class Beside:
    """A variant minus another, between bounds that hold of all in a decision together."""

    delta: float
    low: float | None
    """None where there are too few groups of questions for a bound, as is ``high``."""
    high: float | None


@dataclass(frozen=True)
class CostLimit:
    """What a variant may take or do at most."""

    name: str
    most: float
    figure: Figure | None
    """None where nobody tells."""
    state: Literal["holds", "is broken", "is open"]
    """It holds if the interval is below, is broken if it is above."""

    @classmethod
    def of(cls, name: str, most: float, figure: Figure | None) -> "CostLimit":
        """A limit, and what a figure says of it."""
        if figure is None or figure.low is None or figure.high is None:
            return cls(name, most, figure, "is open")
        if figure.high < most:
            return cls(name, most, figure, "holds")
        return cls(name, most, figure, "is broken" if figure.low > most else "is open")

    @property
    def growth(self) -> float | None:
        """Times as many questions that would tell, were the figure the true one; None: unknown."""
        if self.figure is None or self.figure.low is None or self.figure.high is None:
            return None
        apart = self.figure.mean - self.most
        # The end that lies beyond the limit has to come to this side of it.
        reach = self.figure.high - self.figure.mean
        reach = self.figure.mean - self.figure.low if apart > 0 else reach
        return max(reach / abs(apart), 1.0) ** 2 if apart else None


@dataclass(frozen=True)
class Entrant:
    """A variant as it enters a decision."""

    result: Result
    role: Role
    cost: float | None = None
    """A question's, of what is dear; None where nobody tells, or nothing is."""
    limits: Sequence[CostLimit] = ()
    floor: bool = False
    """Whether it has no language model, whatever its role."""

    @property
    def broken(self) -> bool:
        """Whether a limit is."""
        return any(one.state == "is broken" for one in self.limits)


@dataclass(frozen=True)
class Standing:
    """What is shown of a variant."""

    role: Role
    state: State
    alike: bool
    """Whether it scores the same as the one in place on every question."""
    beside: Mapping[str, Beside]
    """It minus each of the others that it has to stand beside."""
    limits: Sequence[CostLimit]
    cost: float | None

    @property
    def broken(self) -> bool:
        """Whether a limit is."""
        return any(one.state == "is broken" for one in self.limits)


@dataclass(frozen=True)
class Needed:
    """What would decide, were what was found the truth: that much in all."""

    questions: int
    clusters: int


@dataclass(frozen=True)
class Verdict:
    """Which variant to ship, and what that rests on."""

    decision: Literal["ship", "hold", "undecided"]
    variant: str
    """The one to ship; what stays in place; or the one that came closest."""
    in_place: str
    rule: Rule
    by: Measure
    standings: Mapping[str, Standing]
    n: int
    """Questions that all have a value of."""
    clusters: int
    fewest: int
    """Groups of questions from which anything is decided."""
    not_shown_worse: Sequence[str]
    """Variants, floors left out, that no other is shown to be better than."""
    detectable: float | None
    """The smallest true difference from what is in place that would probably be shown."""
    needed: Needed | None
    """None where nothing is open, or no number of questions would decide."""
    leaked: str | None = None
    """The variant that would be shipped, but for questions that its training has seen."""

    @property
    def closest(self) -> str | None:
        """The candidate that is looked at: the one to ship, or that came closest; None: none."""
        if self.leaked or self.standings[self.variant].role == "candidate":
            return self.leaked or self.variant
        ahead = {
            name: one.beside[self.in_place].delta
            for name, one in self.standings.items()
            if one.role == "candidate"
        }
        return max(ahead, key=lambda name: ahead[name], default=None)
