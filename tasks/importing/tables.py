"""
Questions in CSV or JSON lines → drafts.

Columns: ``question``, and if there are any ``answer``, ``answers`` (further ones, a JSON list),
``id``, ``document`` (a file's name), ``evidence`` (section ids, headings of the document, pages
like ``#page=3``, or documents; several between ``;``), ``citations`` (between ``;``), ``kind``,
``split``, ``answerable``.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.files import json_object, numbered_lines
from rag.blocks import DocumentError
from rag.corpus import clean, framework_of
from rag.documents import decoded
from tasks.importing.drafts import SPLIT_NAMES, Document, Draft, Refused
from tasks.importing.places import Places, UnusableError

SUFFIXES = (".csv", ".tsv", ".jsonl")
COLUMNS = (
    "id",
    "question",
    "answer",
    "answers",
    "document",
    "evidence",
    "citations",
    "kind",
    "split",
    "answerable",
)
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def read_questions(path: Path, documents: Sequence[Document]) -> tuple[list[Draft], list[Refused]]:
    """The rows of a file of questions, and those that cannot be taken.

    Args:
        path: a ``.csv`` or ``.jsonl`` file.
        documents: that its rows may name.

    Raises:
        DataError: the file cannot be read, or has a column that none of ``COLUMNS`` is, or no
            ``question``.
    """
    drafts: list[Draft] = []
    refused: list[Refused] = []
    rows = list(_rows(path))
    places = Places(documents)
    ids: set[str] = set()
    given = {str(row.get("id")) for _, row in rows if not isinstance(row, DataError)}
    fresh = (id_ for id_ in (f"q-{n:04d}" for n in count(1)) if id_ not in given)
    for line, row in rows:
        place = f"{path.name}:{line}"
        try:
            if isinstance(row, DataError):
                raise UnusableError(str(row).removeprefix(f"{path}:{line}: "))
            draft = _draft(row, place, fresh, places)
            if draft.id in ids:
                raise UnusableError(f"the id {draft.id} stands there before")
            ids.add(draft.id)
            drafts.append(draft)
        except UnusableError as reason:
            refused.append(Refused(place, "question", str(reason)))
    return drafts, refused


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | DataError]]:
    if path.suffix.lower() != ".jsonl":
        yield from _csv_rows(path)
        return
    for line, text in numbered_lines(path):
        place = f"{path}:{line}"
        try:
            row = json_object(text, place)
            _check_columns(list(row), place)
            yield line, {name: _cleaned(value) for name, value in row.items()}
        except DataError as error:
            yield line, error


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | DataError]]:
    try:
        text = decoded(path)
    except (OSError, DocumentError) as error:
        raise DataError(f"{path} {error}") from error
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        while columns and not columns[-1]:
            columns.pop()
        _check_columns(columns, f"{path}:1")
        for values in reader:
            kept = [_cleaned(value).strip() for value in values]
            if not any(kept):
                continue
            if any(kept[len(columns) :]):
                reason = "has more fields than the header; put texts with commas in quotes"
                yield reader.line_num, DataError(reason)
            else:
                named = zip(columns, kept, strict=False)
                yield reader.line_num, {name: value for name, value in named if value}
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: no CSV: {error}") from error


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _check_columns(columns: Sequence[str], place: str) -> None:
    unknown = [name for name in columns if name not in COLUMNS]
    if "question" not in columns or unknown:
        raise DataError(
            f"{place}: columns are {', '.join(COLUMNS)}, of which question must be there; "
            f"found {', '.join(columns) or 'none'}"
        )


def _draft(row: dict[str, Any], place: str, fresh: Iterator[str], places: Places) -> Draft:
    question = str(row.get("question") or "").strip()
    if not question:
        raise UnusableError("has no question")
    split = row.get("split") or None
    if split is not None and str(split).strip().lower() not in SPLIT_NAMES:
        raise UnusableError(f"split {split!r} is none of {', '.join(SPLIT_NAMES)}")
    truth = str(row.get("answerable", "true")).strip().lower()
    if truth not in _TRUTH:
        raise UnusableError(f"answerable {truth!r} is none of {', '.join(_TRUTH)}")
    answerable = _TRUTH[truth]
    wanted = str(row.get("document") or "")
    within = places.named(wanted) if wanted else places.documents
    if wanted and not within:
        raise UnusableError(f"document {wanted!r} is none of those imported")
    named = _several(row.get("evidence"))
    evidence = [one for name in named for one in places.evidence(name, within)]
    if evidence and not answerable:
        raise UnusableError("is not answerable, yet names evidence")
    framework = framework_of(evidence[0]) if evidence else _only(within)
    answers = _answers(row)
    return Draft(
        id=str(row.get("id") or next(fresh)),
        place=place,
        question=question,
        answer=answers[0] if answers else None,
        answers=answers[1:],
        framework=framework,
        evidence=list(dict.fromkeys(evidence)),
        split=SPLIT_NAMES[str(split).strip().lower()] if split is not None else None,
        kind=str(row.get("kind") or ("other" if answerable else "unanswerable")),
        citations=_several(row.get("citations")),
        answerable=answerable,
    )


def _answers(row: dict[str, Any]) -> list[str]:
    """The references of a row, none of them twice: ``answer``, then those of ``answers``."""
    further = row.get("answers") or []
    if isinstance(further, str):
        with suppress(ValueError, RecursionError):
            further = json.loads(further)
    if not isinstance(further, list) or not all(isinstance(one, str) for one in further):
        raise UnusableError(f'answers {row["answers"]!r} is no list of texts like ["…", "…"]')
    texts = [clean(text).strip() for text in (str(row.get("answer") or ""), *further)]
    return list(dict.fromkeys(text for text in texts if text))


def _several(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else str(value or "").split(";")
    return [str(part).strip() for part in parts if str(part).strip()]


def _only(documents: Sequence[Document]) -> str:
    """The one document a question is about; empty if it may be about several."""
    return documents[0].framework.id if len(documents) == 1 else ""
