"""
Methods that make an interval of a figure of C clusters, each of many samples at once.

All but the percentile and BCa see a figure as a mean: by the jackknife over clusters (Efron &
Tibshirani 1993, chapter 11) each cluster has a residual, which of a mean is, to rounding, its sum
minus the mean times its questions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, t

from benchmarks.coverage.populations import Sample
from harness.resampling import Floats

Interval = tuple[Floats, Floats]
"""Lower and upper ends, each of shape (B,)."""


@dataclass(frozen=True)
class Estimate:
    """B samples of C clusters, and the figure of each."""

    sample: Sample
    figure: Callable[[Floats], Floats]
    value: Floats
    """Shape (B,)."""
    deleted: Floats
    """The figure without each cluster, shape (B, C)."""
    residuals: Floats
    """What each cluster adds to the figure, times all questions: shape (B, C), of sum 0."""
    draws: npt.NDArray[np.float64]
    """How often each cluster is drawn in each of R resamples, shape (R, C)."""

    @property
    def sizes(self) -> Floats:
        """Questions of each cluster, shape (B, C)."""
        return self.sample.sizes

    @property
    def resampled(self) -> Floats:
        """The figure of each resample, shape (R, B)."""
        drawn = np.tensordot(self.draws, self.sample.statistics, axes=(1, 1))
        return self.figure(drawn)


Method = Callable[[Estimate, float], Interval]
"""An interval that should cover that share of samples' true figures."""


def estimate(sample: Sample, figure: Callable[[Floats], Floats], draws: Floats) -> Estimate:
    """The figure of samples, and what the methods need of it."""
    total = sample.statistics.sum(axis=1)
    value = figure(total)
    deleted = figure(total[:, None] - sample.statistics)
    questions = sample.sizes.sum(axis=1, keepdims=True)
    residuals = (value[:, None] - deleted) * (questions - sample.sizes)
    residuals -= sample.sizes * residuals.sum(axis=1, keepdims=True) / questions
    return Estimate(sample, figure, value, deleted, residuals, draws)


def percentile(found: Estimate, coverage: float) -> Interval:
    """The middle of the resampled figures (Efron & Tibshirani 1993, chapter 13)."""
    tail = (1 - coverage) / 2
    low, high = np.quantile(found.resampled, [tail, 1 - tail], axis=0)
    return low, high


def bca(found: Estimate, coverage: float) -> Interval:
    """Percentiles moved by how the resampled figures lie about the figure, and by the skewness
    that the jackknife finds (Efron 1987, https://doi.org/10.1080/01621459.1987.10478410)."""
    drawn = np.sort(found.resampled, axis=0)
    below = (drawn < found.value).mean(axis=0) + (drawn == found.value).mean(axis=0) / 2
    moved = norm.ppf(np.clip(below, 1 / len(drawn), 1 - 1 / len(drawn)))
    apart = found.deleted.mean(axis=1, keepdims=True) - found.deleted
    speed = _ratio((apart**3).sum(axis=1), 6 * (apart**2).sum(axis=1) ** 1.5)
    ends = []
    for tail in ((1 - coverage) / 2, (1 + coverage) / 2):
        z = moved + norm.ppf(tail)
        share = norm.cdf(moved + z / (1 - speed * z))
        place = np.clip((share * len(drawn)).astype(np.intp), 0, len(drawn) - 1)
        ends.append(np.take_along_axis(drawn, place[None], axis=0)[0])
    return ends[0], ends[1]


def bootstrap_t(found: Estimate, coverage: float) -> Interval:
    """Quantiles of how many of its own standard errors a resampled figure lies off (Efron &
    Tibshirani 1993, section 12.5), the errors cluster-robust."""
    r, m = found.residuals, found.sizes
    columns = np.stack([r, m, r * r, r * m, m * m])
    sums = np.einsum("rc,kbc->krb", found.draws, columns, optimize=True)
    off = sums[0] / sums[1]
    squares = sums[2] - 2 * off * sums[3] + off**2 * sums[4]
    clusters = m.shape[1]
    # What is left of equal residuals is rounding.
    squares = np.where(squares < 1e-12 * sums[2], 0.0, squares)
    errors = np.sqrt(squares * clusters / (clusters - 1)) / sums[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        studentised = np.where(off == 0, 0.0, off / errors)
    tail = (1 - coverage) / 2
    low, high = np.quantile(studentised, [tail, 1 - tail], axis=0, method="inverted_cdf")
    error = np.sqrt((r**2).sum(axis=1) * clusters / (clusters - 1)) / m.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return found.value - high * error, found.value - low * error


def bell_mccaffrey(found: Estimate, coverage: float) -> Interval:
    """Student's t with squared residuals made unbiased (CR2) and Satterthwaite's degrees of
    freedom, both where questions are independent (Bell & McCaffrey 2002; Imbens & Kolesár 2016,
    https://doi.org/10.1162/REST_a_00552)."""
    share = _shares(found)
    weights = 1 / (1 - share)
    return _t(found, weights, _freedom(found.sizes, weights, found.sizes), coverage)


def whole_clusters(found: Estimate, coverage: float) -> Interval:
    """Student's t with the jackknife's standard error (CR3) and Satterthwaite's degrees of freedom
    where all questions of a cluster say one thing, the worst case of Carter, Schnepel &
    Steigerwald 2017 (https://doi.org/10.1162/REST_a_00639)."""
    weights = _jackknife(found)
    return _t(found, weights, _freedom(found.sizes, weights, found.sizes**2), coverage)


def corrected_t(found: Estimate, coverage: float) -> Interval:
    """The same with the skewness of the residuals taken out by Hall's cubic transformation (1992,
    https://doi.org/10.1111/j.2517-6161.1992.tb01872.x)."""
    weights = _jackknife(found)
    freedom = _freedom(found.sizes, weights, found.sizes**2)
    r = found.residuals
    skew = _ratio((r**3).sum(axis=1), (r**2).sum(axis=1) ** 1.5)
    ends = [
        found.value - _error(found, weights) * _untransformed(t.ppf(tail, freedom), skew)
        for tail in ((1 + coverage) / 2, (1 - coverage) / 2)
    ]
    return ends[0], ends[1]


METHODS: Mapping[str, Method] = {
    "percentile": percentile,
    "BCa": bca,
    "bootstrap-t": bootstrap_t,
    "t, CR2": bell_mccaffrey,
    "t, CR3": whole_clusters,
    "t, Hall": corrected_t,
}
"""By their names in tables."""


def _t(found: Estimate, weights: Floats, freedom: Floats, coverage: float) -> Interval:
    half = t.ppf((1 + coverage) / 2, freedom) * _error(found, weights)
    return found.value - half, found.value + half


def _error(found: Estimate, weights: Floats) -> Floats:
    """Standard error, by weights of the squared residuals."""
    squares = (weights * found.residuals**2).sum(axis=1)
    return np.asarray(np.sqrt(squares) / found.sizes.sum(axis=1))


def _shares(found: Estimate) -> Floats:
    return found.sizes / found.sizes.sum(axis=1, keepdims=True)


def _jackknife(found: Estimate) -> Floats:
    clusters = found.sizes.shape[1]
    return (1 - 1 / clusters) / (1 - _shares(found)) ** 2


def _freedom(sizes: Floats, weights: Floats, variances: Floats) -> Floats:
    """Satterthwaite's degrees of freedom of a weighted sum of squared residuals.

    With p the variances of clusters' sums and h their shares of the questions, the residuals have
    the covariance diag(p) - h pᵀ - p hᵀ + Σp h hᵀ.

    Args:
        sizes: questions of each cluster, shape (B, C).
        weights: of the squared residuals, shape (B, C).
        variances: of the clusters' sums, up to a factor, shape (B, C).
    """
    h = sizes / sizes.sum(axis=1, keepdims=True)
    a, p, all_p = weights, variances, variances.sum(axis=1)

    def product(one: Floats, other: Floats) -> Floats:
        return np.asarray((a * one * other).sum(axis=1))

    hh, hp, pp = product(h, h), product(h, p), product(p, p)
    trace = (a * p).sum(axis=1) - 2 * hp + all_p * hh
    both = 2 * hh * pp + 2 * hp**2 + (all_p * hh) ** 2 - 4 * all_p * hh * hp
    diagonal = (a**2 * p * (p - 4 * h * p + 2 * all_p[:, None] * h**2)).sum(axis=1)
    return np.asarray(trace**2 / (diagonal + both))


def _untransformed(x: Floats, skew: Floats) -> Floats:
    """The t whose transform is x: where it is not skewed, x itself."""
    flat = np.abs(skew) < 1e-8
    a = np.where(flat, 1.0, skew)
    return np.where(flat, x, 3 / a * (np.cbrt(1 + a * (x - a / 6)) - 1))


def _ratio(one: Floats, other: Floats) -> Floats:
    """Their quotient; 0 where both are 0."""
    return np.divide(one, other, out=np.zeros_like(one), where=other > 0)
