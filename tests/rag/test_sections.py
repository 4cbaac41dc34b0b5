"""Sections follow the headings, then the length; nothing of a document is lost."""

import re

from hypothesis import given
from hypothesis import strategies as st

from rag.blocks import Block
from rag.corpus import Framework
from rag.sections import MAX_WORDS, Names, sections_of, slug, split_paragraphs, title_of

FRAMEWORK = Framework(id="rules", title="Rules")
LETTERS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=2000)


def test_a_section_stands_under_its_headings() -> None:
    blocks = [
        Block("Rules", 1),
        Block("Before all.", 0),
        Block("Chapter 1", 2),
        Block("Article 1", 3),
        Block("One.", pages=(2,)),
        Block("Also one.", pages=(2, 3)),
        Block("Chapter 2", 2, pages=(4,)),
    ]
    found = [(s.id, s.heading, s.body, s.pages) for s in sections_of(blocks, FRAMEWORK)]
    assert title_of(blocks) == "Rules"
    assert found == [
        ("rules/text", "Text", "Before all.", ()),
        ("rules/article-1", "Chapter 1 › Article 1", "One.\n\nAlso one.", (2, 3)),
        ("rules/chapter-2", "Chapter 2", "Chapter 2", (4,)),
    ]


def test_a_heading_with_nothing_below_keeps_its_words() -> None:
    blocks = [Block("Duties", 1), Block("One radio", 2), Block("One vest", 2), Block("Fee", 1)]
    found = [(s.heading, s.body) for s in sections_of([*blocks, Block("None.")], FRAMEWORK)]
    assert found == [
        ("Duties › One radio", "One radio"),
        ("Duties › One vest", "One vest"),
        ("Fee", "None."),
    ]


def test_a_long_table_is_cut_between_rows() -> None:
    table = "\n".join(f"| row {n} of the table | {n} euro |" for n in range(60))
    parts = split_paragraphs([Block(table)])
    assert len(parts) > 1
    assert [line for part in parts for line in part.text.split("\n")] == table.split("\n")


def test_a_first_heading_among_equals_is_no_title() -> None:
    blocks = [Block("One", 1), Block("a"), Block("Two", 1), Block("b")]
    assert title_of(blocks) is None
    assert [s.heading for s in sections_of(blocks, FRAMEWORK)] == ["One", "Two"]


def test_a_long_section_is_cut_into_even_parts_at_sentences() -> None:
    body = "The keeper of bees tells the office of each hive. " * 50
    blocks = [Block("Duty", 1), Block(body), Block("Fee", 1), Block("None.")]
    *parts, fee = sections_of(blocks, FRAMEWORK)
    assert fee.body == "None."
    lengths = [len(part.body.split()) for part in parts]
    assert max(lengths) <= MAX_WORDS
    assert len(parts) == 3
    assert min(lengths) > MAX_WORDS / 2
    assert all(part.body.endswith("hive.") for part in parts)
    assert [part.heading for part in parts] == [f"Duty (part {n} of 3)" for n in (1, 2, 3)]
    assert [part.id for part in parts] == ["rules/duty", "rules/duty-2", "rules/duty-3"]


def test_the_same_heading_twice_gives_two_ids() -> None:
    names = Names()
    given = [names.unique(text) for text in ("Scope", "Scope", "Scope 2")]
    assert given == ["scope", "scope-2", "scope-2-2"]
    assert slug("Größe – Maß (§ 5)") == "groe-ma-5"
    assert names.unique("حماية البيانات") == "section"


@given(st.lists(st.tuples(LETTERS, st.sets(st.integers(1, 9))), max_size=6), st.integers(1, 40))
def test_cutting_loses_nothing_and_keeps_to_the_length(
    paragraphs: list[tuple[str, set[int]]], most: int
) -> None:
    blocks = [Block(text, pages=tuple(sorted(pages))) for text, pages in paragraphs]
    found = split_paragraphs(blocks, most)
    kept = re.sub(r"\s", "", "".join(one.text for one in found))
    assert kept == re.sub(r"\s", "", "".join(text for text, _ in paragraphs))
    assert all(len(one.text.split()) <= most for one in found)
    known = set().union(*(pages for _, pages in paragraphs))
    inked = set().union(*(pages for text, pages in paragraphs if text.strip()))
    assert inked <= {page for one in found for page in one.pages} <= known
    assert all(list(one.pages) == sorted(set(one.pages)) for one in found)
