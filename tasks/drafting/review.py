"""Drafts ↔ a table that a person reviews: written for a spreadsheet, read back as it was left."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ConfigError, DataError
from harness.files import write_whole
from harness.inert import from_spreadsheet, in_spreadsheet
from harness.metrics.fact import fact_of
from harness.metrics.facts import drawn_facts
from rag.documents import decoded
from tasks.drafting.record import (
    DraftedOn,
    DraftQuestion,
    Status,
    accept_reviewed,
    read_drafts,
    write_drafts,
)
from tasks.policyqa.questions import DRAFTS

REVIEW_COLUMNS = (
    "id", "status", "question", "answer", "facts", "doubts", "kind", "split", "section", "text",
)  # fmt: skip
_NEEDED = ("id", "status")
_STATUS: dict[str, Status] = {
    "": "draft", "draft": "draft", "accept": "accepted", "accepted": "accepted", "a": "accepted",
    "ok": "accepted", "yes": "accepted", "keep": "accepted", "drop": "dropped",
    "dropped": "dropped",
    "d": "dropped", "no": "dropped",
}  # fmt: skip


@dataclass(frozen=True)
class Reviewed:
    """What a review left."""

    accepted: int
    mended: int
    """Of the accepted, those whose question or answer is another than was drafted."""
    dropped: int
    waiting: int


def table_of(drafts: Sequence[DraftQuestion], sections: Mapping[str, DraftedOn]) -> str:
    """The drafts as CSV, each with the section it was drafted on."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(REVIEW_COLUMNS)
    for one in drafts:
        places = [sections[id_] for id_ in (*one.evidence, *one.withheld)]
        cells = [
            one.id,
            one.status,
            one.question,
            one.answer or "" if one.answerable else "",
            "; ".join(fact.value for fact in one.facts),
            "; ".join(one.doubts),
            one.kind,
            one.split,
            "; ".join(place.citation for place in places),
            "\n\n".join(place.body for place in places),
        ]
        rows.writerow(map(in_spreadsheet, cells))
    return out.getvalue()


def write_table(
    path: Path, drafts: Sequence[DraftQuestion], sections: Mapping[str, DraftedOn]
) -> None:
    """``table_of`` as a file, with the mark by which a spreadsheet knows UTF-8."""
    write_whole(path, "\ufeff" + table_of(drafts, sections))


def read_review(data: Path, table: Path) -> Reviewed:
    """Take a reviewed table into a data folder: what was accepted becomes a question of it.

    A draft that the table does not have stays as it is; so a review is read as often as it went on.

    Raises:
        ConfigError: the folder has no drafts.
        DataError: the table cannot be read, or a row is of no draft, has an unknown status, or is
            accepted without a question.
    """
    drafts = {one.id: one for one in _drafts(data)}
    mended: set[str] = set()
    for line, row in _rows(table):
        place = f"{table}:{line}"
        one = drafts.get(row["id"])
        if one is None:
            raise DataError(f"{place}: the id {row['id']!r} is that of no draft of {data}")
        after = _reviewed(one, row, place)
        if (after.question, after.answer) != (one.question, one.answer):
            mended.add(one.id)
        drafts[one.id] = after
    write_drafts(data, drafts.values())
    accept_reviewed(data, list(drafts.values()))
    kept = {one.id for one in drafts.values() if one.status == "accepted"}
    return _counted(list(drafts.values()), len(mended & kept))


def state_of(data: Path) -> Reviewed:
    """How far the review of a data folder's drafts is.

    Raises:
        ConfigError: it has none.
    """
    return _counted(_drafts(data), 0)


def _counted(drafts: Sequence[DraftQuestion], mended: int) -> Reviewed:
    counts = Counter(one.status for one in drafts)
    return Reviewed(counts["accepted"], mended, counts["dropped"], counts["draft"])


def _drafts(data: Path) -> list[DraftQuestion]:
    if drafts := read_drafts(data):
        return drafts
    raise ConfigError(f"{data} has no {DRAFTS}: make drafts with policyqa data draft {data}")


def _rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        text = decoded(table)
    except OSError as error:
        raise DataError(f"{table} cannot be read: {error.strerror}") from error
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise DataError(
            f"{table}:1: a reviewed table has the columns {', '.join(REVIEW_COLUMNS)}, of which "
            f"{' and '.join(_NEEDED)} must be there; found {', '.join(reader.fieldnames or ())}"
        )
    return [
        (
            reader.line_num,
            {name: from_spreadsheet(row.get(name) or "").strip() for name in REVIEW_COLUMNS},
        )
        for row in reader
        if row.get("id")
    ]


def _reviewed(draft: DraftQuestion, row: Mapping[str, str], place: str) -> DraftQuestion:
    status = _STATUS.get(row["status"].lower())
    if status is None:
        raise DataError(
            f"{place}: the status {row['status']!r} is none of accepted, dropped, draft (or empty)"
        )
    question = row["question"] or draft.question
    answer = (row["answer"] or draft.answer) if draft.answerable else draft.answer
    facts = draft.facts
    stated = [text.strip() for text in row["facts"].split(";") if text.strip()]
    if draft.answerable and stated and stated != [fact.value for fact in draft.facts]:
        facts = [fact_of(text) for text in stated]
    elif answer != draft.answer:
        facts = list(drawn_facts([answer or ""], question))
    return draft.model_copy(
        update={"status": status, "question": question, "answer": answer, "facts": facts}
    )
