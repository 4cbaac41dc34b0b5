"""Documents are read, or refused with the line that is wrong."""

from dataclasses import replace
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
    read_framework,
    write_framework,
)


def test_sections_come_with_their_place(data: Path) -> None:
    sections = load_corpus(data)
    assert len(sections) == 18
    assert sections[0].id == "bees/s-1"
    assert sections[0].text.startswith("Bee Keeping Act, Hives 1 (Part 1): Hives stand 40 metres")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("id: bees\n", "", r"bees\.md:1: the front matter: id: Field required"),
        ("---\nid", "id", r"bees\.md:1: expected front matter"),
        ("title: Bee", "title: [Bee", r"bees\.md:1: the front matter is not YAML"),
        ("## s-2 · Hives", "## Hives", r"bees\.md:13: expected a heading like"),
        ("## s-2 ", "## s-1 ", r"bees\.md:13: the section id bees/s-1 stands here again"),
        ("Hives stand 40 metres from any road under Article 2.", "", r"bees\.md:13: .* is empty"),
        ("(Part 2)\n", "(Part 2)\n<!-- pages: ii -->\n", r"bees\.md:13: expected pages like"),
    ],
)
def test_a_broken_document_is_refused(data: Path, old: str, new: str, found: str) -> None:
    path = data / "corpus" / "bees.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=found):
        load_corpus(data)


def test_pages_are_read_and_are_no_part_of_what_a_section_says(data: Path) -> None:
    path = data / "corpus" / "bees.md"
    before = load_corpus(data)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("(Part 2)\n", "(Part 2)\n<!-- pages: 3-4 -->\n"), encoding="utf-8")
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
    framework = Framework(id="rules", title=f"Rules: {heading}", citation=heading, year=2020)
    sections = [
        Section(f"rules/s-{n}", "rules", framework.title, heading, body, pages) for n in (1, 2)
    ]
    if not one_line(heading) or not clean(body).strip():
        return
    path = write_framework(tmp_path, framework, sections)
    read, found = read_framework(path)
    assert (read.id, read.year) == ("rules", 2020)
    assert [section.id for _, section in found] == ["rules/s-1", "rules/s-2"]
    for _, section in found:
        assert section.heading == one_line(heading)
        assert section.pages == pages
        assert section.body.split() == clean(body).split()
