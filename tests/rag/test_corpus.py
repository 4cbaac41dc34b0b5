"""Documents are read, or refused with the line that is wrong."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.errors import DataError
from rag.corpus import (
    Framework,
    Section,
    clean,
    load_corpus,
    one_line,
    said,
    scan_framework,
    sound,
    write_framework,
)
from tests.tasks.folders import note_pages


def test_sections_come_with_their_place(data: Path) -> None:
    sections = load_corpus(data)
    assert len(sections) == 18
    assert sections[0].id == "bees/s-1"
    assert sections[0].text.startswith("Bee Keeping Act, Hives 1 (Part 1): Hives stand 40 metres")


def test_two_sections_say_the_same_in_other_case_spacing_and_places(data: Path) -> None:
    one, other = load_corpus(data)[:2]
    again = replace(other, heading="Elsewhere", body=one.body.upper().replace(" ", "\n  "))
    assert said(again) == said(one) != said(other)


def test_pages_are_read_and_are_no_part_of_what_a_section_says(data: Path) -> None:
    before = load_corpus(data)
    note_pages(data / "corpus" / "bees.md", {"s-2": "3-4"})
    after = load_corpus(data)
    assert [one.pages for one in after[:3]] == [(), (3, 4), ()]
    assert [replace(one, pages=()) for one in after] == before
    assert [one.text for one in after] == [one.text for one in before]


def test_a_folder_without_a_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="needs a corpus there"):
        load_corpus(tmp_path)


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80)
PAGES = st.sets(st.integers(1, 30), max_size=4).map(lambda pages: tuple(sorted(pages)))
LINES = "One.\n## two · Not a section\n---\ntitle: x\n## \nlast"


@given(TEXT, TEXT, PAGES)
@example(LINES, "Title (Article 1)", ())
@example("\r## a · b", "x\ny", (1, 2, 9))
@example("<!-- pages: 5 -->\nText.", "Title", ())
@example("<!-- pages: 5 -->\nText.", "Title", (3,))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_reads_back(
    tmp_path: Path, body: str, heading: str, pages: tuple[int, ...]
) -> None:
    framework = Framework(
        id="rules",
        title=f"Rules: {heading}",
        citation=heading,
        year=2020,
        status="directive",
        applies_from=date(2026, 12, 2),
    )
    sections = [
        Section(f"rules/s-{n}", "rules", framework.title, heading, body, pages) for n in (1, 2)
    ]
    if not one_line(heading) or not clean(body).strip():
        return
    path = write_framework(tmp_path, framework, sections)
    read, scanned = scan_framework(path)
    found = list(sound(scanned))
    assert (read.id, read.year) == ("rules", 2020)
    assert (read.status, read.applies_from) == ("directive", date(2026, 12, 2))
    assert [section.id for section in found] == ["rules/s-1", "rules/s-2"]
    for section in found:
        assert section.heading == one_line(heading)
        assert section.pages == pages
        assert section.body.split() == clean(body).split()
