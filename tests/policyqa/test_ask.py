"""One question to one checkpoint: the answer that a run would score, and where it comes from."""

import contextlib
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lm_eval.api.instance import Instance

from finetune.checkpoint import adapter_hash
from harness.models.policyqa_hf import PolicyQALM
from harness.models.unloaded import Unloaded
from harness.thoughts import begins_thoughts
from harness.variants import Decoding
from policyqa.ask import Stream, settled
from rag.retriever import Retriever
from tasks.policyqa.prompts import render, shipped_prompt
from tasks.policyqa.questions import DATA
from tests.conftest import printed, refused, shown, spoken

ROOT = Path(__file__).parents[2]
QUESTION = "What does part 2 of the Bee Keeping Act say?"
STOP = Decoding().stop


@pytest.fixture(scope="module")
def made(tiny_llama: Path, make_adapter: Callable[[Path], Path]) -> Path:
    return make_adapter(tiny_llama)


@pytest.fixture
def adapter(made: Path, tmp_path: Path) -> Path:
    """A checkpoint of the test's own."""
    return shutil.copytree(made, tmp_path / "adapter")


def scored(adapter: Path, prompt: str) -> str:
    """What a run has the checkpoint answer."""
    model = PolicyQALM(peft=str(adapter), device="cpu", batch_size=1)
    request = Instance("generate_until", {}, (prompt, Decoding().identity), 0)
    return model.generate_until([request], disable_tqdm=True)[0].strip()


def test_the_answer_is_the_one_a_run_scores(adapter: Path) -> None:
    told = shown("ask", adapter, QUESTION)
    assert told.strip() == scored(adapter, render(shipped_prompt("plain"), QUESTION))
    assert told.strip()


def test_with_rag_it_is_answered_from_sections_and_they_are_named(
    adapter: Path, data: Path
) -> None:
    options = ["--rag", "--data", str(data), "--k", "3", "--budget", "200"]
    context = Retriever.of(data, k=3, budget=200).contexts([QUESTION])[0]
    told = printed("ask", adapter, QUESTION, *options)
    assert told["answer"] == scored(adapter, render(shipped_prompt("rag"), QUESTION, context.text))
    assert told["answer"] != scored(adapter, render(shipped_prompt("plain"), QUESTION))
    assert [source["id"] for source in told["sources"]] == list(context.ids)
    assert told["sources"][0]["id"] == "bees/s-2"
    assert told["sources"][0]["citation"] == "Bee Keeping Act, Hives 2 (Part 2)"
    text = shown("ask", adapter, QUESTION, *options)
    assert text.startswith(told["answer"])
    assert re.search(r"\n\[1\] Bee Keeping Act, Hives 2 \(Part 2\) \(bees/s-2, \d\.\d+\)\n", text)
    assert "\n[3] " in text


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
def test_the_real_model_answers_from_the_policy_set(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    for text in (DATA / "corpus").glob("uk-ai-*.md"):  # All of them would take a minute to embed.
        shutil.copy(text, tmp_path / "corpus")
    question = "What are the cross-sectoral principles of the UK regulatory framework?"
    told = printed(
        *("ask", "smollm2-135m", question, "--rag", "--data", tmp_path, "--max-tokens", "16")
    )
    assert len(told["answer"].split()) > 5
    assert any(source["id"].startswith("uk-ai-white-paper/") for source in told["sources"])


def test_the_documented_plain_transformers_give_the_same_answer(
    adapter: Path, tiny_llama: Path
) -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code
    assert len([line for line in code[1].splitlines() if line]) <= 11
    # A checkpoint has its tokenizer beside the adapter; the fixture's adapter has none.
    from transformers import AutoTokenizer

    AutoTokenizer.from_pretrained(tiny_llama).save_pretrained(adapter)
    with contextlib.redirect_stdout(io.StringIO()) as given:
        exec(code[1].replace('"FOLDER"', repr(str(adapter))), {})  # noqa: S102
    question = re.search(r'question = "(.*)"', code[1])
    assert question
    assert given.getvalue().strip() == shown("ask", adapter, question[1]).strip()


def test_what_cannot_answer_is_wrong_input_too(
    tmp_path: Path,
    minilm: Path,  # noqa: ARG001
) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    assert f" of {tmp_path}: " in refused("ask", tmp_path, "Who?")
    assert " writes no answers: " in refused("ask", "minilm-l6", "Who?")


def trained(adapter: Path, prompt: Any) -> None:
    """Have the checkpoint say that it was trained in this prompt."""
    record = {"recipe": {"prompt": prompt}, "adapter_sha256": adapter_hash(adapter)}
    (adapter / "training.json").write_text(json.dumps(record))


def test_another_prompt_than_it_was_trained_on_is_noted(adapter: Path, data: Path) -> None:
    for prompt, options, advice in (
        ("rag", [], "with retrieved sections: ask it with --rag"),
        ("plain", ["--rag", "--data", data], "without retrieved sections: ask it without --rag"),
    ):
        trained(adapter, prompt)
        status, _, error = spoken("ask", adapter, "Who?", *options)
        assert status == 0
        assert error.startswith(f"note: {adapter} was trained {advice}\n")


def test_a_checkpoint_trained_in_a_chat_is_asked_in_it(adapter: Path, tiny_llama: Path) -> None:
    trained(adapter, {"chat": True, "system": "Be brief.", "template": "Asked: {question}"})
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": f"Asked: {QUESTION}"},
    ]
    rendered = Unloaded(str(tiny_llama)).apply_chat_template(turns)
    assert shown("ask", adapter, QUESTION).strip() == scored(adapter, rendered)


@given(st.lists(st.sampled_from(["\nQuest", "ion:", "\n", "Question:", "a", "é", " b", "�"])))
def test_what_is_told_early_is_how_the_answer_begins(pieces: list[str]) -> None:
    whole = "".join(pieces).split(STOP[0])[0]
    for count in range(len(pieces) + 1):
        assert whole.startswith(settled("".join(pieces[:count]), STOP))


def test_an_answer_is_told_as_it_is_made_and_nothing_of_a_stop_string(tiny_llama: Path) -> None:
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    told: list[str] = []
    stream = Stream(tokenizer, STOP, told.append)
    stream.put(torch.tensor([tokenizer("What of the prompt?")["input_ids"]]))
    for token in tokenizer(" Within\nQuest hours 🐝.\nQuestion: Who?")["input_ids"]:
        stream.put(torch.tensor([token]))
    assert len(told) > 3
    assert "".join(told) == "Within\nQuest hours 🐝."


@pytest.mark.parametrize("prompt", ["Who?", "Who?<think>\n"])
def test_what_it_thinks_first_is_not_told(prompt: str, tiny_llama: Path) -> None:
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    told: list[str] = []
    stream = Stream(tokenizer, STOP, told.append, begins_thoughts(prompt))
    stream.put(torch.tensor([tokenizer(prompt)["input_ids"]]))
    begins = "" if prompt.endswith("\n") else "<think>"
    for token in tokenizer(f"{begins}He, or she?</think>\n\nShe [1] does.")["input_ids"]:
        stream.put(torch.tensor([token]))
    assert len(told) > 2
    assert "".join(told) == "She [1] does."


def test_an_answer_begins_anew_after_a_thought_that_was_not_begun() -> None:
    told: list[str] = []
    stream = Stream(None, STOP, told.append)
    for text in ("Perhaps", "Perhaps he.", "", "It is", "It is 72 hours."):
        stream.say(text)
    assert "".join(told) == "Perhaps he.\nIt is 72 hours."


def test_a_model_that_only_thinks_says_so(adapter: Path) -> None:
    trained(adapter, {"template": "Asked: {question}\n<think>"})
    said = shown("ask", adapter, QUESTION, "--max-tokens", "3")
    assert "it wrote nothing but thoughts, which took all 3 tokens: raise --max-tokens" in said


def test_what_could_steer_a_terminal_is_not_told() -> None:
    told: list[str] = []
    Stream(None, STOP, told.append).say("fine\x1b[31m red\x07 é\n")
    assert "".join(told) == "fine[31m red é"
