"""
Rows of scores in, intervals out. No files, no model.

Questions about one section are not independent, so sections (clusters) are resampled, not
questions: percentile bootstrap (Efron & Tibshirani 1993, chapter 13) of clusters (Davison &
Hinkley 1997, section 3.8), the advice of Miller 2024 for evaluations
(https://arxiv.org/abs/2411.00640). Two variants are compared on the same questions: the difference
of each question is what is resampled (paired; Koehn 2004, https://aclanthology.org/W04-3250).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

RESAMPLES = 10_000
"""Bootstrap resamples an interval is read from."""
COVERAGE = 0.95
"""Share of resampled means an interval covers, unless it is asked for another."""

Total = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
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


def mean_interval(scores: Sequence[float], clusters: Sequence[str], *, seed: int) -> Figure:
    """Mean of N scores with its 95% bootstrap interval.

    Args:
        scores: one a question, shape (N,).
        clusters: the group each question belongs to, shape (N,).
        seed: of the resampling; the same seed gives the same interval.

    Raises:
        ValueError: no scores, or the two differ in length.
    """
    values = np.asarray(scores, dtype=np.float64)
    low, high, count = _interval(_counted(values), clusters, seed, _mean)
    return Figure(float(values.mean()), low, high, len(values), count)


def corpus_interval(
    statistics: Sequence[Sequence[float]], clusters: Sequence[str], total: Total, *, seed: int
) -> Figure:
    """The figure of N rows of statistics that add up, with its 95% bootstrap interval.

    Args:
        statistics: of each question, shape (N, S).
        clusters: the group each question belongs to, shape (N,).
        total: the figure of summed statistics, (..., S) → (...).
        seed: of the resampling.

    Raises:
        ValueError: no statistics, or the two differ in length.
    """
    values = np.asarray(statistics, dtype=np.float64)
    low, high, count = _interval(values, clusters, seed, total)
    return Figure(float(total(values.sum(axis=0))), low, high, len(values), count)


def corpus_difference(
    statistics: Sequence[Sequence[float]],
    baseline: Sequence[Sequence[float]],
    clusters: Sequence[str],
    total: Total,
    *,
    seed: int,
) -> Difference:
    """Difference of two such figures over the same N questions, resampled together.

    Args:
        statistics: of each question, shape (N, S).
        baseline: of the same questions in the same order, shape (N, S).
        clusters: the group each question belongs to, shape (N,).
        total: the figure of summed statistics, (..., S) → (...).
        seed: of the resampling.

    Raises:
        ValueError: no statistics, or the three differ in length.
    """
    if len(statistics) != len(baseline):
        raise ValueError(f"{len(statistics)} rows against {len(baseline)} of the baseline")
    ours, theirs = (np.asarray(one, dtype=np.float64) for one in (statistics, baseline))
    width = ours.shape[-1]

    def apart(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return total(sums[..., :width]) - total(sums[..., width:])

    values = np.concatenate([ours, theirs], axis=-1)
    low, high, count = _interval(values, clusters, seed, apart)
    return Difference(float(apart(values.sum(axis=0))), low, high, len(values), count)


def paired_difference(
    scores: Sequence[float],
    baseline: Sequence[float],
    clusters: Sequence[str],
    *,
    seed: int,
    coverage: float = COVERAGE,
) -> Difference:
    """Mean of ``scores - baseline``, question by question, with its bootstrap interval.

    Args:
        scores: one a question, shape (N,).
        baseline: of the same questions in the same order, shape (N,).
        clusters: the group each question belongs to, shape (N,).
        seed: of the resampling.
        coverage: share of resampled means the interval covers, in (0, 1). To have C intervals
            cover together, ask each for 1 - (1 - COVERAGE) / C (Bonferroni).

    Raises:
        ValueError: no scores, the three differ in length, or another coverage.
    """
    if len(scores) != len(baseline):
        raise ValueError(f"{len(scores)} scores against {len(baseline)} of the baseline")
    values = np.asarray(scores, dtype=np.float64) - np.asarray(baseline, dtype=np.float64)
    low, high, count = _interval(_counted(values), clusters, seed, _mean, coverage)
    return Difference(float(values.mean()), low, high, len(values), count)


def _counted(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """N values as statistics whose ``_mean`` is theirs, shape (N, 2)."""
    return np.stack([values, np.ones_like(values)], axis=-1)


def _mean(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(sums[..., 0] / sums[..., 1])


def _interval(
    statistics: npt.NDArray[np.float64],
    clusters: Sequence[str],
    seed: int,
    total: Total,
    coverage: float = COVERAGE,
) -> tuple[float, float, int]:
    """Percentile interval of the figure of N rows of statistics, and the clusters resampled."""
    if len(statistics) == 0:
        raise ValueError("no scores")
    if len(statistics) != len(clusters):
        raise ValueError(f"{len(statistics)} scores in {len(clusters)} clusters")
    if not 0 < coverage < 1:
        raise ValueError(f"a coverage of {coverage}; it must be above 0 and below 1")
    names, member = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.zeros((len(names), statistics.shape[-1]))  # (C, S)
    np.add.at(sums, member, statistics)
    figures = total(_draws(len(names), seed) @ sums)  # (R, C) @ (C, S) -> (R, S) -> (R,)
    tail = (1 - coverage) / 2
    low, high = np.quantile(figures, [tail, 1 - tail])
    return float(low), float(high), len(names)


@lru_cache(maxsize=1)  # The same draws serve every figure of a table; making them takes longest.
def _draws(count: int, seed: int) -> npt.NDArray[np.uint8]:
    """How often each of C clusters is drawn in each of R resamples, shape (R, C)."""
    drawn = np.random.default_rng(seed).multinomial(
        count, np.full(count, 1 / count), size=RESAMPLES
    )
    # A cluster is drawn once on average and never near 255 times (Poisson), so a byte holds it.
    return drawn.astype(np.uint8)
