"""
Questions in CSV or JSON lines → drafts.

Columns: ``question``, and if there are any ``answer``, ``id``, ``document`` (a file's name),
``evidence`` (section ids, or headings of the document; several between ``;``), ``citations``
(between ``;``), ``kind``, ``split``, ``answerable``.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.files import json_object, numbered_lines
from rag.corpus import Section
from rag.documents import DocumentError, decoded
from rag.sections import PATH
from tasks.importing.drafts import SPLIT_NAMES, Document, Draft, Refused

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
_FALSE = {"false", "no", "0"}


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
    ids: set[str] = set()
    for line, row in _rows(path):
        place = f"{path.name}:{line}"
        try:
            if isinstance(row, DataError):
                raise _UnusableError(str(row).partition(": ")[2])
            draft = _draft(row, place, len(ids) + 1, documents)
            if draft.id in ids:
                raise _UnusableError(f"the id {draft.id} stands there before")
            ids.add(draft.id)
            drafts.append(draft)
        except _UnusableError as reason:
            refused.append(Refused(place, "question", str(reason)))
    return drafts, refused


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | DataError]]:
    if path.suffix.lower() == ".csv":
        yield from _csv_rows(path)
        return
    for line, text in numbered_lines(path):
        try:
            row = json_object(text, f"{path}:{line}")
        except DataError as error:
            yield line, error
            continue
        _check_columns(list(row), f"{path}:{line}")
        yield line, row


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = decoded(path)
    except (OSError, DocumentError) as error:
        raise DataError(f"{path} {error}") from error
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, restkey="(beyond the header)")
    columns = [name.strip().lower() for name in reader.fieldnames or []]
    reader.fieldnames = columns
    _check_columns(columns, f"{path}:1")
    for row in reader:
        yield reader.line_num, {name: value for name, value in row.items() if value}


def _check_columns(columns: Sequence[str], place: str) -> None:
    unknown = [name for name in columns if name not in COLUMNS]
    if "question" not in columns or unknown:
        raise DataError(
            f"{place}: columns are {', '.join(COLUMNS)}, of which question must be there; "
            f"found {', '.join(columns) or 'none'}"
        )


def _draft(row: dict[str, Any], place: str, number: int, documents: Sequence[Document]) -> Draft:
    question = str(row.get("question") or "").strip()
    if not question:
        raise _UnusableError("has no question")
    if "(beyond the header)" in row:
        raise _UnusableError("has more fields than the header; put texts with commas in quotes")
    split = row.get("split")
    if split is not None and str(split).strip().lower() not in SPLIT_NAMES:
        raise _UnusableError(f"split {split!r} is none of {', '.join(SPLIT_NAMES)}")
    answerable = str(row.get("answerable", "true")).strip().lower() not in _FALSE
    wanted = [str(row["document"])] if row.get("document") else []
    within = [d for d in documents if not wanted or _is_named(d, wanted[0])]
    if wanted and not within:
        raise _UnusableError(f"document {wanted[0]!r} is none of those imported")
    evidence = [id_ for name in _several(row.get("evidence")) for id_ in _ids_of(name, within)]
    if evidence and not answerable:
        raise _UnusableError("is not answerable, yet names evidence")
    framework = evidence[0].split("/")[0] if evidence else _only(within)
    return Draft(
        id=str(row.get("id") or f"q-{number:04d}"),
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
    return name.strip() in (file.name, str(file), file.stem, document.framework.id)


def _only(documents: Sequence[Document]) -> str:
    """The one document a question is about; empty if it may be about several."""
    return documents[0].framework.id if len(documents) == 1 else ""


def _ids_of(name: str, documents: Sequence[Document]) -> list[str]:
    """The ids of the sections a row's evidence names: by id, else by heading."""
    sections = [section for document in documents for section in document.sections]
    if any(section.id == name for section in sections):
        return [name]
    found = [section for section in sections if _is_headed(section, name)]
    if not found:
        raise _UnusableError(f"evidence {name!r} is neither an id nor a heading of a section")
    if len({(section.framework, section.heading.split(" (part ")[0]) for section in found}) > 1:
        places = ", ".join(section.id for section in found[:4])
        raise _UnusableError(f"evidence {name!r} heads several sections: name one of {places}")
    return [section.id for section in found]


def _is_headed(section: Section, name: str) -> bool:
    last = section.heading.split(" (part ")[0].split(PATH)[-1].casefold()
    wanted = name.casefold()
    return last == wanted or last.startswith((f"{wanted} ", f"{wanted}.", f"{wanted}:"))
