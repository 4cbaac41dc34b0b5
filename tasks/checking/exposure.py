"""
Which scored questions a model has met in training, and how.

By the same measures as ``tasks.checking.duplicates``, of which the splits of a data folder ask
less: there two questions are each the other's likest. Here a question that was trained on may be
likest to several scored ones, and a copied answer tells as much as a copied question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.groups import incidence
from tasks.checking.apart import Apart
from tasks.checking.letters import JACCARD, Letters
from tasks.checking.likeness import Likeness, TextEmbedder
from tasks.checking.matching import BLOCK, answer_rows, shares, shingles
from tasks.policyqa.questions import Question

SLACK = 0.05
"""Of several scored questions that one trained on is like: those as like as the likest but for this
share. Twins among the scored are then found by a paraphrase of one."""
MEASURES = ("exact", "letters", "answer", "embedding")
"""How a question can be met, strongest first: the same but for case and punctuation, an edited
copy, another question with a copy of the answer, or the same in other words."""


@dataclass(frozen=True)
class Met:
    """How a scored question was met in training."""

    measure: str
    """One of ``MEASURES``."""
    likeness: float
    """Of the measure, in [0, 1]."""
    trained: str
    """Id of the question trained on."""


def met_in_training(
    scored: Sequence[Question], trained: Sequence[Question], embedder: TextEmbedder
) -> dict[str, Met]:
    """How each scored question that was met in training was, by id, in the order of ``scored``.

    Args:
        scored: what is asked, with its reference answers.
        trained: what the weights were trained on.
        embedder: compares what letters do not.
    """
    if not scored or not trained:
        return {}
    sides = ["scored"] * len(scored) + ["trained"] * len(trained)
    rows = answer_rows([*scored, *trained], sides)
    apart = Apart(rows.questions)
    ours, theirs = (np.flatnonzero(np.array(rows.sides) == one) for one in ("scored", "trained"))
    found: dict[int, Met] = {}
    ids = [one.id for one in (*scored, *trained)]
    for copy in Letters(rows, apart).pairs(ours, theirs):
        met = Met(copy.measure, copy.likeness, ids[rows.places[copy.second]])
        _keep_strongest(found, int(rows.places[copy.first]), met)
    for near in Likeness(rows, apart, embedder).nearest(theirs, ours, SLACK):
        met = Met(near.measure, near.likeness, ids[near.first])
        _keep_strongest(found, near.second, met)
    return {scored[place].id: found[place] for place in sorted(found)}


def _keep_strongest(found: dict[int, Met], place: int, met: Met) -> None:
    def strength(one: Met) -> tuple[int, float]:
        return -MEASURES.index(one.measure), one.likeness

    found[place] = max(found.get(place, met), met, key=strength)


def same_sections(
    scored: Mapping[str, str | None], trained: Mapping[str, str | None]
) -> dict[str, str]:
    """For each scored section, by id, one trained on that says the same.

    Args:
        scored: the text of each section, by id; None where it is not known.
        trained: likewise. Sections of one id are the same unless both texts are known and unlike.
    """
    ours, theirs = ([id_ for id_, text in one.items() if text] for one in (scored, trained))
    texts = [scored[id_] or "" for id_ in ours] + [trained[id_] or "" for id_ in theirs]
    found = {id_: id_ for id_ in scored if id_ in trained and not (scored[id_] and trained[id_])}
    if not ours or not theirs:
        return found
    letters = incidence([shingles(text) for text in texts])
    columns = np.arange(len(ours), len(texts))
    for start in range(0, len(ours), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(ours)))
        alike = shares(letters, rows, columns)
        for row, column in enumerate(alike.argmax(axis=1).tolist()):
            if alike[row, column] >= JACCARD:
                found[ours[start + row]] = theirs[column]
    return found
