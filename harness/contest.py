"""
Which of several variants may be shipped, by what is shown of their differences.

A variant may be shipped that is shown within a margin of every rival and above every floor. It is
ruled out once it is shown to be worse than a rival by the margin, or not above a floor. Between the
two it is open. What is not shown is not assumed: without bounds, everything is open.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from harness.family import Bounds, pairs
from harness.jackknife import FloatArray

Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Contest:
    """V variants, of which some may be shipped."""

    rivals: Truths
    """Which could be shipped, what is in place included, shape (V,)."""
    floors: Truths
    """Which are floors, shape (V,)."""
    margin: float
    """The smallest difference that matters, 0 or more, where higher is better."""
    coverage: float
    """Share of samples whose bounds all hold."""
    fewest: int
    """Clusters from which there are bounds."""
    alike: Truths | None = None
    """Which score the same on every question, (V, V): such rivals do not stand in each other's
    way."""

    def may_ship(self, low: FloatArray) -> Truths:
        """Which may be shipped, of lower bounds of row minus column, (..., V, V) → (..., V)."""
        enough = np.where(self.floors, low > 0, low > -self.margin)
        return np.asarray((enough | ~self.opposed).all(axis=-1) & self.rivals)

    def ruled_out(self, high: FloatArray) -> Truths:
        """Which are ruled out, of upper bounds likewise."""
        lost = np.where(self.floors, high <= 0, high <= -self.margin)
        return np.asarray((lost & self.opposed).any(axis=-1) | ~self.rivals)

    @cached_property
    def opposed(self) -> Truths:
        """Whom each has to stand beside: every rival and every floor but itself."""
        itself = np.eye(len(self.rivals), dtype=bool)
        same = itself if self.alike is None else self.alike
        return np.asarray((self.rivals & ~same) | (self.floors & ~itself))


def squares(bounds: Bounds, count: int) -> tuple[FloatArray, FloatArray]:
    """Bounds of the differences of every two of V variants (``harness.family.pairs``), (..., K), as
    lower and upper ones of row minus column, each (..., V, V)."""
    first, second = np.array(pairs(count)[1], dtype=np.int64).reshape(-1, 2).T
    low = np.zeros((*bounds.low.shape[:-1], count, count))
    high = np.zeros_like(low)
    low[..., first, second], low[..., second, first] = bounds.low, -bounds.high
    high[..., first, second], high[..., second, first] = bounds.high, -bounds.low
    return low, high
