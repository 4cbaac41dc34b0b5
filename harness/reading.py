"""
The one door for text that is read: JSON, JSON lines, YAML and what tables are made of.

Files are anyone's. What is too large, too deep or none of its form is refused in one line that says
where, before it costs memory or time.
"""

import json
import os
import stat
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import yaml

from harness.errors import DataError

LARGEST_TEXT = 2**30
"""Bytes of a text file, at most: a log of a hundred thousand questions has half of it."""
LARGEST_YAML = 2**20
"""Bytes of a YAML file, at most: people write them."""
MOST_NODES = 20_000
"""Values of a YAML file, at most, each alias counted as what it stands for."""


def read_text(path: Path, largest: int = LARGEST_TEXT) -> str:
    """The text of a file, without the mark of its byte order.

    Raises:
        DataError: it is missing, no file, not UTF-8, or has more bytes than ``largest``.
    """
    with _opened(path, largest) as file:
        return file.read()


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield ``(line number, text)`` for every line that is not blank.

    Raises:
        DataError: the file is missing, too large or not UTF-8.
    """
    with _opened(path, LARGEST_TEXT) as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield number, line.removesuffix("\n")


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield ``(line number, object)`` for every line that is not blank.

    Raises:
        DataError: the file is missing, not UTF-8, or a line is not a JSON object.
    """
    for number, line in numbered_lines(path):
        yield number, json_object(line, f"{path}:{number}")


def json_value(text: str, place: str) -> Any:
    """What ``text`` is as JSON.

    Raises:
        DataError: it is none; the message begins with ``place``.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place}: not JSON ({error}): {text[:60]!r}") from error


def json_object(text: str, place: str) -> dict[str, Any]:
    """The JSON object that ``text`` is.

    Raises:
        DataError: it is none; the message begins with ``place``.
    """
    return as_object(json_value(text, place), text, place)


def as_object(value: Any, text: str, place: str) -> dict[str, Any]:
    """A value that ``text`` is as JSON, if it is an object.

    Raises:
        DataError: it is none; the message begins with ``place``.
    """
    if not isinstance(value, dict):
        raise DataError(f"{place}: expected an object, found {text[:60]!r}")
    return value


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that holds one JSON object.

    Raises:
        DataError: the file is missing, not UTF-8, or holds something else.
    """
    return json_object(read_text(path), str(path))


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        DataError: the file is missing, too large, not YAML, or holds something else.
    """
    return yaml_mapping(read_text(path, LARGEST_YAML), str(path))


def yaml_mapping(text: str, place: str) -> dict[str, Any]:
    """The mapping that ``text`` is as YAML.

    Raises:
        DataError: it is none, says a name twice, or is too large; the message begins with
            ``place``.
    """
    try:
        value = yaml.load(text, _Bounded)  # noqa: S506  It is a SafeLoader.
    # A date that is none and a number of 5,000 digits are ValueErrors.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise DataError(f"{place}: not YAML ({said:.300})") from error
    if not isinstance(value, Mapping):
        raise DataError(f"{place}: expected a mapping of names to values, found {value!r:.60}")
    return dict(value)


class _Bounded(yaml.SafeLoader):
    """YAML's safe loader, of so many values, and of no mapping that says a name twice."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._count = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """A value; an alias counts as all that it stands for."""
        alias, before = self.check_event(yaml.AliasEvent), self._count
        self._count += 1
        node = super().compose_node(parent, index)
        if alias:
            if id(node) not in self._sizes:
                raise yaml.YAMLError("an alias stands in what it stands for")
            self._count += self._sizes[id(node)]
        if self._count > MOST_NODES:
            raise yaml.YAMLError(f"it has more than {MOST_NODES:,} values, aliases counted in full")
        self._sizes[id(node)] = self._count - before
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping, of names that stand once."""
        seen = set()
        for key, _ in node.value:
            name = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else None
            if name in seen and name != ("tag:yaml.org,2002:merge", "<<"):
                raise yaml.YAMLError(f"line {key.start_mark.line + 1}: {key.value!r} stands twice")
            seen.add(name)
        return super().construct_mapping(node, deep)


@contextmanager
def _opened(path: Path, largest: int) -> Iterator[TextIO]:
    """A text file, open; what goes wrong while it is read is told with its path."""
    try:
        # A fifo nobody writes to is empty, rather than waited for.
        with open(path, encoding="utf-8-sig", opener=_at_once) as file:
            os.set_blocking(file.fileno(), True)
            found = os.fstat(file.fileno())
            if stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode):
                raise DataError(f"{path} cannot be read: it is a device, and no file")
            if found.st_size > largest:
                raise DataError(
                    f"{path} has {found.st_size:,} bytes, and at most {largest:,} are read: split "
                    "it"
                )
            yield file
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
