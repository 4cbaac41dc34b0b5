"""
Print how often 95% intervals hold the true figure: by method, population and number of clusters.

    python -m benchmarks.coverage --run runs/quick

Which method is taken is decided by ``chosen`` alone: what covers at least ``NEEDED`` of every
population from the smallest number of clusters on; of several, the one with narrower intervals.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.coverage.measuring import COUNTS, Cell, chosen, enough_from, measured
from benchmarks.coverage.methods import METHODS
from benchmarks.coverage.populations import Rare, Skewed, own


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--run", type=Path, help="a run whose differences are drawn from")
    parser.add_argument("--samples", type=int, default=4_000, help="of each population and count")
    parser.add_argument("--clusters", type=int, nargs="+", default=COUNTS)
    asked = parser.parse_args()
    of_means = [Skewed(), Rare(), *(own(asked.run, "mean") if asked.run else ())]
    table = measured(of_means, asked.clusters, asked.samples)
    _print("means", table)
    names = list(METHODS)
    for name in names:
        print(f"{name}: enough from {enough_from(table, name) or 'none of these'} clusters")
    print(f"chosen: {chosen(table) or 'none'}\n")
    of_corpora = list(own(asked.run, "corpus")) if asked.run else []
    if of_corpora:
        _print("corpus figures", measured(of_corpora, asked.clusters, asked.samples))


def _print(title: str, table: Mapping[tuple[str, int], Mapping[str, Cell]]) -> None:
    print(f"{title}: % of samples whose 95% interval holds the true figure ± standard error,")
    print("and the median width of the intervals beside the percentile's")
    print(_line(["population", "clusters", *METHODS]))
    for (population, clusters), cells in table.items():
        shown = [
            f"{cell.covered:.1%} ±{cell.error:.1%} ×{cell.width:.2f}".replace("%", "")
            for cell in cells.values()
        ]
        print(_line([population, str(clusters), *shown]))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
