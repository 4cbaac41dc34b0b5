"""
How sure a decision will be, and how many questions it takes, from a run or a pilot.

Clusters are drawn anew, as many as are planned, and judged as a run's would be (Efron & Tibshirani
1993, section 25.4). They have the sizes of those there are, so that one with a good part of all
questions is in every plan; what each adds is a residual of any of them, by the spread that clusters
of its size have. So a plan holds for further clusters like these.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from harness.contest import Contest, squares
from harness.family import (
    SEED,
    Bounds,
    Estimates,
    critical,
    critical_of,
    pairs,
    quotients,
    reach_of,
    root_of,
)
from harness.jackknife import FloatArray, freedom

POWER = 0.8
"""Chance of a decision that enough questions give."""
MOST = 1024.0
"""Times the questions there are, up to which it is looked for how many are enough."""
PLANS = 1_000
"""Sets of clusters that are drawn."""
PLANS_TRIED = 200
"""Of them, where it is looked for how many clusters are enough."""
PLANS_AT_ONCE = 50
"""Of them in memory together."""
DRAWS_A_PLAN = 2**11
"""Of the largest |t|, in each."""
STEPS = 2
"""Sizes of clusters that are told apart, as one doubles."""
ENOUGH = 20
"""Clusters of a size, of which what another adds is told."""
UNEVEN = 1e-9
"""Of sums of squared shares."""


def chances(
    contest: Contest, found: Estimates, factor: float, plans: int = PLANS
) -> tuple[FloatArray, FloatArray]:
    """The chance of each variant that it may be shipped, and that it is ruled out: (V,), (V,).

    Args:
        contest: the rule.
        found: the figures, taken as the true ones, of C clusters.
        factor: of as many times C clusters.
        plans: sets of clusters that are drawn.
    """
    count = len(found.values)
    planned = found.grown(factor)
    ship, out = np.zeros(count), np.zeros(count)
    if planned.clusters < max(contest.fewest, 2) or len(found.deviations) < 2:
        return ship, out
    random = np.random.default_rng(SEED)
    weights, _ = pairs(count)
    groups = _by_size(found, weights)
    for offset in (np.arange(plans // PLANS_AT_ONCE) + 0.5) / (plans // PLANS_AT_ONCE):
        picks = _picks(groups, factor, offset)
        sizes, there = np.array([one.size for one in groups]), picks > 0
        of_plan = float(freedom(sizes[there], picks[there]))
        freedoms = replace(planned, freedom=of_plan).freedoms(weights)
        low, high = squares(_drawn(groups, picks, found, freedoms, contest.coverage, random), count)
        ship += contest.may_ship(low).sum(axis=0)
        out += contest.ruled_out(high).sum(axis=0)
    return ship / plans, out / plans


def growth_needed(contest: Contest, found: Estimates, variant: int) -> float | None:
    """How many times as many clusters would decide of a variant, with ``POWER``; 1 at least.

    Were the figures found the true ones. None where ``MOST`` times as many would not.
    """

    def decided(factor: float) -> bool:
        found_chances = chances(contest, found, factor, PLANS_TRIED)
        return bool(max(one[variant] for one in found_chances) >= POWER)

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


@dataclass(frozen=True)
class _Clusters:
    """Clusters of one size, as they are drawn."""

    many: int
    """How many of this size there are."""
    size: float
    """As a share of all questions."""
    added: FloatArray
    """What such a cluster may add to each figure, (R, V)."""
    weights: FloatArray
    """Of contrasts, (K, V)."""

    @cached_property
    def powers(self) -> FloatArray:
        """What may be added, its products, and the cubes of contrasts, (R, V + V² + K)."""
        products = self.added[:, :, None] * self.added[:, None]
        cubes = (self.added @ self.weights.T) ** 3
        return np.concatenate([self.added, products.reshape(len(cubes), -1), cubes], axis=1)

    def drawn(self, picks: int, random: Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Sums over that many: of what each adds (B, V), of its products (B, V, V), and of the
        cubes of contrasts (B, K); B is ``PLANS_AT_ONCE``."""
        ways, figures = self.added.shape
        if picks < ways:
            sums = self.powers[random.integers(ways, size=(PLANS_AT_ONCE, picks))].sum(axis=1)
        else:
            counts = random.multinomial(picks, np.full(ways, 1 / ways), PLANS_AT_ONCE)
            sums = counts.astype(np.float64) @ self.powers
        one, two, three = np.split(sums, [figures, figures + figures**2], axis=1)
        return one, two.reshape(-1, figures, figures), three


def _by_size(found: Estimates, weights: FloatArray) -> list[_Clusters]:
    """The clusters there are. A size that few have is drawn from the clusters of all sizes, by the
    spread of its own."""
    added = found.deviations * (1 - found.shares[:, None])
    spread = _spread(added @ weights.T, found.shares)
    steps = np.round(STEPS * np.log2(found.shares / found.shares.max()))
    groups = []
    for step in np.unique(steps):
        here = steps == step
        like = here if here.sum() >= ENOUGH else np.ones_like(here)
        size = found.shares[here].mean()
        there = spread(found.shares[like])
        # Where nothing differs there is no spread, and nothing to be spread.
        one = added[like] * quotients(np.full_like(there, spread(size)), there)[:, None]
        groups.append(_Clusters(here.sum(), size, one - one.mean(axis=0), weights))
    return groups


def _spread(added: FloatArray, shares: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """How much clusters of a size add, as a standard deviation but for a factor.

    What questions add alone grows with the root of the size, what they add together with the size.
    The two parts are found by two moments, the sums of squares and of squares over sizes.

    Args:
        added: to each contrast by each cluster, (C, K).
        shares: sizes, of sum 1, (C,).
    """
    squared = quotients(added**2, np.broadcast_to((added**2).sum(axis=0), added.shape)).mean(axis=1)
    total, even, uneven = squared.sum(), 1 / len(shares), shares @ shares
    together = 0.0
    if uneven - even > UNEVEN:
        together = (total - (squared / shares).mean()) / (uneven - even)
        together = min(max(together, 0.0), total / uneven)
    alone = total - together * uneven
    return lambda sizes: np.sqrt(alone * sizes + together * sizes**2)


def _picks(groups: Sequence[_Clusters], factor: float, offset: float) -> npt.NDArray[np.int64]:
    """How many of each size are in so many times the clusters, (L,), exact on average over offsets
    in [0, 1)."""
    ends = np.floor(np.cumsum([one.many for one in groups]) * factor + offset)
    return np.diff(ends, prepend=0).astype(np.int64)


def _drawn(
    groups: Sequence[_Clusters],
    picks: npt.NDArray[np.int64],
    found: Estimates,
    freedoms: FloatArray,
    coverage: float,
    random: Generator,
) -> Bounds:
    """The bounds of contrasts in sets of so many clusters of each size, (``PLANS_AT_ONCE``, K)."""
    weights, clusters = groups[0].weights, picks.sum()
    questions = picks @ np.array([one.size for one in groups])
    drawn = [one.drawn(many, random) for one, many in zip(groups, picks, strict=True)]
    off = np.sum([one for one, _, _ in drawn], axis=0) / questions
    covariance, third = np.diag(found.alone), 0.0
    for group, many, sums in zip(groups, picks, drawn, strict=True):
        second, cubed = _moved(group, many, sums, off)
        left = questions - group.size
        covariance = covariance + second / left**2 * (clusters - 1) / clusters
        third = third + cubed / left**3
    root = root_of(covariance) @ weights.T
    errors = np.sqrt((root**2).sum(axis=1))
    most = critical_of(root, freedoms, coverage, DRAWS_A_PLAN)
    below, above = reach_of(most, quotients(np.asarray(third), errors**3))
    alone = random.standard_normal(off.shape) * np.sqrt(found.alone)
    delta = (found.values + off + alone) @ weights.T
    return Bounds(delta, errors, delta - below * errors, delta + above * errors)


def _moved(
    group: _Clusters, many: int, sums: tuple[FloatArray, FloatArray, FloatArray], off: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Products (B, V, V) and cubes of contrasts (B, K), summed over the clusters drawn, of what
    each adds less its size times ``off`` (B, V), which all add to each question."""
    one, two, three = sums
    weights, mean = group.weights, group.size * off
    crossed = one[:, :, None] * mean[:, None]
    second = two - crossed - crossed.swapaxes(1, 2) + many * mean[:, :, None] * mean[:, None]
    mean = mean @ weights.T
    squared = ((weights @ two) * weights).sum(axis=-1)
    cubed = three - 3 * mean * squared + 3 * mean**2 * (one @ weights.T) - many * mean**3
    return second, cubed
