"""How many planted copies are found, and how many questions are found that have none."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.leaks.planting import EDITS, Planted, can_be_reordered, copy_of, planted
from tasks.checking.exposure import MEASURES, met_in_training
from tasks.checking.likeness import TextEmbedder
from tasks.policyqa.questions import Question


@dataclass
class Found:
    """What became of the copies of one kind."""

    planted: int = 0
    """Scored questions that a copy was planted of."""
    found: int = 0
    """Those of them that were found, by a copy."""
    false: int = 0
    """Other scored questions that were found."""
    by: Counter[str] = field(default_factory=Counter)
    """Found by which of ``MEASURES``."""

    def __iadd__(self, other: "Found") -> "Found":
        self.planted += other.planted
        self.found += other.found
        self.false += other.false
        self.by += other.by
        return self

    @property
    def recall(self) -> float:
        """Share of the planted that were found; 1 where nothing was planted."""
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        """Share of the found that were planted; 1 where nothing was found."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def cells(self) -> list[str]:
        """As a line of a table."""
        counts = [str(self.by[measure]) for measure in MEASURES]
        numbers = [str(self.planted), str(self.found), str(self.false), *counts]
        return [*numbers, f"{self.recall:.3f}", f"{self.precision:.3f}"]


def found_among(
    scored: Sequence[Question],
    trained: Sequence[Question],
    copies: Sequence[Planted],
    embedder: TextEmbedder,
) -> Found:
    """What is found of ``scored`` where the copies are trained on beside ``trained``."""
    met = met_in_training(scored, [*trained, *(one.question for one in copies)], embedder)
    of, ids = {one.of for one in copies}, {one.question.id for one in copies}
    right = [one for id_, one in met.items() if id_ in of and one.trained in ids]
    by = Counter(one.measure for one in right)
    return Found(len(copies), len(right), sum(id_ not in of for id_ in met), by)


def drawn_copies(scored: Sequence[Question], kind: str, count: int, seed: int) -> list[Planted]:
    """Copies of ``count`` of the scored questions, drawn by seed; of fewer where fewer fit."""
    fit = [one for one in scored if kind != "other order" or can_be_reordered(one)]
    drawn = random.Random(f"{kind} {seed}").sample(fit, min(count, len(fit)))  # noqa: S311
    return planted(drawn, kind, seed)


def mixed_copies(scored: Sequence[Question], each: int, seed: int) -> list[Planted]:
    """Copies of every kind, each of ``each`` questions of its own."""
    left, copies = list(scored), list[Planted]()
    # Not every question has an order to change: these are drawn first.
    for kind in reversed(EDITS):
        copies += drawn_copies(left, kind, each, seed)
        taken = {one.of for one in copies}
        left = [one for one in left if one.id not in taken]
    return copies


def written_paraphrases(path: Path, questions: Sequence[Question]) -> Iterator[tuple[str, Planted]]:
    """The paraphrases of a file, each with its part (``development`` or ``test``).

    Its lines have ``id``, ``part``, ``strength``, ``question`` and ``answer``.
    """
    by_id = {one.id: one for one in questions}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        kind = f"paraphrase, {row['strength']}"
        yield row["part"], copy_of(by_id[row["id"]], row["question"], row["answer"], kind)
