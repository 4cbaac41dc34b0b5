"""
Figures of several variants on the same questions, and what holds of all their differences together.

A figure is seen as it moves when a cluster or a replicate is left out (``harness.jackknife``), so
that any weighted sum of figures, a contrast, has its error from the same numbers. Of one contrast
the bounds are those of ``harness.jackknife``: Student's t. Of several they are wider: by the
quantile of the largest |t| among them (max-T: Hothorn, Bretz & Westfall 2008,
https://doi.org/10.1002/bimj.200810425), of normal draws with the covariance that the clusters show:
scrambled Sobol points, whose quantiles have a fraction of the chance of as many random ones.
And they reach further on the side that skewed clusters leave bare, by the first term of the
Cornish-Fisher expansion of t (Hall 1992, The Bootstrap and Edgeworth Expansion, section 3.5):
one-sided errors are what a decision rests on. They are never narrower for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from harness.jackknife import (
    FloatArray,
    cluster_sums,
    freedom,
    freedom_together,
    summed_without,
)
from harness.statistics import Total

DRAWS = 2**14
"""Of the largest |t|; a power of 2, as Sobol's points are."""
SEED = 7
ROUNDING = 1e-7
"""Of the largest error, what one is at most that is rounding."""
FAMILY_METHOD = f"max-T,{DRAWS} Sobol points,seed {SEED}"
"""How bounds that hold together are made, in signatures."""


@dataclass(frozen=True)
class Estimates:
    """Figures of V variants on the same questions in C clusters."""

    values: FloatArray
    """Shape (V,)."""
    deviations: FloatArray
    """By how much each is more than it is without each cluster, shape (C, V)."""
    shares: FloatArray
    """Of the questions, those of each cluster: shape (C,)."""
    of_replicates: Sequence[FloatArray]
    """Of each variant, by how much its figure without each of its P replicates is less than their
    mean: shape (P,), or (0,) of one answered once."""
    clusters: int
    """Groups that the questions fall into."""
    freedom: float
    """Degrees of freedom of what varies with the clusters."""
    copies: float = 1.0
    """How many times as many clusters there are as deviations, were they like these."""

    @cached_property
    def of_clusters(self) -> FloatArray:
        """Covariance of the figures by what varies with the clusters, (V, V)."""
        return np.asarray(self.deviations.T @ self.deviations * self._scale)

    @cached_property
    def alone(self) -> FloatArray:
        """Variances of the figures by their replicates, (V,)."""
        return np.array(
            [(one**2).sum() * (len(one) - 1) / max(len(one), 1) for one in self.of_replicates]
        )

    def variances(self, weights: FloatArray) -> FloatArray:
        """Of contrasts, by what varies: clusters, then each variant's replicates; (K, 1 + V)."""
        # Of the sums' squares, not of the covariance: where nothing differs, it is 0 to the bit.
        of_clusters = ((self.deviations @ weights.T) ** 2).sum(axis=0) * self._scale
        return np.concatenate([of_clusters[:, None], weights**2 * self.alone], axis=1)

    def freedoms(self, weights: FloatArray) -> FloatArray:
        """Degrees of freedom of the errors of contrasts, (K,)."""
        of_replicates = [max(len(one) - 1, 1) for one in self.of_replicates]
        return freedom_together(self.variances(weights), np.array([self.freedom, *of_replicates]))

    def errors(self, weights: FloatArray) -> FloatArray:
        """Standard errors of contrasts, (K,)."""
        return np.asarray(np.sqrt(self.variances(weights).sum(axis=1)))

    def moved(self, weights: FloatArray) -> FloatArray:
        """What each cluster adds to contrasts, and below how each replicate moves them: (R, K)."""
        share = self.shares[:, None]
        of_clusters = (self.deviations * (1 - share) + self.values * share) @ weights.T
        of_replicates = [
            one[:, None] * weights[:, place] * np.sqrt((len(one) - 1) / len(one))
            for place, one in enumerate(self.of_replicates)
            if len(one)
        ]
        return np.concatenate([of_clusters, *of_replicates])

    def skewness(self, weights: FloatArray) -> FloatArray:
        """Of contrasts, were they drawn again, (K,)."""
        third = ((self.deviations @ weights.T) ** 3).sum(axis=0) / self.copies**2
        return quotients(third, self.errors(weights) ** 3)

    @cached_property
    def root(self) -> FloatArray:
        """A matrix A (V, V) so that AᵀA is the covariance of the figures."""
        return root_of(self.of_clusters + np.diag(self.alone))

    def grown(self, factor: float) -> "Estimates":
        """As of that many times the clusters, were they like these."""
        return replace(
            self,
            copies=self.copies * factor,
            clusters=round(self.clusters * factor),
            freedom=max(self.freedom * factor, 1.0),
        )

    @property
    def _scale(self) -> float:
        """Of sums of squared deviations, to be variances."""
        return (len(self.deviations) - 1) / len(self.deviations) / self.copies


@dataclass(frozen=True)
class Bounds:
    """K contrasts, each of shape (K,)."""

    delta: FloatArray
    error: FloatArray
    """Standard errors."""
    low: FloatArray
    """-inf where there are too few clusters for a bound."""
    high: FloatArray
    """inf there."""


def estimates(parts: Sequence[FloatArray], figure: Total, clusters: Sequence[str]) -> Estimates:
    """The figures of variants.

    Args:
        parts: of each variant the statistics of the same N questions, (P, N, S); P is its own.
        figure: of the sums of a variant's statistics, (..., S) → (...).
        clusters: the group each question belongs to, shape (N,).
    """
    values, deviations, of_replicates = [], [], []
    for part in parts:
        total = part.sum(axis=(0, 1))
        value = figure(total)
        sums, sizes = cluster_sums(part.sum(axis=0), clusters)
        values.append(float(value))
        if len(sizes) > 1:
            deviations.append(value - figure(summed_without(total, sums, sizes)))
        else:  # Nothing is left without the one.
            deviations.append(np.zeros(1))
        without = np.zeros(0)
        if len(part) > 1:
            ones = np.ones(len(part))
            found = figure(summed_without(total, part.sum(axis=1), ones))
            without = found.mean() - found
        of_replicates.append(without)
    return Estimates(
        values=np.array(values),
        deviations=np.stack(deviations, axis=1),
        shares=sizes / sizes.sum(),
        of_replicates=of_replicates,
        clusters=len(sizes),
        freedom=float(freedom(sizes)) if len(sizes) > 1 else 1.0,
    )


def bounds(
    found: Estimates, weights: FloatArray, *, coverage: float, fewest: int, draws: int = DRAWS
) -> Bounds:
    """Contrasts of figures with bounds that hold of all of them together.

    Args:
        found: the figures of V variants.
        weights: of each contrast, shape (K, V), as 1 and -1 of a difference.
        coverage: share of samples all of whose contrasts lie in their bounds, in (0, 1).
        fewest: clusters from which there are bounds.
        draws: of the largest |t|.
    """
    delta = weights @ found.values
    error = found.errors(weights)
    if found.clusters < fewest:
        nothing = np.full(len(delta), np.inf)
        return Bounds(delta, error, -nothing, nothing)
    most = critical(found, weights, coverage, draws)
    below, above = reach_of(most, found.skewness(weights))
    return Bounds(delta, error, delta - below * error, delta + above * error)


def reach_of(most: FloatArray, skewness: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How many standard errors lower and upper bounds lie off, of the quantile of the largest |t|
    and the skewness of contrasts: (..., K), (..., K)."""
    bare = skewness * (2 * most**2 + 1) / 6
    return most + np.maximum(-bare, 0), most + np.maximum(bare, 0)


def critical(
    found: Estimates, weights: FloatArray, coverage: float, draws: int = DRAWS
) -> FloatArray:
    """The quantile of the largest |t| of contrasts, for the degrees of freedom of each: (K,)."""
    return critical_of(found.root @ weights.T, found.freedoms(weights), coverage, draws)


def critical_of(root: FloatArray, freedoms: FloatArray, coverage: float, draws: int) -> FloatArray:
    """The same of contrasts whose covariance is ``root``ᵀ ``root``.

    Args:
        root: (..., V, K), of which the result is (..., K).
        freedoms: of the errors of contrasts, (K,).
        coverage: of the bounds.
        draws: of the largest |t|.
    """
    from scipy.special import gammaincinv, ndtri, stdtrit
    from scipy.stats.qmc import Sobol

    one = stdtrit(freedoms, (1 + coverage) / 2)
    if len(freedoms) < 2:
        return np.broadcast_to(one, (*root.shape[:-2], len(freedoms)))
    points = Sobol(root.shape[-2] + 1, rng=SEED).random(draws)
    drawn, share = ndtri(points[:, :-1]) @ root, points[:, -1]
    errors = np.sqrt((root**2).sum(axis=-2))
    # What differs by rounding alone is no contrast.
    least = ROUNDING * errors.max(axis=-1, keepdims=True)
    measured_by = np.where(errors > least, errors, 0.0)[..., None, :]
    largest = np.abs(quotients(drawn, np.broadcast_to(measured_by, drawn.shape))).max(axis=-1)
    # Contrasts of replicates have degrees of freedom of their own.
    different, place = np.unique(freedoms, return_inverse=True)
    quantiles = [
        np.quantile(largest / np.sqrt(2 * gammaincinv(f / 2, share) / f), coverage, axis=-1)
        for f in different
    ]
    # What is drawn has chance in it: it lies between one contrast's, and Bonferroni's.
    most = stdtrit(freedoms, 1 - (1 - coverage) / 2 / len(freedoms))
    return np.asarray(np.clip(np.stack(quantiles, axis=-1)[..., place], one, most))


def root_of(covariance: FloatArray) -> FloatArray:
    """A matrix A so that AᵀA is that one, (..., V, V) → (..., V, V)."""
    sizes, directions = np.linalg.eigh(covariance)
    return np.asarray(np.sqrt(np.maximum(sizes, 0))[..., None] * directions.swapaxes(-1, -2))


def pairs(count: int) -> tuple[FloatArray, list[tuple[int, int]]]:
    """The contrasts of every two of V variants, (K, V), and which two those are."""
    places = [(one, other) for one in range(count) for other in range(one + 1, count)]
    weights = np.zeros((len(places), count))
    for row, (one, other) in enumerate(places):
        weights[row, one], weights[row, other] = 1, -1
    return weights, places


def quotients(values: FloatArray, scale: FloatArray) -> FloatArray:
    """Values over what they are measured by; 0 where that is none. Shapes as numpy broadcasts."""
    return np.divide(values, scale, out=np.zeros_like(values), where=scale > 0)
