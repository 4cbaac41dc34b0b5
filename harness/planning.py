"""
How sure a decision will be, and how many questions it takes, from a run or a pilot.

Clusters are drawn anew from those there are (Efron & Tibshirani 1993, section 25.4), as many as are
planned, and judged as a run's would be. So a plan holds for further clusters like these: of one
that has a good part of all questions it says little.
"""

import numpy as np
from numpy.random import Generator

from harness.contest import Contest, squares
from harness.family import SEED, Bounds, Estimates, critical, pairs, quotients, reach_of
from harness.jackknife import FloatArray

POWER = 0.8
"""Chance of a decision that enough questions give."""
MOST = 1024.0
"""Times the questions there are, up to which it is looked for how many are enough."""
PLANS = 1_000
"""Sets of clusters that are drawn."""
PLANS_AT_ONCE = 50
"""Of them in memory together."""


def chances(contest: Contest, found: Estimates, factor: float) -> tuple[FloatArray, FloatArray]:
    """The chance of each variant that it may be shipped, and that it is ruled out: (V,), (V,).

    Args:
        contest: the rule.
        found: the figures, taken as the true ones, of C clusters.
        factor: of as many times C clusters.
    """
    count = len(found.values)
    planned = found.grown(factor)
    if planned.clusters < max(contest.fewest, 2) or len(found.deviations) < 2:
        return np.zeros(count), np.zeros(count)
    random = np.random.default_rng(SEED)
    weights, _ = pairs(count)
    most = critical(planned, weights, contest.coverage)
    ship, out = np.zeros(count), np.zeros(count)
    for _ in range(PLANS // PLANS_AT_ONCE):
        low, high = squares(_drawn(found, planned, weights, most, random), count)
        ship += contest.may_ship(low).sum(axis=0)
        out += contest.ruled_out(high).sum(axis=0)
    return ship / PLANS, out / PLANS


def growth_needed(contest: Contest, found: Estimates, variant: int) -> float | None:
    """How many times as many clusters would decide of a variant, with ``POWER``; 1 at least.

    Were the figures found the true ones. None where ``MOST`` times as many would not.
    """

    def decided(factor: float) -> bool:
        return bool(max(one[variant] for one in chances(contest, found, factor)) >= POWER)

    if not decided(MOST):
        return None
    low, high = 1.0, MOST
    while high / low > 1.05:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if decided(middle) else (middle, high)
    return high


def detectable(found: Estimates, weights: FloatArray, coverage: float) -> FloatArray:
    """The smallest true differences that bounds show with a chance of ``POWER``, (K,)."""
    from scipy.special import stdtrit

    most = critical(found, weights, coverage) + stdtrit(found.freedoms(weights), POWER)
    return np.asarray(most * found.errors(weights))


def growth_for(
    found: Estimates, weights: FloatArray, coverage: float, difference: float, fewest: int
) -> FloatArray:
    """How many times as many clusters would probably show that true difference, (K,).

    Args:
        found: figures of a run or a pilot.
        weights: of each contrast, (K, V).
        coverage: of the bounds.
        difference: above 0.
        fewest: clusters from which there are bounds.
    """
    errors = found.errors(weights)
    growth = np.full(len(errors), fewest / found.clusters)
    # The quantile changes little with the clusters: a few rounds find it.
    for _ in range(4):
        rows = enumerate(growth)
        least = [detectable(found.grown(one), weights, coverage)[row] for row, one in rows]
        growth = np.maximum(growth * (np.array(least) / difference) ** 2, fewest / found.clusters)
    return growth


def _drawn(
    found: Estimates,
    planned: Estimates,
    weights: FloatArray,
    most: FloatArray,
    random: Generator,
) -> Bounds:
    """The bounds of contrasts in sets of clusters drawn anew, each (``PLANS_AT_ONCE``, K)."""
    shares = found.shares[:, None]
    clusters = len(shares)
    chances = np.full(clusters, 1 / clusters)
    counts = random.multinomial(planned.clusters, chances, PLANS_AT_ONCE).astype(np.float64)
    # What a cluster adds to a contrast; and how it moves one that it is left out of.
    a = (found.deviations * (1 - shares)) @ weights.T
    m = a / (1 - shares * clusters / planned.clusters)
    questions = counts @ shares
    off = counts @ a / questions
    # Powers of m - off * shares, summed over the clusters drawn.
    m2, ms, s2 = counts @ m**2, counts @ (m * shares), counts @ shares**2
    m3, m2s = counts @ m**3, counts @ (m**2 * shares)
    ms2, s3 = counts @ (m * shares**2), counts @ shares**3
    squared = m2 - 2 * off * ms + off**2 * s2
    cubed = m3 - 3 * off * m2s + 3 * off**2 * ms2 - off**3 * s3
    errors = np.sqrt(np.maximum(squared, 0) / questions**2 + weights**2 @ found.alone)
    alone = random.standard_normal((PLANS_AT_ONCE, len(found.values))) * np.sqrt(found.alone)
    delta = weights @ found.values + off + alone @ weights.T
    below, above = reach_of(most, quotients(cubed / questions**3, errors**3))
    return Bounds(delta, errors, delta - below * errors, delta + above * errors)
