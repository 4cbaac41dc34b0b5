"""What a model thinks is no part of its answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.thoughts import (
    BEGIN_THOUGHTS,
    END_THOUGHTS,
    answer_of,
    begins_thoughts,
    ends_what_it_did_not_begin,
    stopped,
)

WORDS = st.text(st.characters(exclude_characters="<[◁"))
MARKS = st.sampled_from([*zip(BEGIN_THOUGHTS, END_THOUGHTS, strict=True)])


@given(st.lists(st.tuples(MARKS, WORDS)), WORDS)
def test_an_answer_is_what_stands_after_thoughts_of_any_form(
    thoughts: list[tuple[tuple[str, str], str]], answer: str
) -> None:
    text = "".join(f"{begin}{thought}{end}\n" for (begin, end), thought in thoughts) + answer
    assert answer_of(text) == answer.strip()
    assert not ends_what_it_did_not_begin(text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        # A prompt or a server may have begun it.
        ("Perhaps he.</think>She.", "She."),
        ("<think>Perhaps he, or", ""),
        ("  <think>One.</think> Two. <think>Three", "Two."),
        ("<think>One.</think>Two.</think>Three.", "Three."),
        ("[THINK]He?[/THINK]She.", "She."),
        ("He thinks; see [1] and <b>here</b>.", "He thinks; see [1] and <b>here</b>."),
        (" \n", ""),
    ],
)
def test_thoughts_end_where_they_end(text: str, answer: str) -> None:
    assert answer_of(text) == answer


def test_a_text_that_goes_on_with_a_thought_is_one_until_it_ends() -> None:
    assert answer_of("Perhaps he, or", begun=True) == ""
    assert answer_of("Perhaps he.</think>She.", begun=True) == "She."
    assert answer_of("<think>Perhaps he.</think>She.", begun=True) == "She."
    assert begins_thoughts("Who?<|assistant|><think>\n")
    assert not begins_thoughts("Who?<|assistant|><think>\n\n</think>\n\n")
    assert not begins_thoughts("What does <think> begin? Say so.")


def test_a_mark_of_its_own_ends_thoughts_as_well() -> None:
    said = "analysisHe?assistantfinalShe."
    assert answer_of(said) == said
    assert answer_of(said, "assistantfinal") == "She."
    assert answer_of("analysisHe, or", "assistantfinal", begun=True) == ""
    assert ends_what_it_did_not_begin(said, "assistantfinal")
    assert ends_what_it_did_not_begin("He?</think>She.")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>He?\nQ: who?</think>She.\nQ: why?", "<think>He?\nQ: who?</think>She."),
        ("He?\nQ: who?</think>She.\nQ: why?", "He?\nQ: who?</think>She."),
        ("<think>He?\nQ: who?", "<think>He?\nQ: who?"),
        ("She.\nQ: why?", "She."),
    ],
)
def test_a_stop_string_in_a_thought_stops_nothing(text: str, left: str) -> None:
    assert stopped(text, ["\nQ:"]) == left
    ended = text.replace("</think>", "FINAL")
    if "</think>" in text and "<think>" not in text:
        assert stopped(ended, ["\nQ:"], "FINAL") == left.replace("</think>", "FINAL")
