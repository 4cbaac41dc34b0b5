"""
Weighted sums of variants' figures on the questions they share: interactions, margins, ratios.

Each bound is of one contrast alone, as ``harness.family`` makes it. A ratio of two figures is read
off contrasts: it is at least r where the first is at least r times the second (Fieller 1954), so
that what is said of a ratio and of such a contrast is the same.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from harness.family import Estimates, bounds, estimates
from harness.jackknife import Estimate
from harness.pairing import Aligned, Connect, Keep, Measure, align, everything, summands
from harness.planning import MOST, POWER
from harness.rates import rate_difference
from harness.runs import Result
from harness.statistics import COVERAGE, FEWEST, FEWEST_TOGETHER, Difference

_FARTHEST = 1e6
"""Times a ratio, within which the ends of its interval are looked for."""


@dataclass(frozen=True)
class Estimated:
    """Figures of V variants on the N questions that all have a value of."""

    found: Estimates
    n: int
    fewest: int
    """Clusters from which there are intervals."""
    rates: Aligned | None = None
    """The values of two, where they are shares."""

    def difference(self) -> Difference:
        """The first figure minus the second, of two, with its 95% interval."""
        if self.rates is None:
            return self.contrast([1, -1])
        ours, theirs = self.rates.values
        return rate_difference(ours, theirs, self.rates.clusters)

    def contrast(self, weights: Sequence[float]) -> Difference:
        """A weighted sum of figures, with its 95% interval; not of shares.

        Args:
            weights: of each variant, shape (V,), as 1 and -1 of a difference.
        """
        rows = np.array([weights], dtype=np.float64)
        made = bounds(self.found, rows, coverage=COVERAGE, fewest=self.fewest)
        ends = [float(one[0]) for one in (made.low, made.high)]
        low, high = ends if all(map(math.isfinite, ends)) else (None, None)
        return Difference(float(made.delta[0]), low, high, self.n, self.found.clusters)

    def enough(self, away: float, half: float | None, weights: Sequence[float]) -> int | None:
        """How many questions would show on which side of a limit a weighted sum lies.

        With a chance of ``POWER``, were it where it was found; standard errors shrink with the root
        of the questions. None where ``MOST`` times as many would not.

        Args:
            away: of the limit, what was found.
            half: how far its interval reaches towards the limit; None where it has none.
            weights: of the variants.
        """
        if not away:
            return None
        normal = NormalDist()
        reach = normal.inv_cdf((1 + COVERAGE) / 2)
        if half is None:
            half = reach * float(self.found.errors(np.array([weights], dtype=np.float64))[0])
        needed = half * (1 + normal.inv_cdf(POWER) / reach)
        if needed > abs(away) * math.sqrt(MOST):
            return None
        factor = max((needed / away) ** 2, self.fewest / self.found.clusters)
        return max(math.ceil(self.n * factor), self.n + 1)

    def ratio(self) -> Estimate | None:
        """The first figure over the second, of two, with its 95% interval; None where that is 0.

        Without one where there are too few clusters, or the second is not shown to be above 0.
        """
        first, second = map(float, self.found.values)
        if not second:
            return None
        value, above_0 = first / second, self.contrast([0, 1]).low
        if above_0 is None or above_0 <= 0:
            return value, None, None

        def lower(ratio: float) -> float | None:
            return self.contrast([1, -ratio]).low

        def upper(ratio: float) -> float | None:
            return self.contrast([1, -ratio]).high

        return value, _end(value, -1, lower), _end(value, 1, upper)


def shared_figures(
    results: Sequence[Result],
    measure: Measure,
    *,
    keep: Keep = everything,
    connect: Connect | None = None,
) -> Estimated | None:
    """The figures of variants on the questions they share; None where they share none.

    Args:
        results: variants.
        measure: what is looked at.
        keep: which questions are looked at.
        connect: the names that make questions a group, as in ``harness.pairing.align``.
    """
    aligned = align(results, measure.name, keep, connect)
    if not aligned.clusters:
        return None
    parts, total = summands(aligned, measure)
    return Estimated(
        found=estimates(parts, total, aligned.clusters),
        n=len(aligned.clusters),
        fewest={"mean": FEWEST, "corpus": FEWEST_TOGETHER, "rate": 1}[measure.kind],
        rates=aligned if measure.kind == "rate" else None,
    )


def _end(start: float, way: int, bound: Callable[[float], float | None]) -> float | None:
    """Where a bound is 0, from where it is on the other side of it, that way; None if nowhere near.

    A bound below the ratio found is under 0 there, one above it over 0.
    """
    from scipy.optimize import brentq

    def beyond(ratio: float) -> float:
        found = bound(ratio)
        return math.nan if found is None else -way * found

    if beyond(start) >= 0:  # Nothing differs, but for rounding.
        return start
    size = max(abs(start), 1e-6)
    step = size / 64
    while not beyond(start + way * step) >= 0:
        step *= 2
        if step > _FARTHEST * size:
            return None
    return float(brentq(beyond, start, start + way * step, xtol=1e-12 * size))
