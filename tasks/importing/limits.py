"""
How much a source may hold, and what JSON of others comes in by: one door for every layout.

Rows of a file become questions and sections that are in memory all at once, each many times as
large as what it is written with. What exceeds a limit is said before it is read.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import DataError
from harness.reading import as_object, json_value, read_text

MOST_FILES = 50_000
"""Below a folder: more is no collection of policies, but a disk that was named by mistake."""
LONGEST_SOURCE = 200_000_000
"""Characters of all documents together: some fifty thousand pages, held in memory twice."""
LARGEST_TABLE = 128 << 20
"""Bytes of the files of questions or passages of a source; SQuAD 2.0's largest has 42 million."""
MOST_VALUES = 4_000_000
"""Of such files, by their brackets and commas: an empty list is written with two of them and takes
ninety bytes, an object with one of them and two hundred."""
MOST_QUESTIONS = 250_000
"""Questions of a source, taken or not: SQuAD 2.0 has 142,000."""
_MARKS = "[{,"
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_HALVES = re.compile(r"[\ud800-\udfff]")
_T = TypeVar("_T")


def table_text(path: Path) -> str:
    """The text of a file of questions or passages.

    Raises:
        DataError: it cannot be read, is no UTF-8 or no file, or exceeds ``LARGEST_TABLE`` or
            ``MOST_VALUES``.
    """
    check_tables([path])
    return read_text(path, LARGEST_TABLE)


def check_tables(paths: Iterable[Path]) -> None:
    """Refuse files of questions or passages that together have more than may be read.

    Raises:
        DataError: one cannot be read or is no file, or with those before it exceeds
            ``LARGEST_TABLE`` or ``MOST_VALUES``.
    """
    for _, error in tables_of(paths):
        if error:
            raise error


def tables_of(paths: Iterable[Path]) -> Iterator[tuple[Path, DataError | None]]:
    """Each file, and what ``check_tables`` would say of it, those refused not counted."""
    size = values = 0
    for path in paths:
        try:
            bytes_, marks = _measured(path)
        except DataError as error:
            yield path, error
            continue
        if size + bytes_ <= LARGEST_TABLE and values + marks <= MOST_VALUES:
            size, values = size + bytes_, values + marks
            yield path, None
            continue
        yield (
            path,
            DataError(
                f"{path} has {bytes_:,} bytes and {marks:,} brackets and commas, the files before "
                f"it {size:,} and {values:,}, and at most {LARGEST_TABLE:,} and {MOST_VALUES:,} "
                "are read: import it in parts"
            ),
        )


def _measured(path: Path) -> tuple[int, int]:
    """Bytes of a file, and of those that are not too many, brackets and commas."""
    if path.exists() and not path.is_file():
        raise DataError(f"{path} is no file: name one with the questions, or a folder of documents")
    try:
        size, values = path.stat().st_size, 0
        # Before it is parsed, when it were too late.
        if size <= LARGEST_TABLE:
            with path.open("rb") as file:
                for part in iter(lambda: file.read(1 << 20), b""):
                    values += sum(map(part.count, map(str.encode, _MARKS)))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    return size, values


def at_most(rows: Iterable[_T], place: Path | str, most: int, what: str) -> Iterator[_T]:
    """``rows``, as long as there are no more than ``most``.

    Raises:
        DataError: there are more.
    """
    remaining = iter(rows)
    yield from islice(remaining, most)
    if next(remaining, None) is not None:
        raise DataError(f"{place} has more than {most:,} {what}: import it in parts")


def source_json(text: str, place: str) -> Any:
    """What ``text`` is as JSON, without halves of characters, which no file can be written with.

    Raises:
        DataError: it is none; the message begins with ``place``.
    """
    value = json_value(text, place)
    try:
        return _whole(value) if _HALF.search(text) else value
    except RecursionError as error:
        raise DataError(f"{place}: is nested too deep: {text[:60]!r}") from error


def source_object(text: str, place: str) -> dict[str, Any]:
    """The same of an object.

    Raises:
        DataError: it is none; the message begins with ``place``.
    """
    return as_object(source_json(text, place), text, place)


def objects_in(value: Any) -> list[dict[str, Any]]:
    """The objects of a list of others' JSON; none of what is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _HALVES.sub("", value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_HALVES.sub("", name): _whole(one) for name, one in value.items()}
    return value
