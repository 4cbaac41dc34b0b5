"""
The populations that intervals are judged by. They were fixed before any method was tried on them.

Each gives samples of clusters of questions, and the figure that an interval should hold. What is
averaged is the difference of two variants, question by question.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Protocol

import numpy as np

from harness.jackknife import Floats
from harness.pairing import Aligned, align
from harness.runs import Result
from harness.samples import read_log

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
class Sample:
    """B samples of C clusters each."""

    statistics: Floats
    """Of each cluster, summed over its questions: shape (B, C, S)."""
    sizes: Floats
    """Questions of each cluster, shape (B, C)."""
    truth: Floats
    """The figure of the population each was drawn from, shape (B,)."""


class Population(Protocol):
    """Where samples come from."""

    @property
    def name(self) -> str:
        """As in tables."""

    @property
    def figure(self) -> Callable[[Floats], Floats]:
        """What is estimated, of summed statistics: (..., S) → (...)."""

    def draw(self, random: np.random.Generator, samples: int, clusters: int) -> Sample:
        """That many samples of that many clusters."""


def mean(sums: Floats) -> Floats:
    """Of statistics that are a sum and a count, (..., 2) → (...)."""
    return np.asarray(sums[..., 0] / sums[..., 1])


@dataclass(frozen=True)
class Skewed:
    """Effects of clusters are log-normal, shifted to a mean of 0; their sizes are uneven."""

    name: str = "skewed"
    figure: Callable[[Floats], Floats] = mean

    def draw(self, random: np.random.Generator, samples: int, clusters: int) -> Sample:
        """The true mean is 0."""
        sizes = _uneven(random, (samples, clusters))
        effects = random.lognormal(0, SIGMA, sizes.shape) - np.exp(SIGMA**2 / 2)
        spread = np.sqrt(np.expm1(SIGMA**2) * np.exp(SIGMA**2))
        noise = random.normal(0, spread, sizes.shape) * np.sqrt(sizes)
        sums = sizes * effects + noise
        return Sample(np.stack([sums, sizes], axis=-1), sizes, np.zeros(samples))


@dataclass(frozen=True)
class Rare:
    """Most differences are 0, a few are large and all of one sign, and where they are is partly of
    the cluster (correlation 0.1); one cluster has a quarter of all questions."""

    name: str = "rare"
    figure: Callable[[Floats], Floats] = mean

    def draw(self, random: np.random.Generator, samples: int, clusters: int) -> Sample:
        """The true mean is that of the large differences."""
        sizes = _uneven(random, (samples, clusters))
        others = sizes[:, 1:].sum(axis=1)
        sizes[:, 0] = np.round(others * QUARTER / (1 - QUARTER))
        # A cluster's share of large differences is Beta distributed, of which a + b is 10.
        share = random.beta(10 * LARGE, 10 * (1 - LARGE), sizes.shape)
        counts = sizes.astype(np.int64)
        large = random.binomial(counts, share)
        small = random.binomial(counts - large, (1 - ALIKE - LARGE) / (1 - LARGE))
        sums = LARGE_BY * large + random.normal(0, SMALL_BY, sizes.shape) * np.sqrt(small)
        truth = np.full(samples, LARGE * LARGE_BY)
        return Sample(np.stack([sums, sizes], axis=-1), sizes, truth)


@dataclass(frozen=True)
class Pool:
    """The clusters of two variants that were compared."""

    statistics: Floats
    """Shape (G, S)."""
    sizes: Floats
    """Shape (G,)."""


@dataclass(frozen=True)
class Own:
    """Clusters of real differences, drawn with replacement; of each pair of variants equally."""

    name: str
    figure: Callable[[Floats], Floats]
    pools: Sequence[Pool]

    def draw(self, random: np.random.Generator, samples: int, clusters: int) -> Sample:
        """The true figure is that of the pair's clusters, as if there were as many as drawn."""
        drawn: list[tuple[Floats, Floats, Floats]] = []
        for which in np.array_split(np.arange(samples), len(self.pools)):
            pool = self.pools[len(drawn)]
            places = random.integers(len(pool.sizes), size=(len(which), clusters))
            truth = self.figure(pool.statistics.mean(axis=0) * clusters)
            drawn.append((pool.statistics[places], pool.sizes[places], np.full(len(which), truth)))
        return Sample(*map(np.concatenate, zip(*drawn, strict=True)))


def own(run: Path, kind: str) -> Iterator[Own]:
    """The differences of every two variants of a run that differ, a population for each metric.

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
        pools = [
            _pool(pair) for pair in pairs if not np.array_equal(pair.values[0], pair.values[1])
        ]
        yield Own(f"own {name}", apart(measure.total) if measure.total else mean, pools)


def apart(total: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    """The difference of two figures, of the statistics of both, the second's after the first's."""

    def figure(sums: Floats) -> Floats:
        width = sums.shape[-1] // 2
        return total(sums[..., :width]) - total(sums[..., width:])

    return figure


def _pool(pair: Aligned) -> Pool:
    ours, theirs = (values[0] for values in pair.values)
    if ours.ndim == 1:
        rows = np.stack([ours - theirs, np.ones_like(ours)], axis=-1)
    else:
        rows = np.concatenate([ours, theirs], axis=-1)
    names, member, sizes = np.unique(pair.clusters, return_inverse=True, return_counts=True)
    statistics = np.zeros((len(names), rows.shape[1]))
    np.add.at(statistics, member, rows)
    return Pool(statistics, sizes.astype(np.float64))


def _uneven(random: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Numbers of questions, from 1 to ``LARGEST``, the larger the rarer."""
    sizes = np.arange(1, LARGEST + 1)
    chances = SHRINKS**sizes
    return random.choice(sizes, size=shape, p=chances / chances.sum()).astype(np.float64)
