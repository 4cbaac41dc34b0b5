"""
Print how often 95% intervals hold the true figure: by method, population and number of clusters.

    python -m benchmarks.coverage --run runs/quick

Which method is taken is decided by ``chosen`` alone: what covers at least ``NEEDED`` of every
population from the smallest number of clusters on; of several, the one with narrower intervals.
"""

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.coverage.measuring import COUNTS, Cell, chosen, enough_from, measured
from benchmarks.coverage.methods import METHODS
from benchmarks.coverage.populations import Rare, Skewed, own
from benchmarks.coverage.replicates import covered


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--run", type=Path, help="a run whose differences are drawn from")
    parser.add_argument("--samples", type=int, default=20_000, help="of a population and count")
    parser.add_argument("--clusters", type=int, nargs="+", default=COUNTS)
    asked = parser.parse_args()
    print("% of samples whose 95% interval holds the true figure ± its standard error, and the")
    print("median width of the intervals as a ratio to the percentile's\n")
    of_means = [Skewed(), Rare(), *(own(asked.run, "mean") if asked.run else ())]
    means = measured(of_means, asked.clusters, asked.samples)
    _print("means", ((*where, cells) for where, cells in means.items()))
    for name in METHODS:
        print(f"{name}: enough from {enough_from(means, name) or 'none of these'} clusters")
    print(f"chosen: {chosen(means) or 'none'}\n")
    if asked.run:
        corpora = measured(list(own(asked.run, "corpus")), asked.clusters, asked.samples)
        _print("corpus figures", ((*where, cells) for where, cells in corpora.items()))
        for name in METHODS:
            print(f"{name}: enough from {enough_from(corpora, name) or 'none of these'} clusters")
    print()
    _print("replicates", covered(asked.samples // 10))


def _print(title: str, rows: Iterable[tuple[str, int, Mapping[str, Cell]]]) -> None:
    for number, (population, clusters, cells) in enumerate(rows):
        if number == 0:
            print(_line([title, "clusters", *cells]))
            print(_line(["---"] * (len(cells) + 2)))
        print(_line([population, str(clusters), *map(str, cells.values())]))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
