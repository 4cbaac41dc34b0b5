"""
How far a score agrees with people: preferences and ratings in, intervals out. No files, no model.

A preference is 1 for the first answer of a pair, -1 for the second and 0 for neither. Shapes are
one value a pair or answer, (N,); ``clusters`` names the group each belongs to. Intervals are those
of ``harness.statistics``: Student's t by the jackknife over groups, none below ``FEWEST`` of them.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from harness.jackknife import FloatArray, freedom, half_width, variance
from harness.rates import rate_interval
from harness.statistics import COVERAGE, FEWEST, Figure, mean_interval

COIN = 0.5
"""The share of preferences that chance agrees with."""


def majority(votes: Sequence[int]) -> int:
    """What more of a pair's raters prefer; 0 where as many prefer the one as the other."""
    return int(np.sign(sum(votes)))


def preferred_share(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    preferred: Sequence[int],
    clusters: Sequence[str],
) -> Figure:
    """The share of pairs of which a score prefers the answer people prefer, in [0, 1].

    Args:
        first, second: scores of the two answers of each pair, of which the higher is preferred;
            where they are alike the pair counts half, as of a coin.
        preferred: by people, 1 or -1.
        clusters: of the pairs.

    Raises:
        ValueError: there are no pairs, people prefer neither answer of one, or lengths differ.
    """
    theirs = np.asarray(preferred)
    if not np.isin(theirs, (1, -1)).all():
        raise ValueError("a pair of which people prefer neither answer")
    ours = np.sign(np.asarray(first, np.float64) - np.asarray(second, np.float64))
    return _share((1 + ours * theirs) / 2, clusters)


def rater_agreement(votes: Sequence[Sequence[int]], clusters: Sequence[str]) -> Figure | None:
    """How often two raters of one pair, each of whom prefers an answer, prefer the same.

    The mean over pairs of the share of their raters' couples that do (Fleiss 1971, observed
    agreement); None where no pair has two such raters.
    """
    couples = [list(combinations([vote for vote in one if vote], 2)) for one in votes]
    having = [place for place, found in enumerate(couples) if found]
    if not having:
        return None
    shares = [np.mean([one == other for one, other in couples[place]]) for place in having]
    return _share(np.array(shares), [clusters[place] for place in having])


def rank_correlation(
    scores: npt.ArrayLike, ratings: npt.ArrayLike, clusters: Sequence[str]
) -> Figure | None:
    """Spearman's correlation of scores and ratings, ties at their mean rank, in [-1, 1].

    Its interval is by the jackknife over groups, everything ranked anew without each. None where
    one of the two is the same throughout; without an interval where it is so without a group.

    Raises:
        ValueError: the three differ in length.
    """
    pairs = np.column_stack([np.asarray(scores, np.float64), np.asarray(ratings, np.float64)])
    names, member, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    if len(pairs) != len(member):
        raise ValueError(f"{len(pairs)} scores in {len(member)} clusters")
    value = _spearman(pairs)
    if np.isnan(value):
        return None
    left_out = np.array([_spearman(pairs[member != place]) for place in range(len(names))])
    if len(names) < FEWEST or np.isnan(left_out).any():
        return Figure(value, None, None, len(pairs), len(names))
    spread = variance(np.asarray(value), left_out)
    half = float(half_width(np.array([spread]), freedom(sizes.astype(float))[None], COVERAGE))
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return Figure(value, low, high, len(pairs), len(names))


def _spearman(pairs: FloatArray) -> float:
    """Pearson's correlation of the ranks of (N, 2) values; NaN where it is not defined."""
    from scipy.stats import rankdata

    if len(pairs) == 0 or (pairs == pairs[0]).all(axis=0).any():
        return float("nan")
    return float(np.corrcoef(rankdata(pairs, axis=0), rowvar=False)[0, 1])


def _share(agreeing: FloatArray, clusters: Sequence[str]) -> Figure:
    """The mean of values in [0, 1], one a pair."""
    found = mean_interval(agreeing, clusters)
    if found.low is None or found.high is None:
        return found
    if np.isin(agreeing, (0, 1)).all() and np.ptp(agreeing) == 0:
        # Where all pairs go one way, how they vary would say that it is so of all there are.
        return rate_interval(agreeing, clusters)
    low, high = max(0.0, found.low), min(1.0, found.high)
    return Figure(found.mean, low, high, found.n, found.clusters)
