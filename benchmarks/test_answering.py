"""Prompt tokens and latency a question, and throughput, of the real small model."""

from statistics import fmean
from typing import Any

import pytest
from lm_eval.api.instance import Instance
from transformers import ContinuousBatchingConfig, GenerationConfig

from benchmarks.conftest import ANSWER_TOKENS, Requests, in_turns, report
from harness.models.policyqa_hf import PolicyQALM


def answer(model: PolicyQALM, requests: list[Instance], batch_size: int) -> list[str]:
    """Greedy answers in batches of that size."""
    model.batch_size_per_gpu = batch_size
    return model.generate_until(requests, disable_tqdm=True)


@pytest.mark.parametrize("prompt", ["engineered", "rag"])
def test_prompt_tokens(
    benchmark: Any, model: PolicyQALM, requests_for: Requests, prompt: str
) -> None:
    def tokens(variant: str) -> float:
        return fmean(len(model.tok_encode(r.args[0])) for r in requests_for(variant))

    counted = benchmark.pedantic(tokens, args=(prompt,), rounds=1)
    benchmark.extra_info["tokens"] = counted
    report(benchmark, "the plain prompt's tokens", {"tokens": counted / tokens("plain")})


@pytest.mark.parametrize("prompt", ["engineered", "rag"])
def test_latency_a_question(
    benchmark: Any, model: PolicyQALM, requests_for: Requests, prompt: str
) -> None:
    plain, variant = requests_for("plain")[:4], requests_for(prompt)[:4]
    ratio = in_turns(benchmark, lambda: answer(model, variant, 1), lambda: answer(model, plain, 1))
    report(benchmark, "the plain prompt's latency", {"latency": ratio})


@pytest.mark.parametrize("batch_size", [8, 32])
def test_throughput(
    benchmark: Any, model: PolicyQALM, requests_for: Requests, batch_size: int
) -> None:
    requests = requests_for("plain")
    assert answer(model, requests, batch_size) == answer(model, requests, 1)
    ratio = in_turns(
        benchmark,
        lambda: answer(model, requests, batch_size),
        lambda: answer(model, requests, 1),
        rounds=2,
    )
    report(benchmark, "throughput at batch 1", {"throughput": 1 / ratio}, more_is_better=True)


@pytest.mark.parametrize("prompt", ["plain", "rag"])
def test_continuous_batching(
    benchmark: Any, model: PolicyQALM, requests_for: Requests, prompt: str
) -> None:
    """transformers' own, at the number of tokens at once that was best of 256, 512 and 1,024."""
    requests = [
        Instance("generate_until", {}, (text, settings | {"until": []}), index)
        for index, (text, settings) in enumerate(one.args for one in requests_for(prompt, 16))
    ]
    prompts = [model.tok_encode(one.args[0]) for one in requests]
    until = GenerationConfig(
        max_new_tokens=ANSWER_TOKENS,
        do_sample=False,
        use_cache=False,
        eos_token_id=model.tokenizer.eos_token_id,
        pad_token_id=model.tokenizer.pad_token_id,
    )
    at_once = ContinuousBatchingConfig(max_batch_tokens=256)

    def continuous() -> list[str]:
        made = model.model.generate_batch(prompts, until, at_once).values()
        asked = sorted(made, key=lambda one: int(one.request_id.rpartition("_")[2]))
        return [model.tok_decode(one.generated_tokens) for one in asked]

    def ours() -> list[str]:
        return answer(model, requests, len(requests))

    assert continuous() == ours()
    faster = {"throughput": 1 / in_turns(benchmark, ours, continuous, rounds=1)}
    report(benchmark, "generate_batch of transformers", faster, more_is_better=True)
