"""
Print the ratios of `make bench` beside those that are kept of this machine, and which got worse.

    make bench-compare [BENCH=benchmarks/test_scoring.py]
    python -m benchmarks.compare .benchmarks/now.json --keep

Kept is what `docs/results/benchmarks` has, a file a kind of machine: of each benchmark its ratios,
the seconds of its median, and the commit. A ratio is measured against a baseline of the same run,
so that it holds where seconds do not. The status is 1 where one is worse by more than ``MARGIN``.
``--keep`` puts the new ratios in the place of the kept ones.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.files import write_json
from harness.reading import read_json

KEPT = Path(__file__).parents[1] / "docs" / "results" / "benchmarks"
MARGIN = 1.25
"""Times that a ratio may be off by chance: machines are shared."""


def machine_file(made: dict[str, Any]) -> Path:
    """Where the ratios of the machine are kept that a file of pytest-benchmark tells of."""
    cpu = made["machine_info"]["cpu"]
    name = f"{cpu.get('brand_raw', 'processor')} {cpu['count']} cores"
    return KEPT / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.json"


def measured(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By benchmark, what is kept of it, of those that have ratios."""
    commit = made["commit_info"]
    at = f"{str(commit.get('id'))[:7]}{'+' if commit.get('dirty') else ''}"
    return {
        one["name"]: {
            "commit": at,
            "seconds": float(f"{one['stats']['median']:.3g}"),
            "baseline": one["extra_info"]["baseline"],
            "more is better": one["extra_info"]["more is better"],
            "ratios": {
                name: float(f"{ratio:.3g}") for name, ratio in one["extra_info"]["ratios"].items()
            },
        }
        for one in made["benchmarks"]
        if "ratios" in one["extra_info"]
    }


def compared(
    now: dict[str, dict[str, Any]], kept: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, bool]]:
    """A line a ratio, and whether it got worse; what is measured otherwise now is new."""
    for name, one in now.items():
        was = kept.get(name, {})
        same = was.get("baseline") == one["baseline"]
        for what, ratio in one["ratios"].items():
            before = was["ratios"].get(what) if same else None
            told = f"{name}, {what}: × {ratio} of {one['baseline']}"
            if before is None:
                yield f"{told} (new)", False
                continue
            off = before / ratio if one["more is better"] else ratio / before
            worse = off > MARGIN
            yield f"{told}; {was['commit']}: × {before}{', WORSE' if worse else ''}", worse


def print_compared() -> int:
    """Compare and print; the status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("made", type=Path, help="what --benchmark-json wrote")
    parser.add_argument("--keep", action="store_true", help="these are the ones from now on")
    asked = parser.parse_args()
    made = read_json(asked.made)
    now, path = measured(made), machine_file(made)
    kept = read_json(path) if path.exists() else {}
    lines = list(compared(now, kept))
    for line, _ in lines:
        print(line)
    if asked.keep:
        write_json(path, dict(sorted({**kept, **now}.items())))
    return int(any(worse for _, worse in lines))


if __name__ == "__main__":
    sys.exit(print_compared())
