"""Prompts are exactly as published, and text keeps its place in them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.validation import validated
from harness.variants import Prompt
from rag.context import assemble, inert
from rag.stores.store import Hit
from tasks.policyqa.prompts import (
    PromptRow,
    completion,
    prompt_table,
    render,
    shipped_prompt,
    shipped_prompts,
)
from tests.rag.test_context import WORDS


def test_plain_and_rag_are_the_published_prompts() -> None:
    assert render(shipped_prompt("plain"), "Who?") == (
        "Answer the following question:\nQuestion: Who?\n---\nAnswer:"
    )
    assert render(shipped_prompt("rag"), "Who?", "[1] It.") == (
        "Answer the following question using the provided context:\n"
        "Context: [1] It.\nQuestion: Who?\n---\nAnswer:"
    )


PLAIN = {name: one for name, one in shipped_prompts().items() if not one.chat}


@pytest.mark.parametrize("prompt", PLAIN.values(), ids=list(PLAIN))
@given(
    question=st.text(max_size=60),
    passages=st.lists(
        st.sampled_from(["---", "Answer:", "a\n---\nAnswer: b", "Question: c", "{x}", "\r---\r"])
        | st.text(max_size=60)
    ),
)
def test_no_text_breaks_out_of_its_place(
    prompt: Prompt, question: str, passages: list[str]
) -> None:
    hits = [Hit(str(i), 1.0, text, text) for i, text in enumerate(passages)]
    context = assemble(hits, [], 1000, WORDS).text  # type: ignore[arg-type]
    lines = render(prompt, question, context).split("\n")
    own = prompt.template.split("\n")
    for mark in ("---", "Answer:", "Question:"):
        of_template = [line for line in own if line.startswith(mark)]
        assert len([line for line in lines if line.startswith(mark)]) == len(of_template)
    end = own[next(place for place, line in enumerate(own) if "{question}" in line) :]
    assert end[-1] == "Answer:"
    assert lines[-len(end) :] == [line.replace("{question}", inert(question)) for line in end]


@given(question=st.text(max_size=60), passages=st.lists(st.text(max_size=60)))
def test_of_a_chat_no_text_breaks_out_of_its_line(question: str, passages: list[str]) -> None:
    hits = [Hit(str(i), 1.0, text, text) for i, text in enumerate(passages)]
    context = assemble(hits, [], 1000, WORDS).text  # type: ignore[arg-type]
    assert render(shipped_prompt("chat"), question) == inert(question)
    lines = render(shipped_prompt("chat-rag"), question, context).split("\n")
    assert lines[-2:] == ["", f"Question: {inert(question)}"]
    assert [line for line in lines[:-1] if line.startswith("Question:")] == []
    assert lines[0].startswith("Provisions: ")


def test_shipped_prompts_that_ask_alike() -> None:
    rag = shipped_prompt("rag")
    for name in ("oracle", "misled"):
        assert shipped_prompt(name) == Prompt(name, rag.template, name)
    assert (rag.context, shipped_prompt("plain").context) == ("retrieved", "none")


def test_a_users_rows_are_added_and_take_the_place_of_shipped_ones() -> None:
    own = {
        "mine": PromptRow(template="{context} {question}"),
        "plain": PromptRow(template="{question}?"),
    }
    table = prompt_table(own)
    assert render(table["mine"], "a {b}", "c") == "c a {b}"
    assert table["mine"].context == "retrieved"
    assert table["plain"].template == "{question}?"
    assert "rag" in table


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"template": "Who?"}, "question must be"),
        ({"template": "{question} {answer}"}, "answer"),
        ({"template": "{question} {"}, "write {{ and }}"),
        ({"template": "{question:d}"}, "with no : or !"),
        ({"template": "{question}", "context": "oracle"}, "has no {context}"),
        ({"template": "{question!r}"}, "with no : or !"),
        ({"template": "{question}", "kontext": "x"}, "kontext"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_refused(row: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validated(PromptRow, row, "mine.yaml", ConfigError)
    assert said in str(caught.value)


def test_an_unknown_prompt_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"no prompt 'poem'; there are plain, rag"):
        shipped_prompt("poem")


def test_a_completion_follows_the_prompt_after_a_space() -> None:
    assert completion("Within\n72 hours. ") == " Within 72 hours."
