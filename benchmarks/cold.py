"""
Print what a command takes from cold, beside the same command of another checkout.

    git worktree add ../before v0.4.0
    python -m benchmarks.cold --before ../before --rounds 5
    python -m benchmarks.cold --before ../before --run runs/quick --profile

Whole processes of one thread in turns, each checkout with a cache of its own, in which the models
lie and the index is built beforehand. Seconds are of processors (user and system), whose ratio
other processes disturb least; those of the clock stand beside them.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.files import cache_folder

ROOT = Path(__file__).parents[1]
QUESTION = "Who must appoint a data protection officer?"
MODEL = "smollm2-135m"
COMMANDS = {
    "help": ["--help"],
    "index search": ["index", "search", QUESTION],
    "ask": ["ask", MODEL, QUESTION],
    "ask --rag": ["ask", MODEL, QUESTION, "--rag"],
    "run --dry-run": ["run", "quick", "--dry-run"],
}
_IMPORTED = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w]+)")


@dataclass(frozen=True)
class Checkout:
    """One of the two."""

    folder: Path
    home: Path

    def __post_init__(self) -> None:
        self.home.mkdir()
        (self.home / "models").symlink_to(cache_folder("models"))

    def seconds(self, command: list[str]) -> tuple[float, float]:
        """Of processors and of the clock, that a command takes; not a number where it fails."""
        began = time.perf_counter()
        _, status, used = os.wait4(self._started(command).pid, 0)
        took = time.perf_counter() - began
        return (float("nan"), took) if status else (used.ru_utime + used.ru_stime, took)

    def imported(self, command: list[str]) -> Counter[str]:
        """Microseconds that a command takes to import each package."""
        found: Counter[str] = Counter()
        said = self._started(command, "-X", "importtime").communicate()[1]
        for took, package in _IMPORTED.findall(said):
            found[package] += int(took)
        return found

    def _started(self, command: list[str], *options: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, *options, "-m", "policyqa", *command],
            cwd=self.home,
            env=os.environ
            | {"POLICYQA_HOME": str(self.home), "PYTHONPATH": str(self.folder)}
            | {"OMP_NUM_THREADS": "1"},  # Threads that wait for one another count as work.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if options else subprocess.DEVNULL,
            text=True,
        )


def print_seconds(name: str, command: list[str], both: list[Checkout], rounds: int) -> None:
    """Of both checkouts in turns, and their ratio."""
    for one in both:
        one.seconds(command)  # What a cache keeps is there from the second time on.
    taken = [[one.seconds(command) for one in both] for _ in range(rounds)]
    (before, by_clock), (after, clocked) = (
        (median(one) for one in zip(*column, strict=True)) for column in zip(*taken, strict=True)
    )
    print(
        f"{name}: {before:.2f} s of processors before, {after:.2f} after, ratio "
        f"{after / before:.2f}; by the clock {by_clock:.1f} and {clocked:.1f}, "
        f"{clocked / by_clock:.2f}",
        flush=True,
    )


def print_profile(name: str, command: list[str], both: list[Checkout]) -> None:
    """The packages whose import takes longest."""
    for one, when in zip(both, ("before", "after"), strict=True):
        found = one.imported(command)
        most = ", ".join(f"{which} {took / 1e6:.2f}" for which, took in found.most_common(8))
        print(f"{name}, {when}: {found.total() / 1e6:.2f} s of imports: {most}", flush=True)


def print_cold() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold", description=__doc__)
    parser.add_argument("--before", type=Path, required=True, help="another checkout's folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--commands", nargs="+", default=list(COMMANDS), help="of those there are")
    parser.add_argument("--run", type=Path, help="a run folder, to report as well")
    parser.add_argument("--profile", action="store_true", help="print imports, and measure nothing")
    asked = parser.parse_args()
    commands = {name: COMMANDS[name] for name in asked.commands}
    if asked.run:
        commands["report --html"] = ["report", str(asked.run.resolve()), "--html", "page.html"]
    with tempfile.TemporaryDirectory() as folder:
        both = [
            Checkout(asked.before.resolve(), Path(folder, "before")),
            Checkout(ROOT, Path(folder, "after")),
        ]
        for name, command in commands.items():
            if asked.profile:
                print_profile(name, command, both)
            else:
                print_seconds(name, command, both, asked.rounds)


if __name__ == "__main__":
    print_cold()
