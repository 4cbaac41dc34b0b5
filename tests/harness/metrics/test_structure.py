"""How answers are built: repeated, long, broken off, empty."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics import Metric, Row, Value
from harness.metrics.structure import ORDER, Empty, Length, Repetition, Unfinished


def value(metric: Metric, answer: str, references: Sequence[str] = ("One two.",)) -> Value | None:
    """What a metric gives one answer."""
    (found,) = metric.score([Row("?", answer, tuple(references))])
    return found


@given(st.integers(ORDER, 12), st.integers(1, 9))
def test_a_text_said_k_times_repeats_all_but_its_own_runs(words: int, times: int) -> None:
    text = " ".join(f"w{place}" for place in range(words))
    runs = words * times - ORDER + 1
    # Where it begins anew, there are runs across: said twice they are new, later they are not.
    distinct = words if times > 1 else words - ORDER + 1
    expected = 1 - min(distinct, runs) / runs
    assert value(Repetition(), f"{text}. " * times) == pytest.approx(expected)


@given(st.text(st.sampled_from("ab .,\n"), max_size=60))
def test_repetition_is_a_share_whatever_the_case_and_the_punctuation(text: str) -> None:
    found = value(Repetition(), text)
    assert isinstance(found, float)
    assert 0 <= found < 1
    assert value(Repetition(), text.upper().replace(" ", " ,")) == found


@pytest.mark.parametrize(
    ("answer", "references", "expected"),
    [
        ("one two three", ["one two three"], 1.0),
        ("one two three", ["1 2 3 4 5 6", "1 2"], 1.5),
        # Of two as near the shorter one.
        ("one two three", ["1 2 3 4", "1 2"], 1.5),
        ("", ["one"], 0.0),
        ("one", ["…", "1 2"], 0.5),
        ("one", ["…"], None),
    ],
)
def test_length_is_over_the_nearest_reference(
    answer: str, references: list[str], expected: float | None
) -> None:
    assert value(Length(), answer, references) == expected


ENDINGS = {
    "It has 72 hours.": 0.0,
    "Within 72 hours (Article 33)": 0.0,
    "Does it?\n\n": 0.0,
    "“It must.”": 0.0,
    "**It must.**": 0.0,
    "必须。": 0.0,
    "It has 72": 1.0,
    "It has 72 hours, and": 1.0,
    "It has 72 hours, ": 1.0,
    "1. Notify. 2. Wri": 1.0,
    "." * 50_000 + "x": 1.0,
    " \n": None,
    "Both:\n- notify\n- wait": 0,
    "Both:\n1. notify\n2. wait": 0,
    "Both:\n- Notify.\n- Wait": 1,
    "Both:\n- notify and": 1,
    "| when | how |\n| --- | --- |\n| now | so |": 0,
}


@pytest.mark.parametrize("answer", ENDINGS, ids=lambda text: text[:20])
def test_an_answer_is_unfinished_unless_a_sentence_ends_it(answer: str) -> None:
    assert value(Unfinished(), answer) == ENDINGS[answer]


@pytest.mark.parametrize(("answer", "expected"), [("", 1), (" …\n", 1), ("No", 0), ("不", 0)])
def test_an_answer_without_a_word_is_empty(answer: str, expected: float) -> None:
    assert value(Empty(), answer) == expected
