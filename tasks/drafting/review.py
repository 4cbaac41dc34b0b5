"""Drafts ↔ a table that a person reviews: written for a spreadsheet, read back as it was left."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Any

from harness.errors import ConfigError, DataError
from harness.files import write_whole
from harness.inert import from_spreadsheet, in_spreadsheet
from harness.metrics.fact import fact_of
from harness.metrics.facts import drawn_facts
from rag.blocks import DocumentError
from rag.corpus import Section
from rag.documents import decoded
from tasks.drafting.record import (
    DraftQuestion,
    Status,
    check_places,
    facts_text,
    put_accepted,
    question_lines,
    read_drafts,
    write_drafts,
)
from tasks.drafting.withheld import all_sections, take_away, withheld_ids
from tasks.policyqa.questions import DRAFTS

REVIEW_COLUMNS = (
    "id", "status", "question", "answer", "facts", "doubts", "kind", "split", "section", "text",
    "version", "reviewer",
)  # fmt: skip
_NEEDED = ("id", "status")
_STATUS: dict[str, Status] = {
    "draft": "draft", "accept": "accepted", "accepted": "accepted", "a": "accepted",
    "ok": "accepted", "yes": "accepted", "keep": "accepted", "drop": "dropped",
    "dropped": "dropped", "d": "dropped", "no": "dropped",
}  # fmt: skip
_MARK = "\ufeff"
"""By which a spreadsheet knows UTF-8."""


@dataclass(frozen=True)
class Reviewed:
    """What a review left."""

    accepted: int
    mended: int
    """Of the accepted, those whose question or answer is another than was drafted."""
    dropped: int
    waiting: int
    conflicts: tuple[str, ...] = ()
    """Drafts that were reviewed otherwise in the meantime, by id, which were left as they are."""


def write_table(path: Path, drafts: Sequence[DraftQuestion], places: Mapping[str, Section]) -> None:
    """Write the drafts as CSV, each with its section; the status of one that waits is empty."""
    out = io.StringIO()
    rows = csv.DictWriter(out, REVIEW_COLUMNS)
    rows.writeheader()
    for one in drafts:
        on = [places[id_] for id_ in one.places]
        cells = _written(one) | {
            "doubts": "; ".join(one.doubts),
            "kind": one.kind,
            "split": one.split,
            "section": "; ".join(place.citation for place in on),
            "text": "\n\n".join(place.body for place in on),
            "version": one.version,
            "reviewer": "",
        }
        rows.writerow({name: in_spreadsheet(text) for name, text in cells.items()})
    write_whole(path, _MARK + out.getvalue())


def read_review(data: Path, table: Path) -> Reviewed:
    """Take a reviewed table into a data folder: what was accepted becomes a question of it.

    A row whose status is empty, and a draft that has no row, stay as they are: so a review is read
    as often as it went on, and several reviewers share one. Sections of unanswerable drafts that
    are all dropped come back into the documents.

    Raises:
        ConfigError: the folder has no drafts.
        DataError: the table or the questions cannot be read, or a row is of no draft, has an
            unknown status, or lacks a question or an answer; nothing was taken in.
    """
    before = {one.id: one for one in _drafts(data)}
    check_places(data, before.values(), {one.id for one in all_sections(data)})
    lines, after, conflicts = question_lines(data), dict(before), []
    for number, row in _rows(table):
        place = f"{table}, row {number}"
        if row["id"] not in after:
            raise DataError(f"{place}: the id {row['id']!r} is that of no draft of {data}")
        one = after[row["id"]]
        made = _reviewed(one, row, f"{place} ({one.id})")
        if made.version == one.version or _may_follow(one, row):
            after[one.id] = made
        else:
            conflicts.append(one.id)
    # Killed in between, it is read again, and drafts that have changed are not taken in once more.
    put_accepted(data, lines, [one for id_, one in after.items() if one != before[id_]])
    write_drafts(data, after.values())
    here = {id_ for one in after.values() for id_ in one.withheld}
    away = {id_ for one in after.values() if one.status != "dropped" for id_ in one.withheld}
    take_away(data, away | (withheld_ids(data) - here))
    return replace(_counted(list(after.values())), conflicts=tuple(conflicts))


def state_of(data: Path) -> Reviewed:
    """How far the review of a data folder's drafts is.

    Raises:
        ConfigError: it has none.
    """
    return _counted(_drafts(data))


def _counted(drafts: Sequence[DraftQuestion]) -> Reviewed:
    counts = Counter(one.status for one in drafts)
    mended = sum(one.status == "accepted" and one.mended for one in drafts)
    return Reviewed(counts["accepted"], mended, counts["dropped"], counts["draft"])


def _drafts(data: Path) -> list[DraftQuestion]:
    if drafts := read_drafts(data):
        return drafts
    raise ConfigError(
        f"{data} has no {DRAFTS}: make drafts with policyqa data draft {quote(str(data))}"
    )


def _written(draft: DraftQuestion) -> dict[str, str]:
    """The cells that a reviewer may change."""
    return {
        "id": draft.id,
        "status": "" if draft.status == "draft" else draft.status,
        "question": draft.question,
        "answer": draft.shown_answer,
        "facts": draft.shown_facts,
    }


def _rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    """The rows of a table that have a status, each with its number."""
    try:
        text = decoded(table)
        delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
        columns = [name for name in reader.fieldnames or () if name in REVIEW_COLUMNS]
        rows = [{name: (row[name] or "").strip() for name in columns} for row in reader]
    except OSError as error:
        raise DataError(f"{table} cannot be read: {error.strerror}") from error
    except (DocumentError, csv.Error) as error:
        raise DataError(f"{table} is no table of drafts: {error}; save it as CSV") from error
    if missing := [name for name in _NEEDED if name not in columns]:
        raise DataError(
            f"{table}: a reviewed table has the columns {', '.join(REVIEW_COLUMNS)}, of which "
            f"{' and '.join(_NEEDED)} must be there; {' and '.join(missing)} is missing"
        )
    return [(number, row) for number, row in enumerate(rows, start=2) if row["status"]]


def _may_follow(draft: DraftQuestion, row: Mapping[str, str]) -> bool:
    """Whether who filled in a row had the draft before them as it is, or left it so themselves."""
    if row.get("version", "") in ("", draft.version):
        return True
    return bool(row.get("reviewer")) and draft.taken_from == _source(row)


def _source(row: Mapping[str, str]) -> str:
    return f"{row.get('version', '')} {row.get('reviewer', '')}"


def _reviewed(draft: DraftQuestion, row: Mapping[str, str], place: str) -> DraftQuestion:
    """A draft as a row has it."""
    status = _STATUS.get(row["status"].lower())
    if status is None:
        raise DataError(
            f"{place}: the status {row['status']!r} is none of accepted, dropped and draft; left "
            "empty, the draft stays as it is"
        )
    # A cell that says what the draft does is not read back: what nobody sees would be lost.
    written = _written(draft).items()
    same = {name: from_spreadsheet(in_spreadsheet(text)).strip() for name, text in written}
    said = {
        name: from_spreadsheet(row[name]) for name in ("question", "answer", "facts") if name in row
    }
    changed = {name: text for name, text in said.items() if text != same[name]}
    if status == "accepted":
        _refuse_unusable(draft, changed, place)
    source = {"status": status, "taken_from": _source(row)}
    return draft.model_copy(update=source | _as_changed(draft, changed))


def _refuse_unusable(draft: DraftQuestion, changed: Mapping[str, str], place: str) -> None:
    empty = [name for name in ("question", "answer") if changed.get(name) == ""]
    if empty:
        raise DataError(f"{place}: accepted without its {empty[0]}: write it, or drop the draft")
    if not draft.answerable and (changed.get("answer") or changed.get("facts")):
        raise DataError(
            f"{place}: its section was taken out of the documents, so that nothing answers it, and "
            "it has an answer: leave answer and facts empty, or drop it"
        )


def _as_changed(draft: DraftQuestion, changed: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a draft with what a reviewer changed. Without facts of a reviewer's own, rules
    draw them of the answer as it is now."""
    question = changed.get("question") or draft.question
    answer = changed.get("answer") or draft.answer
    named = [text.strip() for text in changed.get("facts", "").split(";") if text.strip()]
    facts = [fact_of(text) for text in named] if "facts" in changed else draft.facts
    drawn = [draft.as_drafted.shown_facts, facts_text(drawn_facts((answer or "",), question))]
    if facts_text(facts) in drawn:
        facts = []
    citations = [one for one in draft.citations if one in (answer or "")]
    return {"question": question, "answer": answer, "facts": facts, "citations": citations}
