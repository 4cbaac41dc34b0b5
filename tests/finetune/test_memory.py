"""The terms of a training's memory, against PyTorch's own tensors on a two-layer model."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
from bitsandbytes.nn import Linear8bitLt
from peft import get_peft_model

from finetune.examples import IGNORED, Example, tokenizer_of
from finetune.memory import (
    BatchShape,
    activations,
    heaviest,
    measured_peak,
    terms,
    trainable,
)
from finetune.recipe import load_recipe
from finetune.trainer import AnswerTrainer, adapter_config
from harness.models.precision import PRECISIONS, load_base
from harness.models.weights import skeleton, weight_bytes
from tests.finetune.training import recipe

ROWS = [Example([5] * 60, [IGNORED] * 50 + [5] * 10), Example([5] * 40, [IGNORED] * 10 + [5] * 30)]
BATCH = BatchShape(rows=2, tokens=60, answer=31)

ALL_LINEAR = {"target_modules": "all-linear", "rslora": True}


@pytest.fixture
def base(tiny_llama: Path) -> Any:
    return skeleton(tiny_llama)


@pytest.mark.parametrize(
    ("precision", "changes"),
    [
        *((one, {}) for one in PRECISIONS),
        ("fp32", {"last_layers": 1}),
        ("fp32", ALL_LINEAR),
        ("fp32", ALL_LINEAR | {"last_layers": 1}),
    ],
)
def test_weights_and_activations_are_what_is_loaded_and_kept_for_the_backward_pass(
    tiny_llama: Path, base: Any, precision: Any, changes: dict[str, Any]
) -> None:
    wanted = recipe(tiny_llama, precision=precision, **changes)
    model = load_base(str(tiny_llama), precision)
    loaded = model.get_memory_footprint()
    scales = 1.01 if precision in ("int8", "nf4") else 1.0  # Not counted by transformers.
    assert 0.999 * loaded <= weight_bytes(base, wanted.precision) <= 1.001 * scales * loaded
    model = get_peft_model(model, adapter_config(wanted, model)).train()
    parameters = [one.numel() for one in model.parameters() if one.requires_grad]
    assert trainable(base, wanted) == sum(parameters)
    own = {one.untyped_storage().data_ptr() for one in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    def keep_input(_: Any, given: tuple[torch.Tensor]) -> None:
        keep(given[0])

    for module in model.modules():
        if isinstance(module, Linear8bitLt):  # It keeps its input where no hook sees it.
            module.register_forward_pre_hook(keep_input)
    ids = torch.full((BATCH.rows, BATCH.tokens), 5)
    mask = torch.ones_like(ids)
    mask[1, :20] = 0
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model.get_base_model().model(input_ids=ids, attention_mask=mask, use_cache=False)
    found = sum(one.untyped_storage().nbytes() for at, one in kept.items() if at not in own)
    assert activations(base, wanted, BATCH) == pytest.approx(found, rel=0.1)


def test_checkpointing_adapter_and_optimiser_are_those_of_the_recipe(
    tiny_llama: Path, base: Any
) -> None:
    def told(term: str, **changes: Any) -> int:
        return terms(base, recipe(tiny_llama, **changes), BATCH)[term]

    inputs = 2 * 2 * 60 * 64 * 4  # Of 2 layers: 2 × 60 tokens of 64 float32 numbers.
    kept = told("activations")
    assert told("activations", gradient_checkpointing=True) == inputs + kept // 2
    assert told("adapter", lora_rank=32) == 2 * told("adapter")
    assert told("adapter", optimizer="adamw_bnb_8bit") == told("adapter") * 10 / 16


def test_the_heaviest_batch_is_tried_and_nothing_is_left_of_it(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a processor, which stands in for a GPU but for what that would count."""
    tried = []
    step = AnswerTrainer.training_step

    def observed(trainer: Any, model: Any, inputs: Any, *rest: Any, **options: Any) -> Any:
        tried.append((inputs["input_ids"].shape, (inputs["labels"] != IGNORED).sum(1).tolist()))
        return step(trainer, model, inputs, *rest, **options)

    monkeypatch.setattr(AnswerTrainer, "training_step", observed)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 7)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    wanted = recipe(tiny_llama, patience=1, gradient_accumulation=3)
    assert measured_peak(wanted, str(tiny_llama), tokenizer_of(str(tiny_llama)), ROWS) == 7
    assert tried == [((2, 60), [30, 30])]
    assert (heaviest(ROWS, 8), heaviest(ROWS, 1)) == (BATCH, BATCH._replace(rows=1))
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_of_the_small_model_under_four_percent_of_the_parameters_are_trained(smollm2: Path) -> None:
    model = skeleton(smollm2)
    assert model.num_parameters() == 134_515_008
    trained = trainable(model, load_recipe("smollm2-135m-sft"))
    assert 0.03 < trained / (trained + 134_515_008) < 0.04
