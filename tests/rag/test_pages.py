"""Pages are noted so that they read back, and what only looks like a note is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.pages import noted_pages, pages_note, pages_text


@given(st.sets(st.integers(1, 9999), min_size=1))
def test_noted_pages_read_back(pages: set[int]) -> None:
    assert noted_pages(pages_note(sorted(pages))) == tuple(sorted(pages))


def test_pages_are_written_as_people_write_them() -> None:
    assert pages_text([3, 4, 5, 7, 9, 10]) == "3-5, 7, 9-10"
    assert pages_note([3, 4]) == "<!-- pages: 3-4 -->"


@pytest.mark.parametrize("line", ["", "Text.", "<!-- a comment -->", " <!-- pages: 3 -->"])
def test_another_line_is_no_note(line: str) -> None:
    assert noted_pages(line) is None


@pytest.mark.parametrize("pages", ["three", "", "0", "4-3", "3,4", "3-", "1-999999", "3 --> Text"])
def test_a_note_that_names_no_pages_is_refused(pages: str) -> None:
    with pytest.raises(ValueError, match=r"expected pages like '<!-- pages: 3-4, 7 -->', found"):
        noted_pages(f"<!-- pages: {pages} -->")
