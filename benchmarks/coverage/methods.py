"""
Methods that make an interval of a figure of C clusters, each of many samples at once.

All but the percentile see a figure as a mean: by the jackknife over clusters (Efron & Tibshirani
1993, chapter 11) each cluster has a residual, which of a mean is, to rounding, its sum minus the
mean times its questions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.coverage.populations import Drawn
from harness import jackknife
from harness.jackknife import FloatArray
from harness.statistics import Total

Ends = tuple[FloatArray, FloatArray]
"""Lower and upper, each of shape (B,)."""


@dataclass(frozen=True)
class Estimated:
    """B samples of C clusters, and the figure of each."""

    sample: Drawn
    figure: Total
    value: FloatArray
    without: FloatArray
    """The figure without each cluster, shape (B, C)."""
    residuals: FloatArray
    """What each cluster adds to the figure, times all questions: shape (B, C), of sum 0."""
    draws: FloatArray
    """How often each cluster is drawn in each of R resamples, shape (R, C)."""


def estimated(sample: Drawn, figure: Total, draws: FloatArray) -> Estimated:
    """The figure of samples, and what the methods need of it."""
    total = sample.statistics.sum(axis=1)
    value = figure(total)
    without = figure(jackknife.summed_without(total, sample.statistics, sample.sizes))
    questions = sample.sizes.sum(axis=1, keepdims=True)
    residuals = (value[:, None] - without) * (questions - sample.sizes)
    residuals -= sample.sizes * residuals.sum(axis=1, keepdims=True) / questions
    return Estimated(sample, figure, value, without, residuals, draws)


def percentile(found: Estimated, coverage: float) -> Ends:
    """The middle of the resampled figures (Efron & Tibshirani 1993, chapter 13)."""
    drawn = np.tensordot(found.draws, found.sample.statistics, axes=(1, 1))
    tail = (1 - coverage) / 2
    low, high = np.quantile(found.figure(drawn), [tail, 1 - tail], axis=0)
    return low, high


def bootstrap_t(found: Estimated, coverage: float) -> Ends:
    """Quantiles of how many of its own standard errors a resampled figure lies off (Efron &
    Tibshirani 1993, section 12.5), the errors cluster-robust."""
    r, m = found.residuals, found.sample.sizes
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


def bell_mccaffrey(found: Estimated, coverage: float) -> Ends:
    """Student's t with squared residuals made unbiased (CR2) and Satterthwaite's degrees of
    freedom, both where questions are independent (Bell & McCaffrey 2002; Imbens & Kolesár 2016,
    https://doi.org/10.1162/REST_a_00552)."""
    questions = found.sample.sizes.sum(axis=1, keepdims=True)
    h = found.sample.sizes / questions
    squares = (found.residuals / questions) ** 2 / (1 - h)
    freedoms = jackknife.satterthwaite(h, 1 / (1 - h), h, np.ones(h.shape[-1]))
    return _students_t(found, squares.sum(axis=1), freedoms, coverage)


def jackknife_t(found: Estimated, coverage: float) -> Ends:
    """Student's t with the jackknife's standard error (CR3) and Satterthwaite's degrees of freedom
    where all questions of a cluster say one thing: the intervals of ``harness.jackknife``."""
    freedoms = jackknife.freedom(found.sample.sizes)
    return _students_t(found, jackknife.variance(found.value, found.without), freedoms, coverage)


METHODS: Mapping[str, Callable[[Estimated, float], Ends]] = {
    "percentile": percentile,
    "bootstrap-t": bootstrap_t,
    "t, CR2": bell_mccaffrey,
    "t, CR3": jackknife_t,
}
"""By their names in tables: intervals that should cover that share of samples' true figures."""


def _students_t(
    found: Estimated, variances: FloatArray, freedoms: FloatArray, coverage: float
) -> Ends:
    half = jackknife.half_width(variances[:, None], freedoms[:, None], coverage)
    return found.value - half, found.value + half
