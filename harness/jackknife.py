"""
Clusters of questions and replicates of answers, left out in turn: what an interval is made of.

Clusters, not questions, are left out, since questions about one section are not independent. The
standard error is that of the jackknife (Efron & Tibshirani 1993, chapter 11), which of a mean is
the cluster-robust one of Bell & McCaffrey 2002 (Survey Methodology 28, pages 169-181). The
interval is Student's t with Satterthwaite's degrees of freedom (1946), since few or uneven clusters
tell little of how much clusters vary: of C equal ones it has C - 1, and fewer the more uneven they
are.

Replicates are another factor, left out apart from the clusters; the two variances add up (Cameron,
Gelbach & Miller 2011, https://doi.org/10.1198/jbes.2010.07136). What is chance of neither a
question nor a replicate, but of the single answer, is in both, so that where it prevails an
interval is too wide, at most by the root of 2. And two or three replicates show little of how much
they vary: where they make a mean ten times as uncertain as the questions do (in variance), a 95%
interval covers 86% to 90% with two of them and 91% to 93% with three.

``benchmarks.coverage`` measures what these intervals cover, beside what others do.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Estimate = tuple[float, float | None, float | None]
"""A figure, and the ends of the interval around it; None and None where it has none."""


def interval(
    parts: Sequence[FloatArray],
    figure: Callable[..., FloatArray],
    clusters: Sequence[str],
    *,
    coverage: float,
    fewest: int,
) -> Estimate:
    """A figure with its interval.

    Args:
        parts: statistics of the same N questions, each (P, N, S) with P and S of its own. A cluster
            is left out of all at once, a replicate of its own part alone.
        figure: of the sums of each part over replicates and questions, each (K, S) → (K,).
        clusters: the group each question belongs to, shape (N,).
        coverage: share of samples whose interval holds the true figure, in (0, 1).
        fewest: clusters from which there is an interval, two at least.

    Raises:
        ValueError: the parts and the clusters differ in length, or another coverage.
    """
    lengths = sorted({part.shape[1] for part in parts})
    if lengths != [len(clusters)]:
        raise ValueError(f"{', '.join(map(str, lengths))} scores in {len(clusters)} clusters")
    if not 0 < coverage < 1:
        raise ValueError(f"a coverage of {coverage}; it must be above 0 and below 1")
    totals = [part.sum(axis=(0, 1)) for part in parts]
    value = figure(*(total[None] for total in totals))[0]
    if len(set(clusters)) < fewest:
        return float(value), None, None
    sums, (sizes, *_) = zip(
        *(cluster_sums(part.sum(axis=0), clusters) for part in parts), strict=True
    )
    left_out = [summed_without(*pair, sizes) for pair in zip(totals, sums, strict=True)]
    of_clusters = variance(value, figure(*left_out)), freedom(sizes)
    variances, freedoms = np.array([of_clusters, *_of_replicates(parts, totals, figure)]).T
    half = half_width(variances, freedoms, coverage)
    return float(value), float(value - half), float(value + half)


def cluster_sums(rows: FloatArray, clusters: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """The rows of each cluster added up, (N, S) → (C, S), and how many they are, (C,)."""
    names, member, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), rows.shape[1]))
    np.add.at(sums, member, rows)
    return sums, sizes.astype(np.float64)


def summed_without(total: FloatArray, sums: FloatArray, sizes: FloatArray) -> FloatArray:
    """What a sum were without each of its K summands, had they as many questions together as all.

    Args:
        total: shape (..., S).
        sums: shape (..., K, S), which add up to it.
        sizes: questions of each, shape (..., K).
    """
    questions = sizes.sum(axis=-1, keepdims=True)
    scale = questions / (questions - sizes)
    return np.asarray((total[..., None, :] - sums) * scale[..., None])


def variance(value: FloatArray, left_out: FloatArray) -> FloatArray:
    """The jackknife's, of a figure (...) that is ``left_out`` (..., K) without each of K."""
    count = left_out.shape[-1]
    squares = (left_out - value[..., None]) ** 2
    return np.asarray(squares.sum(axis=-1) * (count - 1) / count)


def freedom(sizes: FloatArray, copies: npt.ArrayLike = 1) -> FloatArray:
    """Satterthwaite's degrees of freedom of the variance of a mean of C clusters, at most C - 1.

    Twice the squared mean of that variance over its variance, where all questions of a cluster say
    one thing: the worst case that Carter, Schnepel & Steigerwald 2017 count effective clusters by
    (https://doi.org/10.1162/REST_a_00639).

    Args:
        sizes: questions of each cluster, shape (..., C).
        copies: how many clusters there are of each of these, shape (C,); two in all at least.
    """
    copies = np.broadcast_to(np.asarray(copies, np.float64), sizes.shape[-1:])
    h = sizes / (sizes @ copies)[..., None]
    # Without a cluster a mean changes by its residual over 1 - h.
    found = satterthwaite(h, 1 / (1 - h) ** 2, h**2, copies)
    # They are at least 1; only rounding leads out.
    return np.clip(found, 1, copies.sum() - 1)


def satterthwaite(
    h: FloatArray, weights: FloatArray, p: FloatArray, copies: FloatArray
) -> FloatArray:
    """Degrees of freedom of a weighted sum of C clusters' squared residuals, (..., C) → (...).

    Args:
        h: each cluster's share of the questions.
        weights: of the squared residuals.
        p: variance of each cluster's sum, but for a factor.
        copies: how many clusters there are of each of these, (C,).
    """
    # The residuals' covariance is diag(p) - h pᵀ - p hᵀ + Σp h hᵀ: its trace, and its square's.
    all_p = p @ copies
    hh, hp, pp = ((weights * one) @ copies for one in (h * h, h * p, p * p))
    last = all_p * hh
    trace = (weights * p) @ copies - 2 * hp + last
    square = (weights**2 * p * (p - 4 * h * p + 2 * all_p[..., None] * h**2)) @ copies
    square += 2 * hh * pp + 2 * hp**2 + last**2 - 4 * last * hp
    return np.asarray(trace**2 / square)


def half_width(variances: FloatArray, freedoms: FloatArray, coverage: float) -> FloatArray:
    """Half of an interval's width, of independent variances that add up, each (..., V) → (...)."""
    from scipy.special import stdtrit

    quantile = stdtrit(freedom_together(variances, freedoms), (1 + coverage) / 2)
    return np.asarray(quantile * np.sqrt(variances.sum(axis=-1)))


def freedom_together(variances: FloatArray, freedoms: FloatArray) -> FloatArray:
    """Degrees of freedom of the sum of independent variances, each (..., V) → (...)."""
    total = variances.sum(axis=-1, keepdims=True)
    shares = np.divide(variances, total, out=np.ones_like(variances), where=total > 0)
    return np.asarray(1 / (shares**2 / freedoms).sum(axis=-1))


def _of_replicates(
    parts: Sequence[FloatArray], totals: Sequence[FloatArray], figure: Callable[..., FloatArray]
) -> list[tuple[FloatArray, int]]:
    """Variance and degrees of freedom of the replicates of each part that has several."""
    found = []
    for place, part in enumerate(parts):
        count = len(part)
        if count > 1:
            left_out = [np.broadcast_to(total, (count, len(total))) for total in totals]
            left_out[place] = summed_without(totals[place], part.sum(axis=1), np.ones(count))
            figures = figure(*left_out)
            found.append((variance(figures.mean(), figures), count - 1))
    return found
