"""The words that the rules know (``words.yaml``), as sets and as parts of regular expressions."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from harness.reading import read_yaml


@cache
def _known() -> dict[str, Any]:
    return read_yaml(Path(__file__).with_name("words.yaml"))


def words(name: str) -> frozenset[str]:
    """A list, as a set."""
    return frozenset(_known()[name])


def pairs_of(name: str) -> dict[str, str]:
    """A table: what a sentence says, and what is asked."""
    return dict(_known()[name])


def any_of(name: str) -> str:
    """A regular expression of what stands in a list or table, the longest first, as one group."""
    found = sorted(_known()[name], key=len, reverse=True)
    return f"(?:{'|'.join(found)})"


def one_of(name: str) -> re.Pattern[str]:
    """A pattern that finds any of a list as a word of its own, in either case."""
    return re.compile(rf"\b{any_of(name)}\b", re.IGNORECASE)
