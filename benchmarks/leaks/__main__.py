"""
Print how many planted leaks the audit finds, and what it finds beside them.

    python -m benchmarks.leaks
    python -m benchmarks.leaks --write my/leaky --each 20 --kept 100

Scored are the test questions of the policy set, trained on its train split and the copies: of each
kind alone, of all kinds mixed, and where few questions are scored. Paraphrases, which people wrote,
stand apart: their originals are of all splits, and are scored as well. The second writes a data
folder to train on, whose train split has copies of test questions.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

from benchmarks.leaks.measuring import (
    Found,
    drawn_copies,
    found_among,
    mixed_copies,
    written_paraphrases,
)
from benchmarks.leaks.planting import EDITS, write_leaky
from rag.corpus import load_sections
from rag.embedder import Embedder
from tasks.checking.exposure import MEASURES
from tasks.checking.likeness import Remembering
from tasks.policyqa.questions import DATA, Question, in_split, load_questions

PARAPHRASES = Path(__file__).parents[2] / "tests" / "tasks" / "checking" / "paraphrases.jsonl"
SEED_OF_SUITES = 7
"""By which a suite draws its questions, unless it names another."""
FEW = 60
"""Questions of a small run."""


def print_leaks() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leaks", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="a data folder")
    parser.add_argument("--each", type=int, default=120, help="copies of a kind")
    parser.add_argument("--seeds", type=int, default=5, help="draws of copies; 0 plants none")
    parser.add_argument("--paraphrases", type=Path, default=PARAPHRASES)
    parser.add_argument("--write", type=Path, help="write a leaky data folder; measure nothing")
    parser.add_argument("--kept", type=int, default=1_000_000, help="of its training questions")
    asked = parser.parse_args()
    if asked.write:
        print(
            "\n".join(write_leaky(asked.data, asked.write, asked.each, asked.kept, SEED_OF_SUITES))
        )
        return
    questions = load_questions(asked.data, [one.id for one in load_sections(asked.data)])
    scored, trained = in_split(questions, "test"), in_split(questions, "train")
    embedder = Remembering(Embedder())
    print(f"{len(scored)} questions scored, {len(trained)} trained on\n")
    _print(["copies", "planted", "found", "false", *MEASURES, "recall", "precision"])
    _print(["---"] + ["---:"] * 9)
    clean = found_among(scored, trained, [], embedder)
    _print(["none", "0", "0", str(clean.false), *"0000", "–", "–"])
    if not asked.seeds:
        return
    few = [random.Random(seed).sample(scored, FEW) for seed in range(asked.seeds)]  # noqa: S311
    for kind in EDITS:
        whole, small = Found(), Found()
        for seed in range(asked.seeds):
            copies = drawn_copies(scored, kind, asked.each, seed)
            whole += found_among(scored, trained, copies, embedder)
            copies = drawn_copies(few[seed], kind, FEW // 3, seed)
            small += found_among(few[seed], trained, copies, embedder)
        _print([kind, *whole.cells])
        _print([f"{kind}, {FEW} scored", *small.cells])
    mixed = Found()
    for seed in range(asked.seeds):
        copies = mixed_copies(scored, asked.each, seed)
        mixed += found_among(scored, trained, copies, embedder)
    _print(["all kinds mixed", *mixed.cells])
    if asked.data == DATA:
        _print_paraphrases(questions, asked.paraphrases, embedder)


def _print_paraphrases(questions: Sequence[Question], path: Path, embedder: Remembering) -> None:
    """A line a strength of those that no threshold was set on, and of those that some were."""
    written = list(written_paraphrases(path, questions))
    for part, kind in sorted({(part, one.kind) for part, one in written}, reverse=True):
        copies = [one for of, one in written if (of, one.kind) == (part, kind)]
        of = {one.of for one in copies}
        scored = [one for one in questions if one.split == "test" or one.id in of]
        trained = [one for one in questions if one.split == "train" and one.id not in of]
        found = found_among(scored, trained, copies, embedder)
        _print([f"{kind} ({part})", *found.cells])


def _print(cells: Sequence[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    print_leaks()
