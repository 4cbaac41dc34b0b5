"""
How many of 50 answers change with the form a model is exported in, against adapter on base.

Of the checkpoint whose folder ``POLICYQA_BENCH_CHECKPOINT`` names; without one, of the model as it
is, which has nothing to merge.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from lm_eval.api.instance import Instance
from transformers import AutoModelForCausalLM

from benchmarks.conftest import LINES, MODEL, Requests
from finetune.checkpoint import find_weights
from finetune.export import GGUF_FILE, Form, export_weights
from harness.models import catalogue
from harness.models.policyqa_hf import PolicyQALM
from harness.variants import Decoding

CHECKPOINT = os.environ.get("POLICYQA_BENCH_CHECKPOINT", MODEL)
QUESTIONS = 50


@pytest.fixture(scope="module")
def requests(requests_for: Requests) -> list[Instance]:
    """Validation questions under the plain prompt, answered as the tasks have it."""
    return requests_for("plain", QUESTIONS, Decoding.max_tokens)


@pytest.fixture(scope="module")
def reference(requests: list[Instance]) -> list[str]:
    """Answers of the adapter on its base, in float32."""
    weights = find_weights(CHECKPOINT)
    peft = str(weights.adapter) if weights.adapter else None
    model = PolicyQALM(
        pretrained=weights.base, peft=peft, dtype="float32", device="cpu", batch_size=QUESTIONS
    )
    return model.generate_until(requests, disable_tqdm=True)


@pytest.mark.parametrize("form", ["merged", "gguf-f16", "gguf-q8_0"])
def test_answers_that_change(
    benchmark: Any,
    requests: list[Instance],
    reference: list[str],
    form: Form,
    tmp_path: Path,
) -> None:
    weights = find_weights(CHECKPOINT)
    if form == "merged" and weights.adapter is None:
        pytest.skip("no adapter to merge: POLICYQA_BENCH_CHECKPOINT names a checkpoint")
    export_weights(weights, form, tmp_path / "out")
    exported = AutoModelForCausalLM.from_pretrained(
        tmp_path / "out",
        gguf_file=None if form == "merged" else GGUF_FILE,
        dtype=torch.float32,
    )
    base = catalogue.resolve(weights.base)
    model = PolicyQALM(pretrained=base, device="cpu", batch_size=QUESTIONS)
    model._model = exported.eval()
    answers = benchmark.pedantic(
        model.generate_until, args=(requests,), kwargs={"disable_tqdm": True}, rounds=1
    )
    changed = sum(a != b for a, b in zip(answers, reference, strict=True))
    benchmark.extra_info.update({"changed": changed, "answers": QUESTIONS})
    LINES.append(f"{benchmark.name}: {changed} of {QUESTIONS} answers change")
