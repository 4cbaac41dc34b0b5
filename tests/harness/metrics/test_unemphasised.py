"""A text without marks of emphasis, and where its characters were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.unemphasised import unemphasised


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("within **72** hours", "within 72 hours"),
        ("*Article* __33__ `(1)`", "Article 33 (1)"),
        ("I don’t “know”", 'I don\'t "know"'),
        ("72\u2011hour, 20\u202f000\u00a0€", "72-hour, 20 000 €"),
        ("2*3 * 4 and snake_case", "2*3 * 4 and snake_case"),
        ("* an item\n* another", "* an item\n* another"),
    ],
)
def test_a_text_is_read_without_marks_of_emphasis(written: str, read: str) -> None:
    assert unemphasised(written).text == read


@given(st.text(st.sampled_from("ab1 *_`~’\u00a0\n"), max_size=30))
def test_each_character_stands_where_it_was_written(text: str) -> None:
    read = unemphasised(text)
    spans = [read.written(place, place + 1) for place in range(len(read.text))]
    assert all(end == start + 1 for start, end in spans)
    assert spans == sorted(set(spans))
    usual = [text[start:end].replace("’", "'").replace("\u00a0", " ") for start, end in spans]
    assert "".join(usual) == read.text
    if spans:
        assert read.written(0, len(read.text)) == (spans[0][0], spans[-1][1])
