"""
Print how often 95% intervals hold the true figure: by method, population and number of clusters.

    python -m benchmarks.coverage --run runs/quick

Which method is taken is decided by ``chosen`` alone: what covers at least ``NEEDED`` of every
population from the smallest number of clusters on; of several, the one with narrower intervals.
"""

import argparse
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from benchmarks.coverage.measuring import chosen, enough_from, methods_covered, replicates_covered
from benchmarks.coverage.methods import METHODS
from benchmarks.coverage.populations import RARE, SKEWED, Population, own

COUNTS = (3, 5, 10, 20, 40, 100, 200)
"""Clusters of a sample."""


def print_coverage() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--run", type=Path, help="a run whose differences are drawn from")
    parser.add_argument("--samples", type=int, default=20_000, help="of a population and count")
    parser.add_argument("--clusters", type=int, nargs="+", default=COUNTS)
    asked = parser.parse_args()
    print("% of samples whose 95% interval holds the true figure ± its standard error, and the")
    print("median width of the intervals as a ratio to the percentile's")
    of_run = {kind: own(asked.run, kind) if asked.run else () for kind in ("mean", "corpus")}
    _measure("means", [SKEWED, RARE, *of_run["mean"]], asked.clusters, asked.samples)
    _measure("corpus figures", of_run["corpus"], asked.clusters, asked.samples)
    print("\nof means of questions that are answered several times, by t, CR3:\n")
    _print(["replicates", "their variance to the questions'", "clusters", "covered"])
    for count, ratio, clusters in product((2, 3, 5), (1, 10), (10, 20, 40, 200)):
        covered = replicates_covered(clusters, count, ratio, asked.samples // 10)
        _print(map(str, (count, ratio, clusters, covered)))


def _measure(
    title: str, populations: Iterable[Population], counts: Iterable[int], samples: int
) -> None:
    """A line a population and number of clusters, and what follows for each method."""
    print()
    _print([title, "clusters", *METHODS])
    table = {}
    for population, clusters in product(populations, counts):
        cells = methods_covered(population, clusters, samples)
        table[population.name, clusters] = cells
        _print([population.name, str(clusters), *map(str, cells.values())])
    for name in METHODS if table else ():
        print(f"{name}: enough from {enough_from(table, name) or 'none of these'} clusters")
    print(f"chosen: {chosen(table) or 'none'}")


def _print(cells: Iterable[str]) -> None:
    print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    print_coverage()
