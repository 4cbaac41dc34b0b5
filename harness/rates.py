"""
Shares of 0 and 1 in, intervals out. No files, no model.

Not as those of scores: where all of a few questions go one way, how they vary would say that the
share is surely 0 or 1. But a formula for questions knows nothing of replicates, answers by weights
of other seeds or drawn anew: with these, an interval reaches as far as either. Shapes and errors
are those of ``harness.statistics``; a score between 0 and 1 is an error, too.
"""

import math
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from harness.jackknife import FloatArray
from harness.statistics import COVERAGE, Difference, Figure, mean_apart, replicated


def rate_interval(scores: npt.ArrayLike, clusters: Sequence[str]) -> Figure:
    """Share of scores of 0 or 1 of N questions with its 95% interval, in [0, 1].

    Wilson's score interval (Wilson 1927), which says something of a share of 0 or 1, too. Its n
    is Kish's effective number (1965) of N questions in clusters of sizes m, N² / Σm²: at worst, the
    questions of a cluster all go the same way. A question counts once, however often it was asked.
    With replicates, the interval is widened to that of a mean, of however few clusters, where that
    reaches further.
    """
    values = _rates(scores, clusters)
    share = float(values.mean())
    low, high = _wilson(share, _independent(clusters))
    low, high = _widened(low, high, values, np.zeros_like(values[:1]), clusters)
    return _figure(share, low, high, clusters)


def shares_interval(shares: npt.ArrayLike, clusters: Sequence[str]) -> Figure:
    """Mean of N questions' own shares, each in [0, 1], with its 95% interval, in [0, 1].

    That of ``rate_interval``: no shares vary more than 0s and 1s of the same mean do.

    Raises:
        ValueError: a share is none, or there are not as many as clusters.
    """
    values = replicated(shares, 2)[0]
    if len(values) != len(clusters) or not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"{len(values)} shares needed, for {len(clusters)} clusters")
    mean = float(values.mean())
    return _figure(mean, *_wilson(mean, _independent(clusters)), clusters)


def rate_difference(
    scores: npt.ArrayLike,
    baseline: npt.ArrayLike,
    clusters: Sequence[str],
    *,
    coverage: float = COVERAGE,
) -> Difference:
    """Difference of two shares over the same N questions, with its interval, in [-1, 1].

    Newcombe's square-and-add interval for paired shares (1998, Statistics in Medicine 17, page
    2635, method 10) of two Wilson intervals, for the reason and with the n of ``rate_interval``.
    His phi is the correlation of 0s and 1s; of replicates, that of each question's shares. With
    replicates of either, the interval is widened to that of a mean difference, of however few
    clusters, where that reaches further.
    """
    ours, theirs = _rates(scores, clusters), _rates(baseline, clusters)
    n = _independent(clusters)
    first, second = float(ours.mean()), float(theirs.mean())
    (low_1, high_1), (low_2, high_2) = (_wilson(one, n, coverage) for one in (first, second))
    together = _correlation(ours.mean(axis=0), theirs.mean(axis=0), n)
    delta = first - second
    low = delta - _added(first - low_1, high_2 - second, together)
    high = delta + _added(high_1 - first, second - low_2, together)
    low, high = _widened(low, high, ours, theirs, clusters, coverage)
    return Difference(delta, max(-1.0, low), min(1.0, high), len(clusters), len(set(clusters)))


def _figure(share: float, low: float, high: float, clusters: Sequence[str]) -> Figure:
    return Figure(share, max(0.0, low), min(1.0, high), len(clusters), len(set(clusters)))


def _widened(
    low: float,
    high: float,
    ours: FloatArray,
    theirs: FloatArray,
    clusters: Sequence[str],
    coverage: float = COVERAGE,
) -> tuple[float, float]:
    """An interval as far as that of a mean difference where either side has replicates."""
    if len(ours) == len(theirs) == 1:
        return low, high
    _, least, most = mean_apart(ours, theirs, clusters, coverage, fewest=2)
    return min(low, low if least is None else least), max(high, high if most is None else most)


def _rates(scores: npt.ArrayLike, clusters: Sequence[str]) -> FloatArray:
    """Scores as (P, N), each 0 or 1."""
    values = replicated(scores, 2)
    if values.shape[1] != len(clusters) or not np.isin(values, (0, 1)).all():
        raise ValueError(f"{values.shape[1]} scores of 0 or 1 needed, for {len(clusters)} clusters")
    return values


def _independent(clusters: Sequence[str]) -> float:
    """Kish's effective number of questions."""
    return len(clusters) ** 2 / sum(size**2 for size in Counter(clusters).values())


def _wilson(share: float, n: float, coverage: float = COVERAGE) -> tuple[float, float]:
    z = NormalDist().inv_cdf(0.5 + coverage / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _correlation(first: FloatArray, second: FloatArray, n: float) -> float:
    """Pearson's, of two shares a question: towards 0 by Newcombe's correction where positive."""
    covariance = float((first * second).mean() - first.mean() * second.mean())
    if covariance > 0:
        covariance = max(covariance - 1 / (2 * n), 0.0)
    spread = float(first.std() * second.std())
    return covariance / spread if spread else 0.0


def _added(one: float, other: float, correlation: float) -> float:
    """The half-width of a difference from those of its two sides."""
    return math.sqrt(max(one**2 - 2 * correlation * one * other + other**2, 0.0))
