"""What commands left in a folder: whether each file is whole, and what all of them say."""

import csv
import hashlib
import io
import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import yaml

from rag.stores.opening import EDGE, place_of

MOMENT = re.compile(r"_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d+")
"""When lm-eval wrote a file, in its name."""
OF_A_MOMENT = {
    "results": {"date", "start_time", "end_time", "total_evaluation_time_seconds"},
    # Hashes of the files above, by their names, and of them all.
    "variant": {"files", "sealed"},
}
"""The fields that rightly differ, by how the name of their file begins."""
DIMENSIONS = 384
"""Of the vectors of the embedder that is used where none is named."""


def left_in(work: Path) -> dict[str, str]:
    """A hash of what each file says, by path without its moment; an index and kept answers are
    what is in them. ``POLICYQA_HOME`` is the folder's ``home``."""
    found = {}
    for path in _files(work):
        name = MOMENT.sub("", path.relative_to(work).as_posix())
        found[name] = hashlib.sha256(_said(path).encode()).hexdigest()
    for folder in sorted((work / "home" / "index").glob(f"*{EDGE}")):
        name = folder.name.removesuffix(EDGE)
        with place_of(name).open(DIMENSIONS) as store:
            points = repr(list(store.take(sorted(store.ids().tolist()))))
        found[f"index {name}"] = hashlib.sha256(points.encode()).hexdigest()
    return found


def partial_in(work: Path) -> list[str]:
    """Files and folders that were begun and never put under their final names."""
    return sorted(str(one.relative_to(work)) for one in work.rglob("*.partial"))


def damaged_in(work: Path) -> list[str]:
    """The files that are under their final names and not whole, each with the reason."""
    found = []
    for path in _files(work):
        try:
            _CHECKS.get(path.suffix, _text)(path)
        except (ValueError, yaml.YAMLError, csv.Error, sqlite3.Error) as error:
            found.append(f"{path.relative_to(work)}: {error}")
    return found


def _files(work: Path) -> Iterator[Path]:
    """What commands wrote or may have changed; not what is in an index, which is Qdrant's."""
    for path in sorted(work.rglob("*")):
        parts = path.relative_to(work).parts
        index = parts[:2] == ("home", "index")
        begun = any(one.endswith(".partial") for one in parts)
        beside = path.suffix in (".lock", ".sqlite-wal", ".sqlite-shm")
        if path.is_file() and not (index or begun or beside):
            yield path


def _said(path: Path) -> str:
    if path.suffix == ".sqlite":
        return _rows(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    dropped = OF_A_MOMENT.get(re.split(r"[_.]", path.name)[0])
    if path.suffix != ".json" or dropped is None:
        return text
    return json.dumps({name: one for name, one in json.loads(text).items() if name not in dropped})


def _rows(path: Path) -> str:
    """All rows of a database, but for what an answer took and when."""
    with _opened(path) as database:
        tables = [one for (one,) in database.execute("SELECT name FROM sqlite_master")]
        tables = [one for one in tables if one in ("answers", "scores", "uses")]
        found = {}
        for table in tables:
            rows = database.execute(f"SELECT * FROM {table}")  # noqa: S608
            names = [column[0] for column in rows.description]
            told = [dict(zip(names, row, strict=True)) for row in rows]
            for row in told:
                row.pop("seconds", None), row.pop("day", None)
            found[table] = sorted(json.dumps(row) for row in told)
    return json.dumps(found)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A copy of a database, since opening one takes in what a kill left beside it."""
    with tempfile.TemporaryDirectory() as folder:
        for one in path.parent.glob(f"{path.name}*"):
            shutil.copy(one, folder)
        with closing(sqlite3.connect(Path(folder) / path.name)) as database:
            yield database


def _text(path: Path) -> str:
    """Its text, which must end with a line's or a page's end unless it is no text of ours."""
    text = path.read_bytes().decode("utf-8", "replace")
    ends = {".html": "</html>", ".md": "\n", ".csv": "\n", ".jsonl": "\n"}
    end = ends.get(path.suffix, "")
    if text and not (text.endswith(end) or text.rstrip().endswith(end)):
        raise ValueError(f"ends with {text[-20:]!r}")
    return text


def _csv(path: Path) -> None:
    for _ in csv.reader(io.StringIO(_text(path).removeprefix("\ufeff")), strict=True):
        pass


def _json_lines(path: Path) -> None:
    for line in _text(path).split("\n")[:-1]:
        json.loads(line)


def _sound(path: Path) -> None:
    with _opened(path) as database:
        said = database.execute("PRAGMA integrity_check").fetchall()
    if said != [("ok",)]:
        raise ValueError(str(said))


_CHECKS: dict[str, Callable[[Path], Any]] = {
    ".json": lambda path: json.loads(_text(path)),
    ".jsonl": _json_lines,
    ".csv": _csv,
    ".yaml": lambda path: yaml.safe_load(_text(path)),
    ".sqlite": _sound,
}
