"""
Rows of scores in, intervals out. No files, no model.

Intervals are of clusters of questions, the advice of Miller 2024 for evaluations
(https://arxiv.org/abs/2411.00640), and with them of the replicates of a variant that answered
several times, by weights of other seeds or drawn anew (``harness.jackknife``). Two variants are
compared on the same questions in the same order, each with as many replicates as it has.

Everywhere scores are one a question, shape (N,), or of P replicates, (P, N); statistics that add up
are (N, S) or (P, N, S); and ``clusters`` names the group each of the N questions belongs to. Where
there are no scores, or lengths differ, a ValueError is raised.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.jackknife import Estimate, FloatArray, interval

COVERAGE = 0.95
"""Share of samples whose interval holds the true figure, unless it is asked for another."""
FEWEST = 10
"""Clusters from which means and their differences have an interval: from there on it covers at
least 92% of skewed and uneven samples, and 93% from 20 (``benchmarks.coverage``)."""
FEWEST_TOGETHER = 100
"""Clusters from which figures of all rows together have one: corpus BLEU's covers less below,
where the rarest n-grams that answers share with references are of a few clusters."""
INTERVAL_METHOD = f"jackknife t over groups,from {FEWEST} (corpus {FEWEST_TOGETHER})"
"""How intervals are made, in signatures."""

Total = Callable[[FloatArray], FloatArray]
"""The figure of summed statistics, shape (..., S) → (...)."""


@dataclass(frozen=True)
class Figure:
    """A mean with the 95% interval around it."""

    mean: float
    low: float | None
    """None where there are too few clusters for an interval, as is ``high``."""
    high: float | None
    n: int
    """Questions scored."""
    clusters: int
    """Independent groups that the questions fall into."""


@dataclass(frozen=True)
class Difference:
    """Mean difference of two variants over the questions both answered, with its interval."""

    delta: float
    """First variant minus second."""
    low: float | None
    """None where there are too few clusters for an interval, as is ``high``."""
    high: float | None
    n: int
    """Questions compared."""
    clusters: int
    """Independent groups that the questions fall into."""


def mean_interval(scores: npt.ArrayLike, clusters: Sequence[str]) -> Figure:
    """Mean of the scores of N questions with its 95% interval."""
    values = replicated(scores, 2)
    found = mean_apart(values, np.zeros_like(values[:1]), clusters)
    return Figure(*found, values.shape[1], len(set(clusters)))


def corpus_interval(statistics: npt.ArrayLike, clusters: Sequence[str], total: Total) -> Figure:
    """The figure of N rows of statistics that add up, with its 95% interval."""
    values = replicated(statistics, 3)
    found = interval([values], total, clusters, coverage=COVERAGE, fewest=FEWEST_TOGETHER)
    return Figure(*found, values.shape[1], len(set(clusters)))


def corpus_difference(
    statistics: npt.ArrayLike, baseline: npt.ArrayLike, clusters: Sequence[str], total: Total
) -> Difference:
    """Difference of two such figures over the same N questions, with its 95% interval."""
    ours, theirs = replicated(statistics, 3), replicated(baseline, 3)

    def apart(ours: FloatArray, theirs: FloatArray) -> FloatArray:
        return total(ours) - total(theirs)

    found = interval([ours, theirs], apart, clusters, coverage=COVERAGE, fewest=FEWEST_TOGETHER)
    return Difference(*found, ours.shape[1], len(set(clusters)))


def paired_difference(
    scores: npt.ArrayLike,
    baseline: npt.ArrayLike,
    clusters: Sequence[str],
    *,
    coverage: float = COVERAGE,
) -> Difference:
    """Mean of ``scores - baseline``, question by question, with its interval.

    Args:
        coverage: share of samples whose interval holds the true difference, in (0, 1). To have C
            intervals cover together, ask each for 1 - (1 - COVERAGE) / C (Bonferroni).

    Raises:
        ValueError: another coverage.
    """
    ours, theirs = replicated(scores, 2), replicated(baseline, 2)
    found = mean_apart(ours, theirs, clusters, coverage)
    return Difference(*found, ours.shape[1], len(set(clusters)))


def replicated(values: npt.ArrayLike, axes: int) -> FloatArray:
    """Values with an axis of replicates in front, which one replicate may lack.

    Raises:
        ValueError: there are none, or they have not ``axes`` axes then.
    """
    array = np.asarray(values, dtype=np.float64)
    array = array[None] if array.ndim == axes - 1 else array
    if array.size == 0:
        raise ValueError("no scores")
    if array.ndim != axes:
        raise ValueError(f"scores of shape {array.shape}; {axes} axes needed")
    return array


def mean_apart(
    ours: FloatArray,
    theirs: FloatArray,
    clusters: Sequence[str],
    coverage: float = COVERAGE,
    fewest: int = FEWEST,
) -> Estimate:
    """The difference of the means of (P, N) and (Q, N) scores, as ``interval`` has it."""
    if ours.shape[1] != theirs.shape[1]:
        raise ValueError(f"{ours.shape[1]} scores against {theirs.shape[1]} of the baseline")
    # The first replicates are subtracted before anything is added up, and the others counted by
    # how they differ from the first: so where nothing differs, the interval is 0 to the bit, and
    # rounding shows no gain.
    apart = ours[:1] - theirs[:1]
    counted = np.stack([apart, np.ones_like(apart)], axis=-1)
    further = [(one - one[0])[..., None] / len(one) for one in (ours, -theirs)]

    def mean(counted: FloatArray, *further: FloatArray) -> FloatArray:
        total = counted[..., 0] + sum(one[..., 0] for one in further)
        return np.asarray(total / counted[..., 1])

    return interval([counted, *further], mean, clusters, coverage=coverage, fewest=fewest)
