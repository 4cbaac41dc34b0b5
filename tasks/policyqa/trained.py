"""
What a model was trained on: written beside its weights, and read back.

A checkpoint has ``questions.jsonl``: a question a line, as data folders have them, with the bodies
of the sections of its evidence that no line before has. Older ones have a fingerprint alone, by
which the questions are found in a data folder that still has them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.files import fingerprint, write_whole
from harness.reading import read_json_lines
from harness.validation import validated
from rag.corpus import load_sections
from tasks.policyqa.questions import (
    Question,
    draw,
    in_split,
    load_questions,
    with_reference,
)

TRAINED_ON = "questions.jsonl"
"""The questions' file, in a checkpoint's folder."""
_FEWER = 8
"""Of a limit on training questions: so many times fewer are validated on."""


@dataclass(frozen=True)
class TrainedOn:
    """What a model was trained and validated on."""

    questions: list[Question]
    """Trained on where their split is ``train``; the others chose the state that was kept."""
    sections: Mapping[str, str]
    """Bodies of the sections of their evidence, by id; without those that are not known."""

    def of(self, split: str) -> list[Question]:
        """The questions of ``train`` or of ``validation``."""
        return [one for one in self.questions if one.split == split]


def drawn_for_training(
    questions: Sequence[Question], split: str, limit: int | None, seed: int
) -> list[Question]:
    """The questions of ``split`` that are trained on, or of another that is validated on.

    Args:
        questions: of all splits.
        split: which of them.
        limit: training questions at most, and an eighth as many to validate on; None is all.
        seed: of the drawing.

    Raises:
        DataError: the split is empty, or none of its questions has a reference answer.
    """
    found = with_reference(in_split(questions, split))
    if limit is not None and split == "validation":
        limit = max(1, limit // _FEWER)
    return [found[index] for index in draw(len(found), limit, seed)]


def questions_identity(questions: Sequence[Question]) -> str:
    """SHA-256 of what training reads of questions, in their order."""
    return fingerprint([[one.question, one.answer, one.evidence] for one in questions])


def section_bodies(data: Path) -> dict[str, str]:
    """What each section of a data folder says, by id.

    Raises:
        DataError: its documents break their form.
    """
    return {section.id: section.body for section in load_sections(data)}


def write_trained(folder: Path, trained: TrainedOn) -> None:
    """Write the questions' file into a checkpoint's folder."""
    lines, written = [], set()
    for question in trained.questions:
        new = [id_ for id_ in question.evidence if id_ in trained.sections and id_ not in written]
        written.update(new)
        sections = {"sections": {id_: trained.sections[id_] for id_ in new}} if new else {}
        row = question.model_dump(exclude_defaults=True) | sections
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    write_whole(folder / TRAINED_ON, "".join(lines))


def read_trained(folder: Path, record: Mapping[str, Any], data: Path) -> TrainedOn:
    """What the checkpoint in ``folder`` was trained on.

    Args:
        folder: the checkpoint's.
        record: its ``training.json``; of one that has no questions' file, says by what they are
            known.
        data: the folder that such questions are looked for in.

    Raises:
        DataError: nobody can tell; the message says why.
    """
    path = folder / TRAINED_ON
    return _read(path) if path.is_file() else _found_again(folder, record, data)


def _read(path: Path) -> TrainedOn:
    questions: list[Question] = []
    sections: dict[str, str] = {}
    for line, row in read_json_lines(path):
        texts = row.pop("sections", {})
        if not isinstance(texts, dict):
            raise DataError(f"{path}:{line}: sections are no bodies by id, but {texts!r:.60}")
        sections.update({str(id_): str(text) for id_, text in texts.items()})
        questions.append(validated(Question, row, f"{path}:{line}", DataError))
    return TrainedOn(questions, sections)


def _found_again(folder: Path, record: Mapping[str, Any], data: Path) -> TrainedOn:
    try:
        known = dict(record["determinants"]["questions"])
        limit, seed = record["recipe"].get("limit"), int(record["recipe"]["seed"])
        too_long = {id_ for part in record["data"].values() for id_ in part["too_long"]}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{folder} does not say what it was trained on: it has no {TRAINED_ON}, and no record "
            "of ours"
        ) from error
    sections = section_bodies(data)
    questions = load_questions(data, sections)
    found: list[Question] = []
    for split, identity in known.items():
        drawn = drawn_for_training(questions, split, limit, seed)
        if questions_identity(drawn) != identity:
            raise DataError(
                f"{folder} was trained by a version that kept no questions, and those of {data} "
                f"are others by now ({split}): train it again, or audit with the data as it was"
            )
        found += [one for one in drawn if one.id not in too_long]
    named = {id_ for one in found for id_ in one.evidence}
    return TrainedOn(found, {id_: text for id_, text in sections.items() if id_ in named})
