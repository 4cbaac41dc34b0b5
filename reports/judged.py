"""What people said of answers: pairs they preferred one of, and answers they rated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.metrics import Row
from harness.metrics.bertscore import ENCODER


@dataclass(frozen=True)
class JudgedPair:
    """Two answers to one question, and which of them people prefer."""

    first: Row
    """Without references where nobody names one: then only metrics that read none score it."""
    second: Row
    votes: tuple[int, ...]
    """One a rater: 1 for the first, -1 for the second, 0 for neither."""
    group: str
    """Pairs with the same are not independent."""
    published: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Scores of the two by others, by metric."""


@dataclass(frozen=True)
class RatedAnswer:
    """An answer, and what people rated it."""

    row: Row
    ratings: Mapping[str, float]
    """Means over raters by what was rated; higher is better."""
    group: str
    """Answers with the same are not independent."""
    published: Mapping[str, float] = field(default_factory=dict)
    """Its scores by others, by metric."""


@dataclass(frozen=True)
class ScoredWith:
    """What metrics answers are scored with, unless others are named."""

    metrics: Sequence[str] = ()
    """Names; ours are scored as well."""
    encoder: str = ENCODER
    layer: int | None = None
    """Of the encoder; None takes the one known for it."""


@dataclass(frozen=True)
class Judgements:
    """What people said, of one source."""

    source: str
    """As a reader is told."""
    identity: str
    """Which judgements these are, in signatures."""
    grouped_by: str
    """What answers of one group share, in words."""
    pairs: Sequence[JudgedPair]
    rated: Sequence[RatedAnswer] = ()
    scored_with: ScoredWith = ScoredWith()
