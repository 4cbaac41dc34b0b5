"""Examples ask what the tasks ask, and carry loss on the answer alone."""

from pathlib import Path

import pytest

from finetune.examples import IGNORED, build_examples, tokenise
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.prompts import render
from tasks.policyqa.questions import in_split, load_questions


@pytest.fixture
def tokenizer(smollm2: Path):  # type: ignore[no-untyped-def]
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(smollm2)


def test_loss_is_on_the_answer_and_its_end(tokenizer) -> None:  # type: ignore[no-untyped-def]
    prompt = render("plain", "Who must be told of a breach?")
    example = tokenise(tokenizer, prompt, " The authority.")
    asked = tokenizer(prompt)["input_ids"]
    assert example.input_ids[: len(asked)] == asked
    assert example.labels[: len(asked)] == [IGNORED] * len(asked)
    answered = example.labels[len(asked) :]
    assert answered == example.input_ids[len(asked) :]
    assert answered[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(answered[:-1]) == " The authority."


@pytest.mark.parametrize(("prompt", "marker"), [("plain", None), ("rag", "Context: [1] ")])
def test_examples_are_the_prompts_of_the_tasks(  # type: ignore[no-untyped-def]
    data: Path, tokenizer, prompt: str, marker: str | None
) -> None:
    sections = load_corpus(data)
    questions = in_split(load_questions(data, [s.id for s in sections]), "train")
    built = build_examples(questions, prompt, Retriever(sections), tokenizer, 512)
    assert len(built.rows) == len(questions)
    assert built.tokens == sum(len(row.input_ids) for row in built.rows)
    text = tokenizer.decode(built.rows[0].input_ids)
    assert f"Question: {questions[0].question}\n---\nAnswer: {questions[0].answer}" in text
    assert (marker is None) or marker in text


def test_an_example_over_the_limit_is_left_out_and_named(  # type: ignore[no-untyped-def]
    data: Path, tokenizer
) -> None:
    sections = load_corpus(data)
    questions = in_split(load_questions(data, [s.id for s in sections]), "train")
    longer = questions[0].model_copy(update={"answer": "word " * 100})
    built = build_examples([longer, *questions[1:]], "plain", Retriever(sections), tokenizer, 100)
    assert built.too_long == [longer.id]
    assert len(built.rows) == len(questions) - 1
