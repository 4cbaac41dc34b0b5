"""
The populations that intervals are judged by. They were fixed before any method was tried on them.

Each gives samples of clusters of questions, and the figure that an interval should hold. What is
averaged is the difference of two variants, question by question.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np

from harness.jackknife import FloatArray, cluster_sums
from harness.pairing import Aligned, align
from harness.runs import Result
from harness.samples import read_log
from harness.statistics import Total

LARGEST = 12
"""Questions of a cluster, at most."""
SHRINKS = 2 / 3
"""Clusters of m + 1 questions, as a share of those of m: 2.9 questions on average, as in the 219
groups of the policy set's 635 test questions."""
SIGMA = 1.0
"""Of the logarithm of a cluster's effect. With as much noise that is no cluster's, a question's
difference has a skewness of 2.2, about as much as sentence BLEU's in our own runs."""
ALIKE, LARGE = 0.7, 0.1
"""Shares of the questions that two variants answer alike, and that one of them gets right alone."""
SMALL_BY, LARGE_BY = 0.05, 0.5
"""Standard deviation of the small differences, and size of the large ones, all of one sign."""
QUARTER = 1 / 4
"""Share of all questions that are of one cluster."""


@dataclass(frozen=True)
class Drawn:
    """B samples of C clusters each."""

    statistics: FloatArray
    """Of each cluster, summed over its questions: shape (B, C, S)."""
    sizes: FloatArray
    """Questions of each cluster, shape (B, C)."""
    truth: FloatArray
    """The figure of the population each was drawn from, shape (B,)."""


Pool = tuple[FloatArray, FloatArray]
"""The clusters of two variants: statistics (G, S), and how many questions they have, (G,)."""


@dataclass(frozen=True)
class Population:
    """Where samples come from."""

    name: str
    draw: Callable[[np.random.Generator, int, int], Drawn]
    """That many samples of that many clusters."""
    figure: Total
    """What is estimated, of summed statistics: (..., S) → (...)."""


def ratio(sums: FloatArray) -> FloatArray:
    """A mean, of statistics that are a sum and a count, (..., 2) → (...)."""
    return np.asarray(sums[..., 0] / sums[..., 1])


@dataclass(frozen=True)
class Source:
    """How the differences of a question are made up."""

    sizes: Callable[[np.random.Generator, tuple[int, int]], FloatArray]
    """Questions of C clusters of each of B samples, (B, C)."""
    sums: Callable[[np.random.Generator, FloatArray], FloatArray]
    """The differences of so many questions, added up; (B, C) → (B, C)."""
    truth: float
    """Their mean, in the long run."""

    def draw(self, random: np.random.Generator, samples: int, clusters: int) -> Drawn:
        """That many samples of that many clusters."""
        sizes = self.sizes(random, (samples, clusters))
        sums = self.sums(random, sizes)
        return Drawn(np.stack([sums, sizes], axis=-1), sizes, np.full(samples, self.truth))


def _uneven(random: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """Numbers of questions, from 1 to ``LARGEST``, the larger the rarer."""
    sizes = np.arange(1, LARGEST + 1)
    chances = SHRINKS**sizes
    return random.choice(sizes, size=shape, p=chances / chances.sum()).astype(np.float64)


def _one_large(random: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """The same, and the first a quarter of all."""
    sizes = _uneven(random, shape)
    others = sizes[:, 1:].sum(axis=1)
    sizes[:, 0] = np.round(others * QUARTER / (1 - QUARTER))
    return sizes


def _skewed(random: np.random.Generator, sizes: FloatArray) -> FloatArray:
    effects = random.lognormal(0, SIGMA, sizes.shape) - np.exp(SIGMA**2 / 2)
    spread = np.sqrt(np.expm1(SIGMA**2) * np.exp(SIGMA**2))
    return np.asarray(
        sizes * effects + random.normal(0, spread, sizes.shape) * np.sqrt(sizes), np.float64
    )


def _rare(random: np.random.Generator, sizes: FloatArray) -> FloatArray:
    # A cluster's share of large differences is Beta distributed, of which a + b is 10.
    share = random.beta(10 * LARGE, 10 * (1 - LARGE), sizes.shape)
    counts = sizes.astype(np.int64)
    large = random.binomial(counts, share)
    small = random.binomial(counts - large, (1 - ALIKE - LARGE) / (1 - LARGE))
    return np.asarray(
        LARGE_BY * large + random.normal(0, SMALL_BY, sizes.shape) * np.sqrt(small), np.float64
    )


SKEWED_SOURCE = Source(_uneven, _skewed, 0.0)
RARE_SOURCE = Source(_one_large, _rare, LARGE * LARGE_BY)
SKEWED = Population("skewed", SKEWED_SOURCE.draw, ratio)
"""Effects of clusters are log-normal, shifted to a mean of 0; their sizes are uneven."""
RARE = Population("rare", RARE_SOURCE.draw, ratio)
"""Most differences are 0, a few are large and all of one sign, and where they are is partly of the
cluster (correlation 0.1); one cluster has a quarter of all questions."""


def own(run: Path, kind: str) -> Iterator[Population]:
    """The differences of every two variants of a run that differ, a population for each metric.

    Clusters are drawn with replacement, of each pair of variants equally. The true figure is that
    of the pair's clusters, as if there were as many as drawn.

    Args:
        run: a folder with the sample logs of its variants somewhere in it.
        kind: of the metrics: ``mean`` or ``corpus``.

    Raises:
        DataError: a log is damaged.
    """
    logs = [read_log(path) for path in sorted(run.rglob("samples_*.jsonl"))]
    results = [Result(str(number), log.outcomes) for number, log in enumerate(logs)]
    measures = {name: one for log in logs for name, one in log.measures.items() if one.kind == kind}
    for name, measure in measures.items():
        pairs = [align(pair, name) for pair in combinations(results, 2)]
        pools = [_pool(one) for one in pairs if not np.array_equal(one.values[0], one.values[1])]
        figure = _apart(measure.total) if measure.total else ratio
        yield Population(f"own {name}", partial(_resampled, pools, figure), figure)


def _resampled(
    pools: Sequence[Pool], figure: Total, random: np.random.Generator, samples: int, clusters: int
) -> Drawn:
    drawn = []
    of_pools = np.array_split(np.arange(samples), len(pools))
    for which, (statistics, sizes) in zip(of_pools, pools, strict=True):
        places = random.integers(len(sizes), size=(len(which), clusters))
        truth = np.full(len(which), figure(statistics.mean(axis=0) * clusters))
        drawn.append((statistics[places], sizes[places], truth))
    return Drawn(*map(np.concatenate, zip(*drawn, strict=True)))


def _apart(total: Total) -> Total:
    """The difference of two figures, of the statistics of both, the second's after the first's."""

    def figure(sums: FloatArray) -> FloatArray:
        ours, theirs = np.split(sums, 2, axis=-1)
        return total(ours) - total(theirs)

    return figure


def _pool(pair: Aligned) -> Pool:
    ours, theirs = (values[0] for values in pair.values)
    if ours.ndim == 1:
        rows = np.stack([ours - theirs, np.ones_like(ours)], axis=-1)
    else:
        rows = np.concatenate([ours, theirs], axis=-1)
    return cluster_sums(rows, pair.clusters)
