"""
How likely differences are where there are none, by flipping signs of clusters.

Where two variants are alike, either's answers to a cluster of questions could have been the other's
(Fisher 1935, The Design of Experiments, section 21; of clusters: Canay, Romano & Shaikh 2017,
https://doi.org/10.3982/ECTA13081). Of several differences the signs are flipped together, and the
largest that is left counts (step-down max-T: Westfall & Young 1993, algorithm 2.8), so that the
chance of calling any of them real that is not is kept as well.
"""

from collections.abc import Iterator

import numpy as np

from harness.family import SEED, quotients
from harness.jackknife import FloatArray

FLIPS = 10_000
"""Choices of signs that are drawn; where there are fewer in all, each is taken once."""
FLIPS_AT_ONCE = 1_000
"""Of them in memory together."""


def p_values(moved: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of each of K contrasts the p of no difference, and the same adjusted for all: (K,), (K,).

    Args:
        moved: what clusters and replicates add to each, as ``Estimates.moved`` has it; several
            metrics stand side by side, with a row of zeros where one has nothing of a cluster.
    """
    # In an order of their own, so that those drawn do not depend on that of the clusters.
    scale = np.sqrt((moved**2).sum(axis=0))
    moved = moved[np.lexsort(np.round(quotients(moved, scale), 9).T)]
    observed = quotients(np.abs(moved.sum(axis=0)), scale)
    # The largest of those that are no further off than each, from the least on.
    order = np.argsort(observed)
    counts = np.zeros((2, moved.shape[1]))
    drawn = 0
    for signs in _signs(len(moved)):
        flipped = quotients(np.abs(signs @ moved), scale)
        further = np.empty_like(flipped)
        further[:, order] = np.maximum.accumulate(flipped[:, order], axis=1)
        least = observed * (1 - 1e-12)  # Rounding makes no tie a smaller one.
        counts += (flipped >= least).sum(axis=0), (further >= least).sum(axis=0)
        drawn += len(signs)
    alone, stepped = counts / drawn
    # Nothing is surer than what lies further off.
    stepped[order] = np.maximum.accumulate(stepped[order][::-1])[::-1]
    return alone, stepped


def _signs(count: int) -> Iterator[FloatArray]:
    """Signs of so many rows, in parts: every choice of them where there are few, else ``FLIPS``
    drawn ones and those as they are."""
    if 2**count <= FLIPS:
        choices = np.arange(2**count)[:, None] >> np.arange(count) & 1
        yield np.where(choices, -1.0, 1.0)
        return
    random = np.random.default_rng(SEED)
    yield np.ones((1, count))
    for start in range(0, FLIPS, FLIPS_AT_ONCE):
        yield random.choice([-1.0, 1.0], (min(FLIPS_AT_ONCE, FLIPS - start), count))
