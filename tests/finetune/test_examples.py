"""Examples ask what the tasks ask, and carry loss on the answer alone."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from finetune.contexts import shown_as_asked
from finetune.examples import (
    IGNORED,
    Examples,
    build_examples,
    build_splits,
    left_out,
    tokenise,
    tokenizer_of,
)
from finetune.recipe import Recipe
from harness.errors import DataError
from harness.models.policyqa_hf import Unloaded
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.prompts import render, shipped_prompt
from tasks.policyqa.questions import Question, in_split, load_questions


def recipe(prompt: str = "plain", **changes: Any) -> Recipe:
    weights = "sft-rag" if prompt == "rag" else "sft"
    return Recipe(name="r", weights=weights, prompt=prompt, **changes)


def built(
    data: Path, wanted: Recipe, tokenizer: Any, answer: str | None = None
) -> tuple[list[Question], Examples]:
    """The training questions (the first with another ``answer``) and their examples."""
    sections = load_corpus(data)
    questions = in_split(load_questions(data, [s.id for s in sections]), "train")
    if answer:
        questions[0] = questions[0].model_copy(update={"answer": answer})
    shown = shown_as_asked(questions, Retriever(sections), wanted)
    return questions, build_examples(questions, shown, wanted, tokenizer)


@pytest.fixture
def tokenizer(smollm2: Path):  # type: ignore[no-untyped-def]
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(smollm2)


def test_loss_is_on_the_answer_and_its_end(tokenizer) -> None:  # type: ignore[no-untyped-def]
    prompt = render(shipped_prompt("plain"), "Who must be told of a breach?")
    example = tokenise(tokenizer, prompt, " The authority.")
    asked = tokenizer(prompt)["input_ids"]
    assert example.input_ids[: len(asked)] == asked
    assert example.labels[: len(asked)] == [IGNORED] * len(asked)
    answered = example.labels[len(asked) :]
    assert answered == example.input_ids[len(asked) :]
    assert answered[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(answered[:-1]) == " The authority."


def test_a_prompt_begins_with_bos_once_in_training_as_in_asking(  # type: ignore[no-untyped-def]
    tiny_llama: Path, tokenizer, tmp_path: Path
) -> None:
    from tokenizers.processors import TemplateProcessing

    bos = (tokenizer.bos_token, tokenizer.bos_token_id)
    begun = TemplateProcessing(single=f"{bos[0]} $A", special_tokens=[bos])
    tokenizer.backend_tokenizer.post_processor = begun
    tokenizer.save_pretrained(tmp_path)
    shutil.copy(tiny_llama / "config.json", tmp_path)
    prompt = render(shipped_prompt("plain"), "Who must be told of a breach?")
    example = tokenise(tokenizer_of(str(tmp_path)), prompt, " The authority.")
    asked = Unloaded(str(tmp_path)).tok_batch_encode([prompt])[0][0].tolist()
    assert example.input_ids[: example.labels.count(IGNORED)] == asked
    assert asked.count(bos[1]) == 1
    assert example.input_ids.count(bos[1]) == 1


@pytest.mark.parametrize(("prompt", "marker"), [("plain", None), ("rag", "Context: [1] ")])
def test_examples_are_the_prompts_of_the_tasks(  # type: ignore[no-untyped-def]
    data: Path, tokenizer, prompt: str, marker: str | None
) -> None:
    questions, examples = built(data, recipe(prompt), tokenizer)
    assert len(examples.rows) == len(questions)
    assert examples.tokens == sum(len(row.input_ids) for row in examples.rows)
    text = tokenizer.decode(examples.rows[0].input_ids)
    assert f"Question: {questions[0].question}\n---\nAnswer: {questions[0].answer}" in text
    assert (marker is None) or marker in text


def test_an_example_over_the_limit_is_left_out_and_named(  # type: ignore[no-untyped-def]
    data: Path, tokenizer
) -> None:
    wanted = recipe(max_tokens=100)
    questions, examples = built(data, wanted, tokenizer, answer="word " * 100)
    assert examples.too_long == [questions[0].id]
    assert len(examples.rows) == len(questions) - 1
    assert left_out({"train": examples}, wanted) == [
        f"1 of 12 train examples have more than 100 tokens (max_tokens) and are left out: "
        f"{questions[0].id}"
    ]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_an_empty_split_is_refused_by_name(  # type: ignore[no-untyped-def]
    data: Path, tokenizer, split: str
) -> None:
    sections = load_corpus(data)
    questions = load_questions(data, [s.id for s in sections])
    left = [question for question in questions if question.split != split]
    with pytest.raises(DataError, match=f"no question.*{split}"):
        build_splits(recipe(), left, Retriever(sections), tokenizer)
