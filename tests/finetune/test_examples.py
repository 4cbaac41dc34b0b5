"""Examples ask what the tasks ask, and carry loss on the answer alone."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from finetune.examples import IGNORED, build_splits, tokenise, tokenizer_of
from finetune.recipe import Recipe
from harness.errors import DataError
from harness.models.unloaded import Unloaded
from tasks.policyqa.prompts import render, shipped_prompt
from tests.finetune.training import inputs


def recipe(prompt: str = "plain", **changes: Any) -> Recipe:
    weights = "sft-rag" if prompt == "rag" else "sft"
    return Recipe(name="r", weights=weights, prompt=prompt, **changes)


@pytest.fixture
def tokenizer(smollm2: Path) -> Any:
    return tokenizer_of(str(smollm2))


def test_loss_is_on_the_answer_and_its_end(tokenizer: Any) -> None:
    prompt = render(shipped_prompt("plain"), "Who must be told of a breach?")
    example = tokenise(tokenizer, prompt, " The authority.")
    asked = tokenizer(prompt)["input_ids"]
    assert example.input_ids[: len(asked)] == asked
    assert example.labels[: len(asked)] == [IGNORED] * len(asked)
    answered = example.labels[len(asked) :]
    assert answered == example.input_ids[len(asked) :]
    assert answered[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(answered[:-1]) == " The authority."


def test_a_prompt_begins_with_bos_once_in_training_as_in_asking(
    tiny_llama: Path, tokenizer: Any, tmp_path: Path
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


@pytest.mark.parametrize(("prompt", "marker"), [("plain", ""), ("rag", "Context: [1] ")])
def test_examples_are_the_prompts_of_the_tasks(
    data: Path, tokenizer: Any, prompt: str, marker: str
) -> None:
    questions, retriever = inputs(data)
    first = next(one for one in questions if one.split == "train")
    examples = build_splits(recipe(prompt), questions, retriever, tokenizer)["train"]
    assert (len(examples.rows), examples.too_long) == (12, [])
    assert examples.tokens == sum(len(row.input_ids) for row in examples.rows)
    text = tokenizer.decode(examples.rows[0].input_ids)
    assert f"Question: {first.question}\n---\nAnswer: {first.answer}" in text
    assert marker in text
    # An example over the limit is left out and named.
    long = first.model_copy(update={"answer": "word " * 600})
    questions[questions.index(first)] = long
    examples = build_splits(recipe(prompt, max_tokens=600), questions, retriever, tokenizer)[
        "train"
    ]
    assert (len(examples.rows), examples.too_long) == (11, [first.id])


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_without_examples_is_refused_by_name(
    data: Path, tokenizer: Any, split: str
) -> None:
    questions, retriever = inputs(data)
    left = [question for question in questions if question.split != split]
    with pytest.raises(DataError, match=f"no question.*{split}"):
        build_splits(recipe(), left, retriever, tokenizer)
    with pytest.raises(DataError, match="no train example has at most 5 tokens; raise max_tokens"):
        build_splits(recipe(max_tokens=5), questions, retriever, tokenizer)


def test_a_limit_draws_training_questions_and_an_eighth_as_many_to_validate_on(
    data: Path, tokenizer: Any
) -> None:
    for limit, train, validation in ((4, 4, 1), (16, 12, 2)):  # Of 12 and 3.
        splits = build_splits(recipe(limit=limit), *inputs(data), tokenizer)
        counts = {name: part.questions for name, part in splits.items()}
        assert counts == {"train": train, "validation": validation}
