"""
Rows of scores in, intervals out. No files, no model.

Resampled are clusters of questions, the advice of Miller 2024 for evaluations
(https://arxiv.org/abs/2411.00640), and with them the replicates of a variant that answered several
times, by weights of other seeds or drawn anew (``harness.resampling``). Two variants are compared
on the same questions, of which both get the same draws (paired; Koehn 2004,
https://aclanthology.org/W04-3250).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from harness.resampling import Floats, interval

RESAMPLES = 10_000
"""Bootstrap resamples an interval is read from."""
FEW = 20
"""Groups; resampling fewer gives intervals that are too narrow to decide by: with 5 to 30, tests
reject too often (Cameron, Gelbach and Miller 2008, https://doi.org/10.1162/rest.90.3.414)."""
COVERAGE = 0.95
"""Share of resampled means an interval covers, unless it is asked for another."""

Total = Callable[[Floats], Floats]
"""The figure of summed statistics, shape (..., S) → (...)."""


@dataclass(frozen=True)
class Figure:
    """A mean with the 95% interval around it."""

    mean: float
    low: float
    high: float
    n: int
    """Questions scored."""
    clusters: int
    """Independent groups that the questions fall into."""

    def as_json(self) -> dict[str, float | int]:
        """The shape every figure has in our JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Difference:
    """Mean difference of two variants over the questions both answered, with its interval."""

    delta: float
    """First variant minus second."""
    low: float
    high: float
    n: int
    """Questions compared."""
    clusters: int
    """Independent groups that the questions fall into."""

    def as_json(self) -> dict[str, float | int]:
        """The shape every difference has in our JSON."""
        return asdict(self)


def mean_interval(scores: npt.ArrayLike, clusters: Sequence[str], *, seed: int) -> Figure:
    """Mean of the scores of N questions with its 95% bootstrap interval.

    Args:
        scores: one a question, shape (N,); or of P replicates, shape (P, N).
        clusters: the group each question belongs to, shape (N,).
        seed: of the resampling; the same seed gives the same interval.

    Raises:
        ValueError: no scores, or the two differ in length.
    """
    values = replicated(scores, 2)
    low, high, count = _mean_apart(values, np.zeros_like(values[:1]), clusters, seed, COVERAGE)
    return Figure(float(values.mean()), low, high, values.shape[1], count)


def corpus_interval(
    statistics: npt.ArrayLike, clusters: Sequence[str], total: Total, *, seed: int
) -> Figure:
    """The figure of N rows of statistics that add up, with its 95% bootstrap interval.

    Args:
        statistics: of each question, shape (N, S); or of P replicates, shape (P, N, S).
        clusters: the group each question belongs to, shape (N,).
        total: the figure of summed statistics, (..., S) → (...).
        seed: of the resampling.

    Raises:
        ValueError: no statistics, or the two differ in length.
    """
    values = replicated(statistics, 3)
    low, high, count = interval(
        [values], total, clusters, seed=seed, resamples=RESAMPLES, coverage=COVERAGE
    )
    return Figure(float(total(values.sum(axis=(0, 1)))), low, high, values.shape[1], count)


def corpus_difference(
    statistics: npt.ArrayLike,
    baseline: npt.ArrayLike,
    clusters: Sequence[str],
    total: Total,
    *,
    seed: int,
) -> Difference:
    """Difference of two such figures over the same N questions, resampled together.

    Args:
        statistics: of each question, shape (N, S); or of P replicates, shape (P, N, S).
        baseline: of the same questions in the same order, of as many replicates as it has.
        clusters: the group each question belongs to, shape (N,).
        total: the figure of summed statistics, (..., S) → (...).
        seed: of the resampling.

    Raises:
        ValueError: no statistics, or the three differ in length.
    """
    ours, theirs = replicated(statistics, 3), replicated(baseline, 3)

    def apart(ours: Floats, theirs: Floats) -> Floats:
        return total(ours) - total(theirs)

    low, high, count = interval(
        [ours, theirs], apart, clusters, seed=seed, resamples=RESAMPLES, coverage=COVERAGE
    )
    delta = apart(ours.sum(axis=(0, 1)), theirs.sum(axis=(0, 1)))
    return Difference(float(delta), low, high, ours.shape[1], count)


def paired_difference(
    scores: npt.ArrayLike,
    baseline: npt.ArrayLike,
    clusters: Sequence[str],
    *,
    seed: int,
    coverage: float = COVERAGE,
) -> Difference:
    """Mean of ``scores - baseline``, question by question, with its bootstrap interval.

    Args:
        scores: one a question, shape (N,); or of P replicates, shape (P, N).
        baseline: of the same questions in the same order, of as many replicates as it has.
        clusters: the group each question belongs to, shape (N,).
        seed: of the resampling.
        coverage: share of resampled means the interval covers, in (0, 1). To have C intervals
            cover together, ask each for 1 - (1 - COVERAGE) / C (Bonferroni).

    Raises:
        ValueError: no scores, the three differ in length, or another coverage.
    """
    ours, theirs = replicated(scores, 2), replicated(baseline, 2)
    low, high, count = _mean_apart(ours, theirs, clusters, seed, coverage)
    delta = (ours.mean(axis=0) - theirs.mean(axis=0)).mean()
    return Difference(float(delta), low, high, ours.shape[1], count)


def replicated(values: npt.ArrayLike, axes: int) -> Floats:
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


def _mean_apart(
    ours: Floats, theirs: Floats, clusters: Sequence[str], seed: int, coverage: float
) -> tuple[float, float, int]:
    """Interval of the difference of the means of (P, N) and (Q, N) scores, and the clusters."""
    if ours.shape[1] != theirs.shape[1]:
        raise ValueError(f"{ours.shape[1]} scores against {theirs.shape[1]} of the baseline")
    # The first replicates are subtracted before anything is added up, and the others counted by
    # how they differ from the first: so where nothing differs, the resampled difference is 0 to
    # the bit, and rounding shows no gain.
    apart = ours[:1] - theirs[:1]
    counted = np.stack([apart, np.ones_like(apart)], axis=-1)
    further = [(one - one[0])[..., None] / len(one) for one in (ours, -theirs)]

    def mean(counted: Floats, *further: Floats) -> Floats:
        total = counted[..., 0] + sum(one[..., 0] for one in further)
        return np.asarray(total / counted[..., 1])

    return interval(
        [counted, *further], mean, clusters, seed=seed, resamples=RESAMPLES, coverage=coverage
    )
