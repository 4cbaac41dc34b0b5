"""What tests of intervals are made of."""

from collections.abc import Sequence

import numpy as np

from harness.jackknife import Estimate, FloatArray
from harness.statistics import Difference, Figure


def singles(scores: Sequence[float] | FloatArray) -> list[str]:
    """Every score a cluster of its own."""
    return [str(i) for i in range(len(scores))]


def share(sums: FloatArray) -> FloatArray:
    """A corpus figure: of found things among those there are."""
    return np.asarray(sums[..., 0] / sums[..., 1])


def ends(found: Figure | Difference | Estimate) -> tuple[float, float]:
    """Of the interval, which is there."""
    low, high = found[1:] if isinstance(found, tuple) else (found.low, found.high)
    assert low is not None
    assert high is not None
    return low, high


def half(found: Figure | Difference | Estimate) -> float:
    """How far it reaches to either side."""
    low, high = ends(found)
    return (high - low) / 2
