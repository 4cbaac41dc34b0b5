"""Sections that are taken out of a corpus, so that nothing answers what was asked of them."""

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from harness.errors import DataError
from rag.corpus import Framework, Section, has_corpus, load_corpus, load_frameworks, write_framework

WITHHELD = "withheld"
"""A folder of a data folder: its ``corpus`` has the sections that were taken out."""


def all_sections(data: Path) -> list[Section]:
    """The sections of a data folder, with those that were taken out behind the others.

    Raises:
        DataError: it has no documents, or they cannot be read.
    """
    if not has_corpus(data):
        raise DataError(
            f"{data} is no data folder with documents: make one with policyqa data import "
            "DOCUMENTS --out DIR"
        )
    return [*load_corpus(data), *withheld_sections(data)]


def withheld_sections(data: Path) -> list[Section]:
    """What was taken out of a corpus; none where nothing was."""
    away = data / WITHHELD
    return load_corpus(away) if has_corpus(away) else []


def take_away(data: Path, sections: Sequence[Section], ids: Collection[str]) -> None:
    """Leave in the corpus all ``sections`` but those of ``ids``, and put these aside.

    They are put aside before they are missed: killed in between, nothing is lost.
    """
    frameworks = {one.id: one for one in load_frameworks(data)}
    before = withheld_sections(data)
    if not ids and not before:
        return
    away = data / WITHHELD / "corpus"
    for name in {one.framework for one in sections if one.id in ids}:
        _write(away, frameworks[name], [one for one in sections if one.id in ids])
    for name in {one.framework for one in (*before, *sections) if one.id in ids or one in before}:
        _write(data / "corpus", frameworks[name], [one for one in sections if one.id not in ids])
    if not ids:
        shutil.rmtree(data / WITHHELD)


def _write(corpus: Path, framework: Framework, sections: Sequence[Section]) -> None:
    own = [one for one in sections if one.framework == framework.id]
    write_framework(corpus, framework, own)
