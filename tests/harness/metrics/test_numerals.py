"""Numbers in digits, in words and as fractions: one value each, however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.numerals import NUMBER, value_of
from tests.harness.metrics.spelling import SPELLINGS, spelled

ODD = {
    "two and a half": 2.5,
    "two thirds": 2 / 3,
    "one-quarter": 0.25,
    "a third of them": 1 / 3,
    "half": 0.5,
    "a dozen": None,
    "a third country": None,
    "twelve hundred": 1200.0,
    "one million five hundred thousand": 1_500_000.0,
    "250 crore": 2.5e9,
    "1.5bn": 1.5e9,
    "10 000": 10_000.0,
    "24/7": None,
    "v1.2.3": None,
    "1.000.000": None,
    "SB25B-004": None,
    "1" * 5000: None,
    "٣": 3.0,
}


@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:30])
def test_numbers_that_are_written_oddly_have_their_value(text: str) -> None:
    match = NUMBER.search(text)
    assert (value_of(match) if match else None) == ODD[text]


@given(st.integers(2, 10**9 - 1), st.sampled_from(SPELLINGS))
def test_a_number_is_one_value_in_any_spelling(number: int, spelling: str) -> None:
    match = NUMBER.fullmatch(spelled(number, spelling))
    assert match
    assert value_of(match) == number


def test_words_without_end_are_a_number_all_the_same() -> None:
    values = [value_of(match) for match in NUMBER.finditer("hundred and " * 999)]
    assert max(values) < float("inf")
