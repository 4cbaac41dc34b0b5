"""Coverage: the share of samples whose interval holds the true figure of its population."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from benchmarks.coverage.methods import METHODS, Interval, estimate
from benchmarks.coverage.populations import Population, Sample
from harness.jackknife import Floats
from harness.statistics import COVERAGE

COUNTS = (3, 5, 10, 20, 40, 100, 200)
"""Clusters of a sample."""
NEEDED = {10: 0.92, 20: 0.93}
"""Least coverage of a method that is taken: from that many clusters on."""
SEED = 7
RESAMPLES = 2_000
"""Of the methods that resample: the chance of so many moves what they cover by less than 0.1%."""
AT_ONCE = 250
"""Samples whose resamples are in memory together."""


@dataclass(frozen=True)
class Cell:
    """What a method does with samples of one population and number of clusters."""

    covered: float
    """Share of the intervals that hold the true figure."""
    error: float
    """Its Monte Carlo standard error."""
    width: float
    """Median width of the intervals, as a ratio to the percentile's."""

    def __str__(self) -> str:
        return f"{100 * self.covered:.1f} ±{100 * self.error:.1f} ×{self.width:.2f}"


Table = Mapping[tuple[str, int], Mapping[str, Cell]]
"""By population and clusters, then by method."""


def measured(populations: Sequence[Population], counts: Sequence[int], samples: int) -> Table:
    """Every method on that many samples of each population and number of clusters."""
    return {
        (population.name, clusters): _cells(population, clusters, samples)
        for population in populations
        for clusters in counts
    }


def enough_from(table: Table, method: str) -> int | None:
    """The smallest number of clusters from which a method covers what is ``NEEDED``, of every
    population; None where it does not even at the largest."""
    counts = sorted({clusters for _, clusters in table if clusters >= min(NEEDED)}, reverse=True)
    enough = None
    for count in counts:
        needed = max(share for least, share in NEEDED.items() if count >= least)
        if any(
            cells[method].covered < needed
            for (_, clusters), cells in table.items()
            if clusters == count
        ):
            break
        enough = count
    return enough


def chosen(table: Table) -> str | None:
    """The method that is enough from the smallest number of clusters on; of several, the one whose
    intervals are narrower there and above."""
    found = {name: least for name in METHODS if (least := enough_from(table, name)) is not None}

    def rank(name: str) -> tuple[int, float]:
        widths = [
            cells[name].width for (_, clusters), cells in table.items() if clusters >= found[name]
        ]
        return found[name], fmean(widths)

    return min(found, key=rank, default=None)


def _cells(population: Population, clusters: int, samples: int) -> dict[str, Cell]:
    random = np.random.default_rng([SEED, clusters])
    sample = population.draw(random, samples, clusters)
    draws = random.multinomial(clusters, np.full(clusters, 1 / clusters), size=RESAMPLES)
    intervals: dict[str, list[Interval]] = {name: [] for name in METHODS}
    for start in range(0, samples, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        some = Sample(sample.statistics[part], sample.sizes[part], sample.truth[part])
        found = estimate(some, population.figure, draws.astype(np.float64))
        for name, method in METHODS.items():
            intervals[name].append(method(found, COVERAGE))
    ends = {name: np.concatenate(parts, axis=1) for name, parts in intervals.items()}
    usual = float(np.median(np.diff(ends["percentile"], axis=0)))
    return {name: cell(both, sample.truth, usual) for name, both in ends.items()}


def cell(ends: Floats, truth: Floats, usual: float) -> Cell:
    """What came of the intervals of B samples.

    Args:
        ends: lower and upper, shape (2, B).
        truth: the true figures, shape (B,).
        usual: the median width of the percentile's.
    """
    low, high = ends
    covered = float(((low <= truth) & (truth <= high)).mean())
    error = float(np.sqrt(covered * (1 - covered) / len(truth)))
    return Cell(covered, error, float(np.median(high - low) / usual))
