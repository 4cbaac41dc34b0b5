"""Greedy answers, against the likeliest token found one prompt at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    AutoModelForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GenerationConfig,
)

from harness.models import greedy
from harness.models.greedy import can_answer, greedy_answers
from harness.models.policyqa_hf import PolicyQALM
from tests.asking import PROMPTS, asked

MOST = 6
TOKENS = st.lists(st.integers(5, 200), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def model(tiny_llama: Path) -> Any:
    """A random Llama of two layers, in float32."""
    return AutoModelForCausalLM.from_pretrained(tiny_llama, dtype=torch.float32).eval()


def alone(model: Any, prompt: Sequence[int], ends: set[int]) -> list[int]:
    """An answer, a token at a time from the whole text, without batch, padding or cache."""
    tokens = list(prompt)
    for _ in range(MOST):
        with torch.inference_mode():
            tokens.append(int(model(torch.tensor([tokens])).logits[0, -1].argmax()))
        if tokens[-1] in ends:
            break
    return tokens[len(prompt) :]


def likelihood(model: Any, prompt: list[int], answer: list[int]) -> float:
    """The mean log-probability of an answer's tokens, all read at once."""
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0, len(prompt) - 1 : -1]
    chances = logits.log_softmax(dim=-1)[torch.arange(len(answer)), answer]
    return float(chances.mean())


@settings(max_examples=40, deadline=None)
@given(
    prompts=st.lists(TOKENS, min_size=1, max_size=7),
    beginning=st.lists(st.integers(5, 200), max_size=20),
    at_once=st.sampled_from([1, 16, 1_000]),
    ends=st.sets(st.integers(0, 255), max_size=80),
)
def test_answers_are_those_of_each_prompt_alone(
    model: Any, prompts: list[list[int]], beginning: list[int], at_once: int, ends: set[int]
) -> None:
    """However long they are, however they begin, whatever is read together, whoever ends first."""
    asked_for = [beginning + one for one in prompts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(greedy, "READ_AT_ONCE", at_once)
        found = greedy_answers(model, asked_for, MOST, lambda row: row[-1] in ends)
    expected = [alone(model, one, ends) for one in asked_for]
    assert [one.tokens for one in found] == expected
    for prompt, one in zip(asked_for, found, strict=True):
        assert one.likelihood == pytest.approx(likelihood(model, prompt, one.tokens), abs=1e-4)


def tokens_read(model: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each call of the model reads, padding included; filled as it is called."""
    seen: list[int] = []
    forward = model.forward

    def counted(**given: Any) -> Any:
        seen.append(given["input_ids"].numel())
        return forward(**given)

    monkeypatch.setattr(model, "forward", counted)
    return seen


def test_a_row_that_has_ended_is_not_read_on(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = tokens_read(model, monkeypatch)
    greedy_answers(model, [[7], [8], [9]], MOST, lambda _: False)
    assert seen == [3] * MOST  # All of them to the end; the first call reads the prompts.
    del seen[:]
    ended = iter([True, False, False, True, *[False] * MOST])
    answers = greedy_answers(model, [[7], [8], [9]], MOST, lambda _: next(ended))
    assert sorted(len(one.tokens) for one in answers) == [1, 2, MOST]
    assert seen == [3, 2, *[1] * (MOST - 2)]


def test_what_prompts_begin_alike_with_is_read_once(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tokens_read(model, monkeypatch)
    beginning = list(range(10, 30))
    greedy_answers(model, [[*beginning, 50, 51], [*beginning, 60]], 1, lambda _: False)
    assert seen == [20, 4]


def test_a_model_that_never_ends_is_stopped(model: Any) -> None:
    found = greedy_answers(model, [[7, 8], [9]], 50, lambda _: False)
    assert [len(one.tokens) for one in found] == [50, 50]


def test_settings_that_change_answers_are_left_to_generate(
    tiny_llama: Path, tmp_path: Path
) -> None:
    for file in tiny_llama.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "generation_config.json").unlink()
    GenerationConfig(repetition_penalty=5.0, eos_token_id=2).save_pretrained(tmp_path)
    penalised = PolicyQALM(pretrained=str(tmp_path), device="cpu", batch_size=2)
    assert not can_answer(penalised.model)
    plain = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2)
    assert can_answer(plain.model)
    ours, theirs = (one.generate_until(asked(PROMPTS), True) for one in (plain, penalised))
    assert ours != theirs


def test_a_cache_that_forgets_is_left_to_generate() -> None:
    config = Gemma3TextConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=1,
        num_key_value_heads=1, head_dim=16, vocab_size=32, sliding_window=8,
    )  # fmt: skip
    assert not can_answer(Gemma3ForCausalLM(config))


def test_the_class_answers_as_generate_does(
    tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=3)
    stop = {"until": ["e", "qx"]}
    ours, cut = model.generate_until(asked(PROMPTS, **stop), True), model.cut
    monkeypatch.setattr(PolicyQALM, "_is_greedy", lambda *_: False)
    assert model.generate_until(asked(PROMPTS, **stop), True) == ours
    assert model.cut == cut
