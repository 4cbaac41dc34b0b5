"""
Print how often a variant is shipped that should not be, and how often one that should.

    python -m benchmarks.decisions --run runs/quick

Families of variants on questions in clusters; the populations are those of ``benchmarks.coverage``:
a variant's scores differ from those of the one in place as a population's differences do, or as
these do with their sign turned; or they are those of a run's variants, drawn by cluster, their
means made the same. A false ship is one of a variant that is truly worse than the one
in place or than the best by the margin, or no better than a floor, or no better at margin 0. The
power is that of a variant which a plan gives a chance of 3 in 4.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.coverage.populations import RARE_SOURCE, SKEWED_SOURCE, Source
from harness.contest import Contest, Truths, squares
from harness.deciding import FEWEST_TO_DECIDE
from harness.family import Estimates, bounds, pairs
from harness.jackknife import FloatArray, cluster_sums, freedom
from harness.pairing import align
from harness.planning import chances
from harness.runs import read_manifest, read_result
from harness.statistics import COVERAGE


class Draw(Protocol):
    """Where the scores of variants come from, all of mean 0 but for what all have in common."""

    def __call__(
        self, random: np.random.Generator, samples: int, clusters: int, variants: int
    ) -> tuple[FloatArray, FloatArray]:
        """Of B samples the summed scores of clusters, (B, C, V), and their questions, (B, C)."""


@dataclass(frozen=True)
class MadeUp:
    """Variants that differ from the first as a population's differences do, or these turned."""

    source: Source
    way: float

    def __call__(
        self, random: np.random.Generator, samples: int, clusters: int, variants: int
    ) -> tuple[FloatArray, FloatArray]:
        """As any ``Draw``."""
        sizes = self.source.sizes(random, (samples, clusters))
        return self.sums(random, sizes, variants), sizes

    def sums(self, random: np.random.Generator, sizes: FloatArray, variants: int) -> FloatArray:
        """Of clusters of these sizes: (B, C) → (B, C, V)."""
        truth = self.source.truth * sizes
        own = [self.way * (self.source.sums(random, sizes) - truth) for _ in range(variants - 1)]
        return np.stack([np.zeros_like(sizes), *own], axis=-1)


def of_run(run: Path, metric: str) -> Draw:
    """The variants of a run, floors included, as far as they go."""
    names = read_manifest(run)["variants"]
    together = align([read_result(run, name) for name in names], metric)
    scores = np.stack([one[0] for one in together.values], axis=-1)
    sums, sizes = cluster_sums(scores - scores.mean(axis=0), together.clusters)

    def draw(
        random: np.random.Generator, samples: int, clusters: int, variants: int
    ) -> tuple[FloatArray, FloatArray]:
        places = random.integers(len(sizes), size=(samples, clusters))
        return sums[places][..., :variants], sizes[places]

    return draw


SOURCES = {
    "skewed": MadeUp(SKEWED_SOURCE, 1.0),
    "skewed, turned": MadeUp(SKEWED_SOURCE, -1.0),
    "rare": MadeUp(RARE_SOURCE, 1.0),
    "rare, turned": MadeUp(RARE_SOURCE, -1.0),
}
OWN = ("bertscore_f1", "bleu", "rouge_l")
"""Metrics of a run."""
VARIANTS, CLUSTERS = (2, 4, 8), (10, 20, 40, 200)
DRAWS = 2**11
"""Of the largest |t|, fewer than a verdict takes: the chance of so many moves a bound by 1%."""
PILOT = 2_000
"""Times as many clusters as planned, of the run that a plan is made of."""
PLANNED = 0.75
SEED = 7


@dataclass(frozen=True)
class Families:
    """Variants whose true scores are known; the first is in place, the last a floor."""

    name: str
    means: FloatArray
    """True means, shape (V + 1,)."""
    margin: float
    false: Truths
    """Which may not be shipped, shape (V + 1,)."""


def contest(margin: float, variants: int) -> Contest:
    """Of that many variants and a floor."""
    floors = np.arange(variants + 1) == variants
    return Contest(~floors, floors, margin, COVERAGE, FEWEST_TO_DECIDE)


def false_families(variants: int, deviation: float, clusters: int) -> Iterator[Families]:
    """Families in which a variant just may not be shipped."""
    margin, far = 4 * deviation / np.sqrt(clusters), -20 * deviation
    place = np.arange(variants + 1)
    candidates, floor = (place > 0) & (place < variants), place == variants
    low = np.where(floor, far, 0.0)
    yield Families("than in place", low - margin * candidates, margin, candidates)
    if variants > 2:
        best = low + margin * (place == 1)
        yield Families("than the best", best, margin, candidates & (place != 1))
    yield Families("than a floor", np.where(place == 0, far, 0.0), 100 * deviation, candidates)
    yield Families("at margin 0", low, 0.0, candidates)


def drawn(source: Draw, means: FloatArray, samples: int, clusters: int) -> Iterator[Estimates]:
    """The figures of samples of a family."""
    random = np.random.default_rng([SEED, clusters, len(means)])
    yield from _each(*source(random, samples, clusters, len(means)), means)


def _each(sums: FloatArray, sizes: FloatArray, means: FloatArray) -> Iterator[Estimates]:
    for one, size in zip(sums + sizes[..., None] * means, sizes, strict=True):
        yield _estimates(one, size)


def measured(source: Draw, family: Families, samples: int, clusters: int) -> tuple[float, float]:
    """Shares of samples with a false ship, and with all true differences in their bounds."""
    variants = len(family.means) - 1
    weights, _ = pairs(variants + 1)
    rule, true = contest(family.margin, variants), weights @ family.means
    wrong = covered = 0
    for found in drawn(source, family.means, samples, clusters):
        between = bounds(found, weights, coverage=COVERAGE, fewest=2, draws=DRAWS)
        covered += bool(((between.low <= true) & (true <= between.high)).all())
        if clusters >= rule.fewest:
            low, _ = squares(between, variants + 1)
            wrong += bool((rule.may_ship(low) & family.false).any())
    return wrong / samples, covered / samples


def powers(
    source: MadeUp, variants: int, deviation: float, samples: int, clusters: int
) -> tuple[float, float]:
    """The planned and the found chance of shipping one better variant among equals.

    The clusters planned and those found are as large as those of one sample.
    """
    means = np.where(np.arange(variants + 1) == variants, -20 * deviation, 0.0)
    random = np.random.default_rng([SEED, clusters, variants])
    sizes = source.source.sizes(random, (1, clusters))
    many = np.repeat(sizes, PILOT, axis=0).reshape(1, -1)
    (pilot,) = _each(source.sums(random, many, variants + 1), many, means)
    rule = contest(0.0, variants)

    def better(gap: float) -> FloatArray:
        return np.asarray(means + gap * (np.arange(variants + 1) == 1))

    def planned(gap: float) -> float:
        grown = replace(pilot, values=better(gap))
        return float(chances(rule, grown, 1 / PILOT)[0][1])

    low, high = 0.0, deviation / np.sqrt(clusters)
    while planned(high) < PLANNED:
        low, high = high, 2 * high
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (middle, high) if planned(middle) < PLANNED else (low, middle)
    weights, _ = pairs(variants + 1)
    sizes, shipped = np.repeat(sizes, samples, axis=0), 0
    for found in _each(source.sums(random, sizes, variants + 1), sizes, better(high)):
        between = bounds(found, weights, coverage=COVERAGE, fewest=rule.fewest, draws=DRAWS)
        shipped += bool(rule.may_ship(squares(between, variants + 1)[0])[1])
    return planned(high), shipped / samples


def print_decisions() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decisions", description=__doc__)
    parser.add_argument("--samples", type=int, default=2_000, help="of a family")
    parser.add_argument("--power", action="store_true", help="the power alone")
    parser.add_argument("--run", type=Path, help="a run of nine variants and floors at least")
    asked = parser.parse_args()
    if not asked.power:
        own = {f"own {name}": of_run(asked.run, name) for name in OWN} if asked.run else {}
        _print_false_ships(SOURCES | own, asked.samples)
    _print_powers(asked.samples)


def _print_false_ships(sources: Mapping[str, Draw], samples: int) -> None:
    print("false ships, and samples all of whose bounds hold, in %:\n")
    _row("population", "variants", "groups", "worse", "false ships", "all bounds hold")
    for (name, source), variants, clusters in product(sources.items(), VARIANTS, CLUSTERS):
        for family in false_families(variants, _deviation(source), clusters):
            found = measured(source, family, samples, clusters)
            _row(name, variants, clusters, family.name, *(f"{100 * one:.1f}" for one in found))


def _print_powers(samples: int) -> None:
    print("\nthe chance of shipping a better variant, in %:\n")
    _row("population", "variants", "groups", "planned", "found")
    for (name, source), variants, clusters in product(SOURCES.items(), VARIANTS, CLUSTERS):
        if clusters >= FEWEST_TO_DECIDE:
            found = powers(source, variants, _deviation(source), samples, clusters)
            _row(name, variants, clusters, *(f"{100 * one:.0f}" for one in found))


def _estimates(sums: FloatArray, sizes: FloatArray) -> Estimates:
    """Of one sample: clusters' sums (C, V) and how many questions they have, (C,)."""
    shares = sizes / sizes.sum()
    values = sums.sum(axis=0) / sizes.sum()
    deviations = (sums / sizes.sum() - values * shares[:, None]) / (1 - shares[:, None])
    nothing = [np.zeros(0)] * len(values)
    return Estimates(values, deviations, shares, nothing, len(sizes), float(freedom(sizes)))


def _deviation(source: Draw) -> float:
    """Of a question's difference from that of the first, were its cluster's all alike."""
    sums, sizes = source(np.random.default_rng(SEED), 1, 20_000, 2)
    return float(((sums[..., 1] - sums[..., 0]) / sizes).std())


def _row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    print_decisions()
