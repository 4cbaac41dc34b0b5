"""
Sections that are taken out of a corpus, so that nothing answers what was asked of them.

The documents as they were are kept whole beside it (``whole/corpus``) before any section is missed:
killed in between, nothing is lost.
"""

import shutil
from collections.abc import Collection
from pathlib import Path

from harness.errors import DataError
from harness.files import write_whole
from rag.corpus import Section, has_corpus, load_corpus, load_frameworks, write_framework

WHOLE = "whole"
"""A folder of a data folder: its ``corpus`` has the documents that sections were taken out of."""


def all_sections(data: Path) -> list[Section]:
    """The sections of a data folder in order, those that were taken out among them.

    Raises:
        DataError: it has no documents, they cannot be read, or one was changed after sections had
            been taken out of it.
    """
    if not has_corpus(data):
        raise DataError(
            f"{data} is no data folder with documents: make one with policyqa data import "
            "DOCUMENTS --out DIR"
        )
    there, before = load_corpus(data), _whole(data)
    known = {one.id: one for one in before}
    of = {one.framework for one in before}
    changed = [one for one in there if one.framework in of and known.get(one.id) != one]
    if changed:
        raise DataError(
            f"{changed[0].id} of {data} was changed after sections of its document had been taken "
            f"out: change it in {data / WHOLE} as well, or remove that folder; they stay out then"
        )
    kept = [one for one in there if one.framework not in of]
    return sorted([*kept, *before], key=lambda one: one.framework)


def withheld_ids(data: Path) -> set[str]:
    """The sections that were taken out of a corpus."""
    return {one.id for one in _whole(data)} - {one.id for one in load_corpus(data)}


def take_away(data: Path, ids: Collection[str]) -> None:
    """Leave in the corpus all sections but those of ``ids``; what was taken out before and is not
    among them comes back to its place."""
    sections = all_sections(data)
    corpus, whole = data / "corpus", data / WHOLE / "corpus"
    for path, framework in zip(sorted(corpus.glob("*.md")), load_frameworks(data), strict=True):
        name = f"{framework.id}.md"
        path.rename(corpus / name)  # As it is written below.
        own = [one for one in sections if one.framework == framework.id]
        left = [one for one in own if one.id not in ids]
        kept = (whole / name).exists()
        if len(left) < len(own) and not kept:
            write_whole(whole / name, (corpus / name).read_text(encoding="utf-8"))
        if len(left) < len(own) or kept:
            write_framework(corpus, framework, left)
        if len(left) == len(own) and kept:
            (whole / name).unlink()
    if whole.exists() and not any(whole.iterdir()):
        shutil.rmtree(data / WHOLE)


def _whole(data: Path) -> list[Section]:
    """The sections of the documents that some were taken out of."""
    return load_corpus(data / WHOLE) if has_corpus(data / WHOLE) else []
