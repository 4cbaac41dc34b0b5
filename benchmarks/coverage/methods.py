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
from harness.jackknife import Floats, freedom, half_width, satterthwaite, variance, without

Interval = tuple[Floats, Floats]
"""Lower and upper ends, each of shape (B,)."""


@dataclass(frozen=True)
class Estimate:
    """B samples of C clusters, and the figure of each."""

    sample: Sample
    figure: Callable[[Floats], Floats]
    value: Floats
    """Shape (B,)."""
    left_out: Floats
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
    left_out = figure(without(total, sample.statistics, sample.sizes))
    questions = sample.sizes.sum(axis=1, keepdims=True)
    residuals = (value[:, None] - left_out) * (questions - sample.sizes)
    residuals -= sample.sizes * residuals.sum(axis=1, keepdims=True) / questions
    return Estimate(sample, figure, value, left_out, residuals, draws)


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
    apart = found.left_out.mean(axis=1, keepdims=True) - found.left_out
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
    questions = found.sizes.sum(axis=1, keepdims=True)
    h = found.sizes / questions
    squares = (found.residuals / questions) ** 2 / (1 - h)
    freedoms = satterthwaite(h, 1 / (1 - h), h)
    half = half_width(squares.sum(axis=1)[:, None], freedoms[:, None], coverage)
    return found.value - half, found.value + half


def jackknife_t(found: Estimate, coverage: float) -> Interval:
    """Student's t with the jackknife's standard error (CR3) and Satterthwaite's degrees of freedom
    where all questions of a cluster say one thing: the intervals of ``harness.jackknife``."""
    variances = variance(found.value, found.left_out)
    half = half_width(variances[:, None], freedom(found.sizes)[:, None], coverage)
    return found.value - half, found.value + half


def corrected_t(found: Estimate, coverage: float) -> Interval:
    """The same with the skewness of the residuals taken out by Hall's cubic transformation (1992,
    On the removal of skewness by transformation, J. R. Stat. Soc. B 54, pages 221-228)."""
    r = found.residuals
    skew = _ratio((r**3).sum(axis=1), (r**2).sum(axis=1) ** 1.5)
    error, freedoms = np.sqrt(variance(found.value, found.left_out)), freedom(found.sizes)
    low, high = (
        found.value - error * _untransformed(t.ppf(tail, freedoms), skew)
        for tail in ((1 + coverage) / 2, (1 - coverage) / 2)
    )
    return low, high


METHODS: Mapping[str, Method] = {
    "percentile": percentile,
    "BCa": bca,
    "bootstrap-t": bootstrap_t,
    "t, CR2": bell_mccaffrey,
    "t, CR3": jackknife_t,
    "t, Hall": corrected_t,
}
"""By their names in tables."""


def _untransformed(x: Floats, skew: Floats) -> Floats:
    """The t whose transform is x: where it is not skewed, x itself."""
    flat = np.abs(skew) < 1e-8
    a = np.where(flat, 1.0, skew)
    return np.where(flat, x, 3 / a * (np.cbrt(1 + a * (x - a / 6)) - 1))


def _ratio(one: Floats, other: Floats) -> Floats:
    """Their quotient; 0 where both are 0."""
    return np.divide(one, other, out=np.zeros_like(one), where=other > 0)
