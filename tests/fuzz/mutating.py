"""Sound files → files as disks, copies, editors and attackers leave them, drawn by seed."""

import copy
import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.seal import FILES, SEAL, write_sealed

Draw = random.Random
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 0.5, 2**63, 10**400, float("nan"), float("inf"), "", " ", "x" * 5000,
    "\ud800", "\x1b[31m\u202e", "<script>alert(1)</script>", "[/b][link=x]", "=cmd()", "../../x",
    [], {}, [[]], [None], {"a": {"a": None}}, ["x"] * 50, "2026-13-45", "null", "1e999",
)  # fmt: skip
BYTES = (
    b"", b"\x00", b"\xff\xfe", b"null", b"[]", b"{}", b"[" * 100_000, b'{"a":' * 20_000,
    b"\x1b]0;owned\x07", b"9" * 5000, b"PK\x03\x04", b"%PDF-1.7\n", b"\r\n", b"\xef\xbb\xbf",
    b"&a [*a]", b"---\n", b"a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n",
)  # fmt: skip


def mutate(path: Path, draw: Draw) -> str:
    """Change a file as ``draw`` says; returns the name of what was done to it."""
    ways: list[Callable[[Path, Draw], bool]] = [_bytes, _lines, _whole]
    if path.suffix in (".json", ".jsonl"):
        ways += [_values] * 4
    way = draw.choice(ways)
    done = way(path, draw)
    if done and way is _values and draw.random() < 0.7:
        _seal_anew(path)
    return way.__name__.strip("_")


def _bytes(path: Path, draw: Draw) -> bool:
    """A part of the file goes, comes twice, or is something else."""
    content = path.read_bytes()
    for _ in range(draw.choice([1, 1, 1, 3, 20])):
        at = draw.randrange(len(content) + 1)
        end = min(len(content), at + draw.choice([0, 1, 1, 8, 100]))
        new = draw.choice([b"", content[at:end] * 2, draw.choice(BYTES), draw.randbytes(3)])
        content = content[:at] + new + content[end:]
    path.write_bytes(content)
    return True


def _lines(path: Path, draw: Draw) -> bool:
    """Lines go, change places, or stand twice."""
    lines = path.read_bytes().split(b"\n")
    for _ in range(draw.choice([1, 2, 5])):
        first, second = draw.randrange(len(lines)), draw.randrange(len(lines))
        act = draw.randrange(3)
        if act == 0 and len(lines) > 1:
            del lines[first]
        elif act == 1:
            lines.insert(first, lines[second])
        else:
            lines[first], lines[second % len(lines)] = lines[second], lines[first]
    path.write_bytes(b"\n".join(lines))
    return True


def _whole(path: Path, draw: Draw) -> bool:
    """The file is cut, emptied, gone, a folder, a fifo, or all something else."""
    act = draw.randrange(6)
    content = path.read_bytes()
    if act == 0:
        path.write_bytes(content[: draw.randrange(len(content) + 1)])
    elif act == 1:
        path.write_bytes(draw.choice(BYTES))
    elif act == 2:
        path.write_bytes(content * draw.choice([2, 30]))
    else:
        path.unlink()
        if act == 3:
            path.mkdir()
        elif act == 4:
            path.symlink_to(path.name)
    return True


def _values(path: Path, draw: Draw) -> bool:
    """A value of a JSON document, or of a line of it, is another, or stands elsewhere."""
    lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    for _ in range(draw.choice([1, 1, 1, 4])):
        at = draw.randrange(len(lines))
        document = json.loads(lines[at])
        _change(document, draw)
        lines[at] = json.dumps(document)
    path.write_text("\n".join(lines) + "\n")
    return True


def _change(document: Any, draw: Draw) -> None:
    found = list(_places(document))
    if not found:
        return
    holder, key = draw.choice(found)
    act = draw.random()
    if act < 0.15:
        del holder[key]
    elif act < 0.4:
        other, place = draw.choice(found)
        holder[key] = copy.deepcopy(other[place])
    elif act < 0.5 and isinstance(holder[key], (int, float)):
        with suppress(OverflowError):  # Of a number that was made too large for it before.
            holder[key] = holder[key] * draw.choice([-1, 0.5, 3, 1e300])
    else:
        holder[key] = draw.choice(VALUES)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a document that holds a value: what it is in, and under which key."""
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        return []
    return [(value, key) for key, _ in inner] + [
        place for _, one in inner for place in _places(one)
    ]


def _seal_anew(path: Path) -> None:
    """Let a record of a run, or the record beside a log, stand for what is there now."""
    record = path.with_name("variant.json") if path.suffix == ".jsonl" else path
    if not record.is_file():
        return
    content = json.loads(record.read_text())
    if not isinstance(content, dict) or not content.pop(SEAL, None):
        return
    named = content.get(FILES)
    names = named if isinstance(named, dict) else {}
    files = [record.parent / str(one) for one in names if "\0" not in str(one)]
    write_sealed(record, content, [one for one in files if one.is_file()])
