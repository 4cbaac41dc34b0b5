"""
Questions in CSV or JSON lines → drafts.

Columns: ``question``, and if there are any ``answer``, ``answers`` (further ones, a JSON list),
``id``, ``document`` (a file's name), ``evidence`` (section ids, headings of the document, pages
like ``#page=3``, or documents; several between ``;``), ``citations`` (between ``;``), ``kind``,
``split``, ``answerable``, ``facts`` (what a right answer has, between ``;``: ``72 hours``, ``no``).
"""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.errors import DataError
from harness.metrics.fact import Fact, fact_of
from harness.reading import numbered_lines
from rag.blocks import DocumentError
from rag.corpus import framework_of
from rag.documents import decoded
from tasks.importing.drafts import SPLIT_NAMES, Draft, ImportedDocument, Refused, text_of
from tasks.importing.limits import MOST_QUESTIONS, at_most, check_tables, source_json, source_object
from tasks.importing.places import Places, UnusableError

SUFFIXES = (".csv", ".tsv", ".jsonl")
COLUMNS = (
    "id", "question", "answer", "answers", "document", "evidence", "citations", "kind", "split",
    "answerable", "facts",
)  # fmt: skip
_FACT = TypeAdapter(Fact)
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_table(path: Path, documents: Sequence[ImportedDocument]) -> Iterator[Draft | Refused]:
    """The rows of a file of questions, which may name ``documents``; also those not to be taken.

    Raises:
        DataError: the file cannot be read or has more than may be, or has a column that none of
            ``COLUMNS`` is, or no ``question``.
    """
    check_tables([path])
    found = _json_rows(path) if path.suffix.lower() == ".jsonl" else _csv_rows(path)
    rows = list(at_most(found, path, MOST_QUESTIONS, "rows"))
    places = Places(documents)
    given = {text_of(row.get("id")) for _, row in rows if not isinstance(row, str)}
    fresh = (id_ for id_ in (f"q-{n:04d}" for n in count(1)) if id_ not in given)
    for line, row in rows:
        place = f"{path.name}:{line}"
        try:
            if isinstance(row, str):
                raise UnusableError(row)
            yield _draft(row, place, fresh, places)
        except UnusableError as reason:
            yield Refused(place, "question", str(reason))


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Each line's number and its row, or why it has none."""
    for line, text in numbered_lines(path):
        place = f"{path}:{line}"
        try:
            row = source_object(text, place)
            _check_columns(list(row), place)
            yield line, row
        except DataError as error:
            yield line, str(error).removeprefix(f"{place}: ")


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """The same of a table."""
    try:
        text = decoded(path)
    except (OSError, DocumentError) as error:
        raise DataError(f"{path} {error}") from error
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        while columns and not columns[-1]:
            columns.pop()
        _check_columns(columns, f"{path}:1")
        for values in reader:
            kept = list(map(text_of, values))
            if any(kept[len(columns) :]):
                yield (
                    reader.line_num,
                    "has more fields than the header; put texts with commas in quotes",
                )
            elif any(kept):
                named = zip(columns, kept, strict=False)
                yield reader.line_num, {name: value for name, value in named if value}
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: no CSV: {error}") from error


def _check_columns(columns: Sequence[str], place: str) -> None:
    unknown = [name for name in columns if name not in COLUMNS]
    if "question" not in columns or unknown:
        raise DataError(
            f"{place}: columns are {', '.join(COLUMNS)}, of which question must be there; "
            f"found {', '.join(columns) or 'none'}"
        )


def _draft(row: dict[str, Any], place: str, fresh: Iterator[str], places: Places) -> Draft:
    question = text_of(row.get("question"))
    if not question:
        raise UnusableError("has no question")
    split = text_of(row.get("split")).lower()
    if split and split not in SPLIT_NAMES:
        raise UnusableError(f"split {split!r} is none of {', '.join(SPLIT_NAMES)}")
    truth = str(row.get("answerable", "true")).strip().lower()
    if truth not in _TRUTH:
        raise UnusableError(f"answerable {truth!r} is none of {', '.join(_TRUTH)}")
    answerable = _TRUTH[truth]
    wanted = text_of(row.get("document"))
    within = places.named(wanted) if wanted else places.documents
    if wanted and not within:
        raise UnusableError(f"document {wanted!r} is none of those imported")
    named = _several(row.get("evidence"))
    evidence = [one for name in named for one in places.evidence(name, within)]
    if evidence and not answerable:
        raise UnusableError("is not answerable, yet names evidence")
    facts = _facts(row)
    if facts and not answerable:
        raise UnusableError("is not answerable, yet has facts of an answer")
    # One that may be about several documents is about none.
    about = within[0].framework.id if len(within) == 1 else ""
    answers = _answers(row)
    return Draft(
        id=text_of(row.get("id")) or next(fresh),
        place=place,
        question=question,
        answer=answers[0] if answers else None,
        answers=answers[1:],
        framework=framework_of(evidence[0]) if evidence else about,
        evidence=list(dict.fromkeys(evidence)),
        split=SPLIT_NAMES.get(split),
        kind=text_of(row.get("kind")) or ("other" if answerable else "unanswerable"),
        citations=_several(row.get("citations")),
        answerable=answerable,
        facts=facts,
    )


def _answers(row: dict[str, Any]) -> list[str]:
    """The references of a row, none of them twice: ``answer``, then those of ``answers``."""
    further = row.get("answers") or []
    if isinstance(further, str):
        with suppress(DataError):
            further = source_json(further, "answers")
    if not isinstance(further, list) or not all(isinstance(one, str) for one in further):
        raise UnusableError(f'answers {row["answers"]!r} is no list of texts like ["…", "…"]')
    texts = [text_of(text) for text in (row.get("answer"), *further)]
    return list(dict.fromkeys(text for text in texts if text))


def _facts(row: dict[str, Any]) -> list[Fact]:
    """Each as its text, whose kind is told by what it says, or whole, as in ``questions.jsonl``."""
    given = row.get("facts")
    parts = given if isinstance(given, list) else _several(given)
    try:
        return [
            fact_of(part) if isinstance(part, str) else _FACT.validate_python(part)
            for part in parts
        ]
    except ValidationError as error:
        raise UnusableError(f"facts {given!r}: {error.errors()[0]['msg']}") from error


def _several(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else str(value or "").split(";")
    return [text for part in parts if (text := text_of(part))]
