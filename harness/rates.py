"""
Shares of 0 and 1 in, intervals out. No files, no model.

Not resampled as scores are: where all of a few questions go one way, resampling would say that the
share is surely 0 or 1.
"""

import math
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from harness.statistics import COVERAGE, Difference, Figure


def rate_interval(scores: Sequence[float], clusters: Sequence[str]) -> Figure:
    """Share of N scores of 0 or 1 with its 95% interval, in [0, 1].

    Wilson's score interval (Wilson 1927), since resampling says nothing of a share of 0 or 1. Its n
    is Kish's effective number (1965) of N questions in clusters of sizes m, N² / Σm²: at worst, the
    questions of a cluster all go the same way.

    Args:
        scores: one a question, shape (N,), each 0 or 1.
        clusters: the group each question belongs to, shape (N,).

    Raises:
        ValueError: no scores, a score between, or the two differ in length.
    """
    _check_rates(scores, clusters)
    share = sum(scores) / len(scores)
    low, high = _wilson(share, _independent(clusters))
    return Figure(share, low, high, len(scores), len(set(clusters)))


def rate_difference(
    scores: Sequence[float], baseline: Sequence[float], clusters: Sequence[str]
) -> Difference:
    """Difference of two shares over the same N questions, with its 95% interval, in [-1, 1].

    Newcombe's square-and-add interval for paired shares (1998, Statistics in Medicine 17, page
    2635, method 10) of two Wilson intervals, for the reason and with the n of ``rate_interval``.

    Args:
        scores: one a question, shape (N,), each 0 or 1.
        baseline: of the same questions in the same order, shape (N,), each 0 or 1.
        clusters: the group each question belongs to, shape (N,).

    Raises:
        ValueError: no scores, a score between, or the three differ in length.
    """
    _check_rates(scores, clusters)
    _check_rates(baseline, clusters)
    n = _independent(clusters)
    first, second = sum(scores) / len(scores), sum(baseline) / len(baseline)
    (low_1, high_1), (low_2, high_2) = _wilson(first, n), _wilson(second, n)
    together = _correlation(scores, baseline, n)
    delta = first - second
    low = delta - _added(first - low_1, high_2 - second, together)
    high = delta + _added(high_1 - first, second - low_2, together)
    return Difference(delta, max(-1.0, low), min(1.0, high), len(scores), len(set(clusters)))


def _check_rates(scores: Sequence[float], clusters: Sequence[str]) -> None:
    if not scores or len(scores) != len(clusters) or not set(scores) <= {0.0, 1.0}:
        raise ValueError(f"{len(scores)} scores of 0 or 1 needed, for {len(clusters)} clusters")


def _independent(clusters: Sequence[str]) -> float:
    """Kish's effective number of questions."""
    return len(clusters) ** 2 / sum(size**2 for size in Counter(clusters).values())


def _wilson(share: float, n: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf(0.5 + COVERAGE / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _correlation(scores: Sequence[float], baseline: Sequence[float], n: float) -> float:
    """Newcombe's phi of two rows of 0 and 1: towards 0 by his correction where it is positive."""
    first, second = np.asarray(scores), np.asarray(baseline)
    covariance = float((first * second).mean() - first.mean() * second.mean())
    if covariance > 0:
        covariance = max(covariance - 1 / (2 * n), 0.0)
    spread = float(first.std() * second.std())
    return covariance / spread if spread else 0.0


def _added(one: float, other: float, correlation: float) -> float:
    """The half-width of a difference from those of its two sides."""
    return math.sqrt(max(one**2 - 2 * correlation * one * other + other**2, 0.0))
