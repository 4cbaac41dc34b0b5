"""Prompt tokens and latency a question, and throughput by batch size, of the real small model."""

from statistics import fmean
from typing import Any

import pytest
from lm_eval.api.instance import Instance

from benchmarks.conftest import Requests, in_turns, report
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
