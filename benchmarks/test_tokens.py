"""Prompt tokens a question by prompt variant."""

from statistics import fmean
from typing import Any

import pytest

from benchmarks.conftest import Requests, report
from harness.models.policyqa_hf import PolicyQALM


@pytest.mark.parametrize("prompt", ["engineered", "rag"])
def test_prompt_tokens(
    benchmark: Any, model: PolicyQALM, requests_for: Requests, prompt: str
) -> None:
    def tokens(variant: str) -> float:
        return fmean(len(model.tok_encode(r.args[0])) for r in requests_for(variant))

    counted = benchmark.pedantic(tokens, args=(prompt,), rounds=1)
    benchmark.extra_info["tokens"] = counted
    report(benchmark, "the plain prompt's tokens", {"tokens": counted / tokens("plain")})
