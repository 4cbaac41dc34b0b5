"""
The pages a section stands on, as a corpus file notes them right under a heading.

    <!-- pages: 3-4, 7 -->
"""

import re
from collections.abc import Iterable

from more_itertools import consecutive_groups

_START = "<!-- pages:"
_RANGE = r"[1-9]\d{0,4}(?:-[1-9]\d{0,4})?"
_NOTE = re.compile(rf"{_START} ({_RANGE}(?:, {_RANGE})*) -->")


def pages_text(pages: Iterable[int]) -> str:
    """Pages in ascending order as people write them: ``3-4, 7``."""
    runs = [list(run) for run in consecutive_groups(pages)]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def pages_note(pages: Iterable[int]) -> str:
    """The line that notes pages, in ascending order and at least one."""
    return f"{_START} {pages_text(pages)} -->"


def noted_pages(line: str) -> tuple[int, ...] | None:
    """The pages that a line notes, in ascending order; None where it is no note.

    Raises:
        ValueError: it begins like a note, and names no pages.
    """
    if not line.startswith(_START):
        return None
    match = _NOTE.fullmatch(line.rstrip())
    pages = {page for part in match[1].split(", ") for page in _range(part)} if match else set()
    if not pages:
        raise ValueError(f"expected pages like {pages_note([3, 4, 7])!r}, found {line!r}")
    return tuple(sorted(pages))


def _range(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first), int(last or first) + 1)
