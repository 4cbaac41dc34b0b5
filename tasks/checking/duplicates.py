"""The same question asked again in another split: as a copy, or in other words."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from tasks.checking.apart import Apart
from tasks.checking.findings import Finding, Folder
from tasks.checking.letters import Letters
from tasks.checking.likeness import Likeness, TextEmbedder
from tasks.checking.matching import NearDuplicate, answer_rows
from tasks.policyqa.questions import Question


def duplicate_findings(folder: Folder, embedder: TextEmbedder) -> Iterator[Finding]:
    """Questions that are asked again in another split."""
    questions = [one.question for one in folder.questions]
    for pair in near_duplicates(questions, embedder):
        first, second = folder.questions[pair.first], folder.questions[pair.second]
        yield Finding(
            "duplicate",
            second.place,
            f"asks in {second.question.split} what {first.question.id} (line {first.line}) asks "
            f"in {first.question.split} ({pair.measure} {pair.likeness:.2f}): "
            f"{second.question.question!r} and {first.question.question!r}",
        )


def near_duplicates(questions: Sequence[Question], embedder: TextEmbedder) -> list[NearDuplicate]:
    """Pairs of questions of different splits that ask the same, in order.

    Those that do so in other words are each the other's likest in its split.
    """
    splits = sorted({question.split for question in questions})
    if len(splits) < 2:
        return []
    rows = answer_rows(questions, [question.split for question in questions])
    apart = Apart(rows.questions)
    letters, likeness = Letters(rows, apart), Likeness(rows, apart, embedder)
    split_of = np.array(rows.sides)
    found: dict[tuple[int, int], NearDuplicate] = {}
    for split, other in combinations(splits, 2):
        ours, theirs = (np.flatnonzero(split_of == name) for name in (split, other))
        back = {(one.second, one.first) for one in likeness.nearest(theirs, ours)}
        mutual = [one for one in likeness.nearest(ours, theirs) if (one.first, one.second) in back]
        copies = (one for one in letters.pairs(ours, theirs) if one.measure != "answer")
        located = [
            replace(one, first=int(rows.places[one.first]), second=int(rows.places[one.second]))
            for one in copies
        ]
        for pair in (*mutual, *located):
            key = (min(pair.first, pair.second), max(pair.first, pair.second))
            found[key] = replace(pair, first=key[0], second=key[1])
    return [found[key] for key in sorted(found)]
