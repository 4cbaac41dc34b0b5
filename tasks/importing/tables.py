"""
Questions in CSV or JSON lines → drafts.

Columns: ``question``, and if there are any ``answer``, ``id``, ``document`` (a file's name),
``evidence`` (section ids, or headings of the document; several between ``;``), ``citations``
(between ``;``), ``kind``, ``split``, ``answerable``.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.files import json_object, numbered_lines
from rag.corpus import Section, clean, framework_of
from rag.documents import DocumentError, decoded
from rag.sections import PATH
from tasks.importing.drafts import SPLIT_NAMES, Document, Draft, Refused

SUFFIXES = (".csv", ".tsv", ".jsonl")
COLUMNS = (
    "id",
    "question",
    "answer",
    "document",
    "evidence",
    "citations",
    "kind",
    "split",
    "answerable",
)
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


_PART = re.compile(r" \(part \d+ of \d+\)$")


class _UnusableError(Exception):
    """Why a row is not taken."""


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
    ids: set[str] = set()
    given = {str(row.get("id")) for _, row in rows if not isinstance(row, DataError)}
    fresh = (id_ for id_ in (f"q-{n:04d}" for n in count(1)) if id_ not in given)
    for line, row in rows:
        place = f"{path.name}:{line}"
        try:
            if isinstance(row, DataError):
                raise _UnusableError(str(row).removeprefix(f"{path}:{line}: "))
            draft = _draft(row, place, fresh, documents)
            if draft.id in ids:
                raise _UnusableError(f"the id {draft.id} stands there before")
            ids.add(draft.id)
            drafts.append(draft)
        except _UnusableError as reason:
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


def _draft(
    row: dict[str, Any], place: str, fresh: Iterator[str], documents: Sequence[Document]
) -> Draft:
    question = str(row.get("question") or "").strip()
    if not question:
        raise _UnusableError("has no question")
    split = row.get("split") or None
    if split is not None and str(split).strip().lower() not in SPLIT_NAMES:
        raise _UnusableError(f"split {split!r} is none of {', '.join(SPLIT_NAMES)}")
    truth = str(row.get("answerable", "true")).strip().lower()
    if truth not in _TRUTH:
        raise _UnusableError(f"answerable {truth!r} is none of {', '.join(_TRUTH)}")
    answerable = _TRUTH[truth]
    wanted = [str(row["document"])] if row.get("document") else []
    within = [d for d in documents if not wanted or _is_named(d, wanted[0])]
    if wanted and not within:
        raise _UnusableError(f"document {wanted[0]!r} is none of those imported")
    known = {section.id for document in documents for section in document.sections}
    named = _several(row.get("evidence"))
    evidence = [
        id_ for name in named for id_ in ([name] if name in known else _ids_of(name, within))
    ]
    if evidence and not answerable:
        raise _UnusableError("is not answerable, yet names evidence")
    framework = framework_of(evidence[0]) if evidence else _only(within)
    return Draft(
        id=str(row.get("id") or next(fresh)),
        place=place,
        question=question,
        answer=str(row.get("answer") or "").strip() or None,
        framework=framework,
        evidence=list(dict.fromkeys(evidence)),
        split=SPLIT_NAMES[str(split).strip().lower()] if split is not None else None,
        kind=str(row.get("kind") or ("other" if answerable else "unanswerable")),
        citations=_several(row.get("citations")),
        answerable=answerable,
    )


def _several(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else str(value or "").split(";")
    return [str(part).strip() for part in parts if str(part).strip()]


def _is_named(document: Document, name: str) -> bool:
    """Whether ``name`` is the document's file, with or without its suffix, or its id."""
    file = Path(document.framework.citation)
    return _plain(name) in map(_plain, (file.name, str(file), file.stem, document.framework.id))


def _only(documents: Sequence[Document]) -> str:
    """The one document a question is about; empty if it may be about several."""
    return documents[0].framework.id if len(documents) == 1 else ""


def _ids_of(name: str, documents: Sequence[Document]) -> list[str]:
    """The ids of the sections that a heading names: those headed so, else those beginning so."""
    sections = [section for document in documents for section in document.sections]
    wanted = _plain(name)
    exact = [s for s in sections if wanted in (_plain(_whole(s)), _plain(_last(s)))]
    begun = [s for s in sections if re.match(rf"{re.escape(wanted)}\b", _plain(_last(s)))]
    found = exact or begun
    if not found:
        raise _UnusableError(f"evidence {name!r} is neither an id nor a heading of a section")
    first = [s for s in found if _whole(s) == s.heading or " (part 1 of" in s.heading]
    if len(first) > 1:
        places = ", ".join(section.id for section in first[:4])
        raise _UnusableError(f"evidence {name!r} heads several sections: name one of {places}")
    return [section.id for section in found]


def _whole(section: Section) -> str:
    """A section's heading without its part of a long one."""
    return _PART.sub("", section.heading)


def _last(section: Section) -> str:
    """The innermost of the headings it stands under."""
    return _whole(section).split(PATH)[-1]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
