"""Seconds that answers take in int8 and nf4 beside float32, one at a time and 64 at once."""

import time
from statistics import median
from typing import Any

import pytest

from benchmarks.conftest import MODEL, Requests, in_turns, report
from harness.models.loading import load_model
from harness.models.policyqa_hf import PolicyQALM
from harness.models.precision import Precision

TOKENS = 8
"""Of an answer."""


@pytest.mark.parametrize("batch_size", [1, 64])
@pytest.mark.parametrize("precision", ["int8", "nf4"])
def test_seconds_of_answers(
    benchmark: Any,
    model: PolicyQALM,
    requests_for: Requests,
    precision: Precision,
    batch_size: int,
) -> None:
    requests = requests_for("plain", max(batch_size, 4), TOKENS)
    spent: dict[str, list[float]] = {"fp32": [], precision: []}

    def answer(by: PolicyQALM, name: str) -> None:
        by.batch_size_per_gpu = batch_size
        start = time.process_time()
        by.generate_until(requests, disable_tqdm=True)
        spent[name].append(time.process_time() - start)

    variant = load_model(MODEL, precision, batch_size)
    turns = [lambda: answer(variant, precision), lambda: answer(model, "fp32")]
    ratio = in_turns(benchmark, *turns, rounds=2)
    processors = median(spent[precision]) / median(spent["fp32"])
    report(benchmark, "float32", {"seconds": ratio, "processor seconds": processors})
