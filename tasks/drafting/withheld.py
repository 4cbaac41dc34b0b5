"""
Sections that are taken out of a corpus, so that nothing answers what was asked of them.

The documents as they were are kept whole beside it (``whole/corpus``) before any section is missed:
killed in between, nothing is lost.
"""

from collections.abc import Collection
from pathlib import Path
from shlex import quote

from harness.errors import DataError
from harness.files import write_whole
from rag.corpus import (
    Section,
    has_corpus,
    load_corpus,
    load_frameworks,
    without_sections,
)

WHOLE = "whole"
"""A folder of a data folder: its ``corpus`` has the documents that sections were taken out of."""


def all_sections(data: Path) -> list[Section]:
    """The sections of a data folder by document, those that were taken out in their places.

    Raises:
        DataError: it has no documents, they cannot be read, or one was changed after sections had
            been taken out of it.
    """
    if not has_corpus(data):
        raise DataError(
            f"{data} is no data folder with documents: make one with policyqa data import "
            f"DOCUMENTS --out {quote(str(data))}"
        )
    there, before = load_corpus(data), _whole(data)
    known = {one.id: one for one in before}
    of = {one.framework for one in before}
    changed = [one for one in there if one.framework in of and known.get(one.id) != one]
    if changed:
        raise DataError(
            f"{changed[0].id} of {data} was changed after sections of its document had been taken "
            f"out: make the same change in {data / WHOLE}"
        )
    kept = [one for one in there if one.framework not in of]
    return sorted([*kept, *before], key=lambda one: one.framework)


def withheld_ids(data: Path) -> set[str]:
    """The sections that were taken out of a corpus."""
    return {one.id for one in _whole(data)} - {one.id for one in load_corpus(data)}


def take_away(data: Path, ids: Collection[str]) -> None:
    """Leave in the corpus all sections but those of ``ids``.

    What was taken out before and is not among them comes back; a document of which all is there
    again is the file that it was.
    """
    paths = sorted((data / "corpus").glob("*.md"))
    for path, framework in zip(paths, load_frameworks(data), strict=True):
        start = f"{framework.id}/"
        slugs = {one.removeprefix(start) for one in ids if one.startswith(start)}
        whole = data / WHOLE / "corpus" / path.name
        if slugs:
            text = (whole if whole.exists() else path).read_text(encoding="utf-8")
            write_whole(whole, text)
            write_whole(path, without_sections(text, slugs))
        elif whole.exists():
            whole.replace(path)


def _whole(data: Path) -> list[Section]:
    """The sections of the documents that some were taken out of."""
    kept = any((data / WHOLE / "corpus").glob("*.md"))
    return load_corpus(data / WHOLE) if kept else []
