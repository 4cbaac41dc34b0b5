"""
What a metric is: an object that knows its name, how it is read, and all that could change a score.

A metric reads rows and gives a value a row. Nothing here reads files or prints.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

import numpy as np
import numpy.typing as npt

from harness.errors import BenchError, ConfigError, told
from harness.metrics.fact import Fact

Value = float | tuple[float, ...]
"""What one row scores; of a corpus metric, the statistics of the row that add up."""
MetricKind = Literal["mean", "rate", "corpus"]


@dataclass(frozen=True)
class Row:
    """One answer with all that a metric may read of its question."""

    question: str
    answer: str
    references: tuple[str, ...]
    """Right answers, the first being the one that training uses, too. At least one, but for metrics
    whose ``needs_reference`` is False."""
    answerable: bool = True
    """Whether some section of the corpus answers it."""
    evidence: tuple[str, ...] = ()
    """Ids of the sections that hold the answer; none where nobody knows them, or none does."""
    context: str | None = ""
    """What was shown of the documents; empty where nothing was, None where nobody says."""
    context_ids: tuple[str, ...] | None = ()
    """Ids of the sections shown, best first; None where nobody says."""
    facts: tuple[Fact, ...] = ()
    """What a right answer has; none where nobody has written it down."""
    citations: tuple[str, ...] = ()
    """The provisions that govern the answer, as the reference names them."""
    provisions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """By section id, the provisions that the documents in question name, each as one word
    (``harness.metrics.provisions.written``); none where there are no such documents."""

    @property
    def evidence_shown(self) -> bool | None:
        """Whether the context has a section that holds the answer, even cut; None where no section
        is known to hold it, or nobody says what was shown."""
        if not self.evidence or self.context_ids is None:
            return None
        return bool(set(self.evidence) & set(self.context_ids))


class Metric(Protocol):
    """Scores answers; ``harness.metrics.registry`` lists those this project has.

    One that reads no references may say so by a member ``needs_reference`` that is False; one that
    can point at what its values come from has ``marks`` (``harness.metrics.marks``).
    """

    @property
    def name(self) -> str:
        """As in suites, results and JSON."""

    @property
    def title(self) -> str:
        """As in tables and charts."""

    @property
    def higher_is_better(self) -> bool | None:
        """Which way is better; None where neither is."""

    @property
    def kind(self) -> MetricKind:
        """``mean``: a row's values are averaged; ``rate``: they are 0 or 1, and their mean a share;
        ``corpus``: they are statistics, and the figure is ``total`` of their sum."""

    @property
    def signature(self) -> str:
        """All that could change a score, in one line that begins with the name."""

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """The value of each row, in order; None where the metric has nothing to say of it."""


class CorpusMetric(Metric, Protocol):
    """A metric of all rows together."""

    @property
    def width(self) -> int:
        """How many statistics a row's value has."""

    def total(self, sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The figure of summed statistics, shape (..., S) → (...)."""


@contextmanager
def named_in_errors(name: str) -> Iterator[None]:
    """What a metric's own code raises, as an error of ours that names the metric.

    Raises:
        ConfigError: it raised something; an error of ours stays what it is.
    """
    try:
        yield
    except BenchError:
        raise
    except Exception as error:  # Whatever a user's code raises.
        raise ConfigError(f"metric {name}: {told(error)}") from error


def total_of(metric: CorpusMetric, sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The figure of summed statistics, shape (..., S) → (...).

    Raises:
        ConfigError: the metric gives another shape, or what is no number.
    """
    with named_in_errors(metric.name):
        found = np.asarray(metric.total(sums), dtype=np.float64)
    if found.shape != sums.shape[:-1] or not np.isfinite(found).all():
        what = f"shape {found.shape}" if found.shape != sums.shape[:-1] else "a figure that is none"
        raise ConfigError(
            f"metric {metric.name}: total gave {what} for sums of shape {sums.shape}; it must give "
            "one finite figure for each of their last axis, as sums[..., 0] / sums[..., 1] does"
        )
    return found


def aggregate(metric: Metric | CorpusMetric, values: Sequence[Value]) -> float:
    """The figure of all rows that have a value, at least one."""
    if metric.kind == "corpus":
        sums = np.asarray(values, dtype=np.float64).sum(axis=0)
        return float(total_of(cast("CorpusMetric", metric), sums))
    return float(np.mean(np.asarray(values, dtype=np.float64)))


def description(metric: Metric) -> dict[str, Any]:
    """What a reader of a metric's figures must know of it, as JSON."""
    told = ("title", "kind", "higher_is_better", "signature")
    return {name: getattr(metric, name) for name in told}
