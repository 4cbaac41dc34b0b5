"""Coverage: the share of samples whose interval holds the true figure of its population."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from benchmarks.coverage.methods import METHODS, Ends, estimated
from benchmarks.coverage.populations import Drawn, Population
from harness.jackknife import FloatArray
from harness.statistics import COVERAGE, mean_interval

NEEDED = {10: 0.92, 20: 0.93}
"""Least coverage of a method that is taken: from that many clusters on."""
SEED = 7
RESAMPLES = 2_000
"""Of the methods that resample: the chance of so many moves what they cover by less than 0.1%."""
AT_ONCE = 250
"""Samples whose resamples are in memory together."""
WITHIN = 0.5
"""Standard deviation of a single answer, where questions are answered several times; that of a
question is 1."""


@dataclass(frozen=True)
class Covered:
    """What a method does with samples of one population and number of clusters."""

    share: float
    """Of the intervals, those that hold the true figure."""
    error: float
    """Its Monte Carlo standard error."""
    width: float | None = None
    """Median width of the intervals, as a ratio to the percentile's, if it was measured."""

    def __str__(self) -> str:
        wide = "" if self.width is None else f" ×{self.width:.2f}"
        return f"{100 * self.share:.1f} ±{100 * self.error:.1f}{wide}"


Table = Mapping[tuple[str, int], Mapping[str, Covered]]
"""By population and clusters, then by method."""


def methods_covered(population: Population, clusters: int, samples: int) -> dict[str, Covered]:
    """What every method does with samples of so many clusters."""
    random = np.random.default_rng([SEED, clusters])
    sample = population.draw(random, samples, clusters)
    draws = random.multinomial(clusters, np.full(clusters, 1 / clusters), size=RESAMPLES)
    intervals: dict[str, list[Ends]] = {name: [] for name in METHODS}
    for start in range(0, samples, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        some = Drawn(sample.statistics[part], sample.sizes[part], sample.truth[part])
        found = estimated(some, population.figure, draws.astype(np.float64))
        for name, method in METHODS.items():
            intervals[name].append(method(found, COVERAGE))
    ends = {name: np.concatenate(parts, axis=1) for name, parts in intervals.items()}
    usual = _width(ends["percentile"])
    return {
        name: replace(_covered(both, sample.truth), width=_width(both) / usual)
        for name, both in ends.items()
    }


def replicates_covered(clusters: int, count: int, ratio: int, samples: int) -> Covered:
    """What our intervals do with means of questions that are answered several times.

    Question, replicate and the single answer add up, to a mean of 0.

    Args:
        clusters: questions of a sample, each a cluster of its own.
        count: replicates.
        ratio: how uncertain they make the mean, to how uncertain the questions do, in variance.
        samples: how many are drawn.
    """
    random = np.random.default_rng([SEED, clusters, count, ratio])
    scores = random.normal(0, 1, (samples, 1, clusters))
    scores = scores + random.normal(0, np.sqrt(ratio * count / clusters), (samples, count, 1))
    scores += random.normal(0, WITHIN, scores.shape)
    names = [str(cluster) for cluster in range(clusters)]
    found = [mean_interval(one, names) for one in scores]
    ends = np.array([(one.low, one.high) for one in found], np.float64).T
    return _covered(ends, np.zeros(samples))


def enough_from(table: Table, method: str) -> int | None:
    """The smallest number of clusters from which a method covers what is ``NEEDED``, of every
    population; None where it does not even at the largest."""
    enough = None
    for count in sorted({clusters for _, clusters in table}, reverse=True):
        needed = max((share for least, share in NEEDED.items() if count >= least), default=1.1)
        at = [cells[method].share for (_, clusters), cells in table.items() if clusters == count]
        if min(at) < needed:
            break
        enough = count
    return enough


def chosen(table: Table) -> str | None:
    """The method that is enough from the smallest number of clusters on; of several, the one whose
    intervals are narrower there and above."""
    names = next(iter(table.values()), {})
    found = {name: least for name in names if (least := enough_from(table, name)) is not None}

    def rank(name: str) -> tuple[int, float]:
        widths = [cells[name].width or 0 for (_, n), cells in table.items() if n >= found[name]]
        return found[name], fmean(widths)

    return min(found, key=rank, default=None)


def _covered(ends: FloatArray, truth: FloatArray) -> Covered:
    """Of lower and upper ends, (2, B), and the true figures, (B,)."""
    low, high = ends
    share = float(((low <= truth) & (truth <= high)).mean())
    return Covered(share, float(np.sqrt(share * (1 - share) / len(truth))))


def _width(ends: FloatArray) -> float:
    return float(np.median(ends[1] - ends[0]))
