"""Drafts beside the questions of a data folder: ``drafts.jsonl``, read and written whole."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, Protocol

from pydantic import Field

from harness.errors import DataError
from harness.files import json_object, numbered_lines, write_whole
from harness.validation import validated
from tasks.policyqa.questions import DRAFTS, Question

Status = Literal["draft", "accepted", "dropped"]


class DraftQuestion(Question):
    """A question that rules or a model drafted: nothing is scored on it before it is accepted."""

    status: Status = "draft"
    doubts: list[str] = Field(default=[])
    """What speaks against it, in words: asked twice, answered elsewhere."""
    withheld: list[str] = Field(default=[])
    """The sections that answer it, where they were taken out of the corpus so that none does."""

    @property
    def question_line(self) -> str:
        """It as a line of ``questions.jsonl``."""
        own = {"status", "doubts", "withheld"} | {
            name for name in ("answers", "facts") if not getattr(self, name)
        }
        return json.dumps(self.model_dump(exclude=own), ensure_ascii=False)


class DraftedOn(Protocol):
    """Where a draft was drafted: a section."""

    @property
    def citation(self) -> str:
        """What it is headed by."""
        ...

    @property
    def body(self) -> str:
        """Its text."""
        ...


def read_drafts(data: Path) -> list[DraftQuestion]:
    """The drafts of a data folder, none where nothing was drafted.

    Raises:
        DataError: a line is no draft, or repeats an id.
    """
    path = data / DRAFTS
    if not path.exists():
        return []
    found: dict[str, DraftQuestion] = {}
    for line, text in numbered_lines(path):
        place = f"{path}:{line}"
        one = validated(DraftQuestion, json_object(text, place), place, DataError)
        if one.id in found:
            raise DataError(f"{place}: the id {one.id} stands here again")
        found[one.id] = one
    return list(found.values())


def write_drafts(data: Path, drafts: Iterable[DraftQuestion]) -> None:
    """Put the drafts of a data folder in place of those there."""
    lines = (json.dumps(one.model_dump(), ensure_ascii=False) + "\n" for one in drafts)
    write_whole(data / DRAFTS, "".join(lines))


def unreviewed(data: Path) -> list[str]:
    """A line that drafts of a data folder are scored by nobody, where some wait to be reviewed."""
    waiting = sum(one.status == "draft" for one in read_drafts(data))
    if not waiting:
        return []
    return [
        f"{waiting} drafts of {data} are not reviewed and left out: policyqa data review {data}"
    ]


def accept_reviewed(data: Path, drafts: Sequence[DraftQuestion]) -> int:
    """Put the accepted drafts among the questions of a data folder, in place of earlier versions of
    themselves, and take out the others; how many are among them now.

    Raises:
        DataError: the questions cannot be read, or one has the id of a draft that is none.
    """
    path = data / "questions.jsonl"
    ids = {one.id for one in drafts}
    lines = [text for _, text in numbered_lines(path)] if path.exists() else []
    kept = [text for text in lines if json_object(text, str(path)).get("id") not in ids]
    accepted = [one.question_line for one in drafts if one.status == "accepted"]
    write_whole(path, "".join(f"{text}\n" for text in (*kept, *accepted)))
    return len(accepted)
