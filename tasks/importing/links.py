"""
Which paths of a folder are within it: what a link leads out to was never meant to be imported.

A folder of documents may come from somebody else. A link in it to a private file would put that
file into the data, its index and its reports.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from tasks.importing.drafts import Refused


def inside(paths: Iterable[Path], folder: Path) -> tuple[list[Path], list[Refused]]:
    """Those of ``paths`` that are within ``folder`` with all links followed, and the others; both
    sorted. The folder, which the user has named, may be a link itself."""
    # Unlike Path.resolve before Python 3.13, realpath raises nothing for a link to itself.
    root = os.path.realpath(folder)
    within: list[Path] = []
    outside: list[Refused] = []
    for path in sorted(paths):
        target = os.path.realpath(path)
        if Path(target).is_relative_to(root):
            within.append(path)
        else:
            reason = f"is a link out of the folder, to {as_text(target)}: put a copy in its place"
            outside.append(Refused(place_in(folder, path), "document", reason))
    return within, outside


def place_in(folder: Path, path: Path) -> str:
    """``path`` as it is named in ``folder``, with slashes, as text."""
    return as_text(path.relative_to(folder).as_posix())


def as_text(name: str) -> str:
    """A file's name without the bytes that are no text, which one in another encoding has."""
    return os.fsencode(name).decode("utf-8", "replace")
