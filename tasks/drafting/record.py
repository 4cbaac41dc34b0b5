"""Drafts beside the questions of a data folder: ``drafts.jsonl``, read and written whole."""

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from shlex import quote
from typing import Literal

from pydantic import Field

from harness.errors import DataError
from harness.files import fingerprint, write_whole
from harness.metrics.fact import Fact
from harness.metrics.facts import drawn_facts
from harness.reading import json_object, numbered_lines
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
    drafted: tuple[str, str] = ("", "")
    """Question and answer as they were drafted."""
    taken_from: str = ""
    """The ``version`` that was reviewed last, and by which browser, if by one."""

    @property
    def places(self) -> list[str]:
        """The sections it was drafted on."""
        return [*self.evidence, *self.withheld]

    @property
    def shown_answer(self) -> str:
        """What a reviewer sees of its answer: none of one that nothing answers."""
        return (self.answer or "") if self.answerable else ""

    @property
    def shown_facts(self) -> str:
        """The facts of its answer, between semicolons: a reviewer's, or those that are drawn."""
        return facts_text(self.facts or drawn_facts((self.shown_answer,), self.question))

    @property
    def as_drafted(self) -> "DraftQuestion":
        """It before any review."""
        question, answer = self.drafted
        again: dict[str, object] = {"status": "draft", "question": question, "facts": []}
        return self.model_copy(update=again | ({"answer": answer} if self.answerable else {}))

    @property
    def mended(self) -> bool:
        """Whether a reviewer changed its words."""
        return (self.question, self.shown_answer) != self.drafted

    @property
    def version(self) -> str:
        """What a reviewer sees of it, in twelve digits: a row of an older one is told by it."""
        seen = [self.status, self.question, self.shown_answer, self.shown_facts]
        return fingerprint(seen)[:12]

    @property
    def question_line(self) -> str:
        """It as a line of ``questions.jsonl``."""
        own = {"status", "doubts", "withheld", "drafted", "taken_from"} | {
            name for name in ("answers", "facts") if not getattr(self, name)
        }
        return json.dumps(self.model_dump(exclude=own), ensure_ascii=False)


def facts_text(facts: Iterable[Fact]) -> str:
    """Facts as a reviewer reads and writes them: a semicolon after each, so that no spreadsheet
    takes one for a date or a number."""
    return " ".join(f"{fact.value};" for fact in facts)


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


def check_places(data: Path, drafts: Iterable[DraftQuestion], known: Collection[str]) -> None:
    """Refuse drafts on sections that are gone.

    Args:
        data: their folder.
        drafts: those to be shown, or read back.
        known: the ids of its sections, with those that were taken out.

    Raises:
        DataError: a section is not among them.
    """
    for one in drafts:
        for place in one.places:
            if place not in known:
                raise DataError(
                    f"{data / DRAFTS}: {one.id} was drafted on {place}, which the documents have "
                    f"no more: put the section back, or take the line of {one.id} out, there and "
                    "in questions.jsonl"
                )


def unreviewed(data: Path) -> list[str]:
    """A line that drafts of a data folder are scored by nobody, where some wait to be reviewed."""
    waiting = sum(one.status == "draft" for one in read_drafts(data))
    if not waiting:
        return []
    return [
        f"{waiting} drafts of {data} are not reviewed and left out: policyqa data review "
        f"{quote(str(data))}"
    ]


def question_lines(data: Path) -> dict[str, str]:
    """The lines of the questions of a data folder, by id; none where there are no questions.

    Raises:
        DataError: they cannot be read.
    """
    path = data / "questions.jsonl"
    lines = numbered_lines(path) if path.exists() else []
    return {str(json_object(text, f"{path}:{n}").get("id")): text for n, text in lines}


def put_accepted(data: Path, lines: dict[str, str], changed: Iterable[DraftQuestion]) -> None:
    """Put what was accepted among the questions of a data folder, and take out what is no more.

    Args:
        data: the folder.
        lines: its questions; those of drafts that did not change stay as somebody may have mended
            them.
        changed: the drafts of which a review changed something.
    """
    for one in changed:
        if one.status == "accepted":
            lines[one.id] = one.question_line
        else:
            lines.pop(one.id, None)
    write_whole(data / "questions.jsonl", "".join(f"{text}\n" for text in lines.values()))
