"""
Print how the cost of a run, of an index and of a report grows.

    python -m benchmarks.growth --questions 100 1000 10000 --passages 1000 10000 100000

Processor seconds and peak memory of whole commands, each a fresh process of one thread with nothing
kept from before but models: `policyqa run` of ten variants, or of those that are named alone
(`--variants tiny/plain tiny/engineered tiny/rag`), `policyqa report` of that run with its page and
all its rows, `policyqa index build` and `search`. Questions and documents are made-up words; the
documents of all runs are those of the largest, so that questions alone grow. The models are of
random weights and one or two layers: with real ones, whose time is that of so many texts, what else
grows would not be seen.

The exponent p is that of a + b nᵖ through the last three sizes, so that what a start takes is in a:
of sizes each ten times the last it is log₁₀ of the quotient of the two differences. The memory is
the slope between the last two sizes.
"""

import argparse
import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from harness.files import cache_folder
from harness.models import catalogue
from tests.conftest import write_questions
from tests.tiny import write_encoder, write_llama

ROOT = Path(__file__).parents[1]
VARIANTS = ("half", "most", "tiny/plain", "tiny/engineered", "tiny/rag", "tiny/rag+oracle")
"""Beside four floors, unless others are named."""
WORDS = 6_000
SECTIONS = 20
"""Of a document."""
A_SECTION = 3
"""Questions."""
SEED = 7
STEP = 10
"""Between sizes."""


def half(question: str) -> str:
    """An assistant."""
    return " ".join(question.split()[::2])


def most(question: str) -> str:
    """Another."""
    return " ".join(question.split()[2:])


@dataclass(frozen=True)
class Took:
    """What a process took."""

    seconds: float
    """Of processor time, of user and system."""
    memory: int
    """Bytes of its resident set, at its largest."""


def took(command: Sequence[str], home: Path) -> Took:
    """Carry out a command of ours in a cache of that folder."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "policyqa", *command],
            env=os.environ
            | {"POLICYQA_HOME": str(home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdout=said,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status):
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read().decode()[-2_000:]}")
    return Took(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def make_data(folder: Path, sections: int, questions: int) -> Path:
    """A data folder of so many sections and questions, the last of each sections' their own."""
    chance = random.Random(SEED)  # noqa: S311
    letters = "aeioubcdfglmnprst"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(WORDS)]

    def text(count: int) -> str:
        return " ".join(chance.choices(words, k=count))

    (folder / "corpus").mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    for first in range(0, sections, SECTIONS):
        law = f"law-{first // SECTIONS:05d}"
        lines = ["---", f"id: {law}", f"title: {text(3)}", "year: 2001", "---", ""]
        for number in range(1, min(SECTIONS, sections - first) + 1):
            said = [f"{text(10)}." for _ in range(6)]
            lines += [f"## art-{number} · {text(3)} (Article {number})", "", " ".join(said), ""]
            rows += [
                {
                    "split": "test",
                    "framework": law,
                    "kind": "threshold",
                    "question": f"What of {one[:60]} and {text(3)}?",
                    "answer": one,
                    "evidence": [f"{law}/art-{number}"],
                    "answerable": True,
                }
                for one in said[:A_SECTION]
            ]
        (folder / "corpus" / f"{law}.md").write_text("\n".join(lines), encoding="utf-8")
    write_questions(folder, [{"id": f"q{n}"} | row for n, row in enumerate(rows[:questions])])
    return folder


def a_home(folder: Path) -> Path:
    """A cache with the models alone."""
    folder.mkdir()
    (folder / "models").symlink_to(cache_folder("models"))
    return folder


def of_runs(
    variants: Sequence[str], sections: int, work: Path, encoder: Path, count: int
) -> Iterator[tuple[str, Took]]:
    """A run of so many questions, and its report; with floors if it is of all variants."""
    data = make_data(work / "data", sections, count)
    llama = write_llama(Path(catalogue.resolve("smollm2-135m")), work / "tiny")
    models = {one: {"call": f"benchmarks.growth:{one}"} for one in VARIANTS[:2]}
    suite = {
        "name": "growth",
        "data": str(data),
        "models": models | {"tiny": {"base": str(llama)}},
        "variants": list(variants),
        "baseline": variants[0],
        "decoding": {"max_tokens": 8},
        "batch_size": 64,
        "embedder": str(encoder),
        "encoder": str(encoder),
        "encoder_layer": 1,
    }
    if variants != VARIANTS:
        suite["floors"] = []
    (work / "growth.yaml").write_text(yaml.safe_dump(suite))
    home, out = a_home(work / "home"), str(work / "run")
    yield "run", took(["run", str(work / "growth.yaml"), "--out", out], home)
    written = [f"--html={work / 'page.html'}", f"--csv={work / 'rows.csv'}"]
    yield "report", took(["report", out, *written], home)


def of_index(work: Path, encoder: Path, count: int) -> Iterator[tuple[str, Took]]:
    """An index of so many passages, and a search in it."""
    data, home = make_data(work / "data", count, count), a_home(work / "home")
    of = ["--data", str(data), "--embedder", str(encoder)]
    yield "index build", took(["index", "build", *of], home)
    yield "index search", took(["index", "search", "What of it?", *of], home)


Measure = Callable[[Path, Path, int], Iterator[tuple[str, Took]]]


def exponent(found: Sequence[Took]) -> float:
    """Of three sizes, each ``STEP`` times the last; -inf where the last takes no more."""
    first, second, third = (one.seconds for one in found)
    grown = third - second, second - first
    return math.log(grown[0] / grown[1], STEP) if min(grown) > 0 else -math.inf


def print_growth() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--questions", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--passages", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--variants", nargs="+", default=VARIANTS)
    parser.add_argument("--work", type=Path, help="a folder that is kept")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = asked.work or Path(folder)
        encoder = write_encoder(Path(catalogue.resolve("minilm-l6")), work / "encoder")
        most = max(asked.questions, default=0)
        runs = partial(of_runs, asked.variants, -(-most // A_SECTION))
        _print_grown(runs, asked.questions, work / "runs", encoder)
        _print_grown(of_index, asked.passages, work / "indexes", encoder)


def _print_grown(measure: Measure, sizes: Sequence[int], work: Path, encoder: Path) -> None:
    found: dict[str, list[Took]] = {}
    for size in sizes:
        (here := work / str(size)).mkdir(parents=True)
        for name, one in measure(here, encoder, size):
            found.setdefault(name, []).append(one)
            print(f"{name}, {size}: {one.seconds:.1f} s, {one.memory / 1e6:.0f} MB", flush=True)
    for name, those in found.items():
        if len(those) >= 3:
            a_piece = (those[-1].memory - those[-2].memory) / (sizes[-1] - sizes[-2])
            print(f"{name}: exponent {exponent(those[-3:]):.2f}, {a_piece / 1e3:.1f} kB a piece")


if __name__ == "__main__":
    print_growth()
