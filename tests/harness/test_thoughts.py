"""What a model thinks is no part of its answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.thoughts import BEGIN_THOUGHTS, answer_of, only_thoughts

WORDS = st.text(st.characters(exclude_characters="<[◁"))
MARKS = st.sampled_from(BEGIN_THOUGHTS)


def ends(mark: str) -> str:
    return f"{mark[0]}/{mark[1:]}"


@given(st.lists(st.tuples(MARKS, WORDS)), WORDS)
def test_an_answer_is_what_stands_after_thoughts_of_any_form(
    thoughts: list[tuple[str, str]], answer: str
) -> None:
    text = "".join(f"{mark}{thought}{ends(mark)}\n" for mark, thought in thoughts) + answer
    assert answer_of(text) == answer.strip()
    assert only_thoughts(text) is bool(thoughts and not answer.strip())


@pytest.mark.parametrize(
    ("prompt", "text", "answer"),
    [
        # The prompt began the thought: some models' chat templates end with the mark.
        ("Who?<|assistant|><think>\n", "Perhaps he.</think>\n\nShe.", "She."),
        ("Who?<|assistant|><think>\n", "Perhaps he, or", ""),
        ("Who?<|assistant|><think>\n\n</think>\n\n", "She.", "She."),
        ("What does <think> begin? Say so.", "A thought.", "A thought."),
        # It may have, where a server renders it.
        ("", "Perhaps he.</think>She.", "She."),
        ("", "<think>Perhaps he, or", ""),
        ("", "  <think>One.</think> Two. <think>Three", "Two."),
        ("", "[THINK]He?[/THINK]She.", "She."),
        ("", "He thinks; see [1] and <b>here</b>.", "He thinks; see [1] and <b>here</b>."),
    ],
)
def test_thoughts_end_where_they_end(prompt: str, text: str, answer: str) -> None:
    assert answer_of(text, prompt) == answer
    assert only_thoughts(text, prompt) is (not answer)


def test_an_empty_text_has_no_thoughts() -> None:
    assert not only_thoughts(" \n", "<think>")
