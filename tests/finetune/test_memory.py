"""The terms of a training's memory, against PyTorch's own tensors on a two-layer model."""

from pathlib import Path
from typing import Any

import pytest
import torch
from bitsandbytes.nn import Linear8bitLt
from peft import get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

from finetune.examples import IGNORED, Example
from finetune.memory import Batch, activations, heaviest, terms, weights
from finetune.trainer import adapter_config
from harness.models.precision import PRECISIONS, load_base
from tests.finetune.training import recipe

ROWS = [Example([5] * 60, [IGNORED] * 50 + [5] * 10), Example([5] * 40, [IGNORED] * 10 + [5] * 30)]
BATCH = Batch(rows=2, tokens=60, answer=31)


@pytest.fixture
def base(tiny_llama: Path) -> Any:
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(tiny_llama))


def test_the_heaviest_batch_has_the_longest_row_and_the_longest_answer() -> None:
    assert heaviest(ROWS, 8) == BATCH
    assert heaviest(ROWS, 1) == BATCH._replace(rows=1)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_weights_take_what_they_take_when_they_are_loaded(
    tiny_llama: Path, base: Any, precision: Any
) -> None:
    loaded = load_base(str(tiny_llama), precision).get_memory_footprint()
    scales = 1.01 if precision in ("int8", "nf4") else 1.0  # Not counted by transformers.
    told = weights(base, recipe(tiny_llama, precision=precision))
    assert 0.999 * loaded <= told <= 1.001 * scales * loaded


@pytest.mark.parametrize("precision", PRECISIONS)
def test_activations_are_what_is_kept_for_the_backward_pass(
    tiny_llama: Path, base: Any, precision: Any
) -> None:
    wanted = recipe(tiny_llama, precision=precision)
    model = get_peft_model(load_base(str(tiny_llama), precision), adapter_config(wanted)).train()
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


def test_checkpointed_layers_keep_their_inputs_and_one_all_the_rest(
    tiny_llama: Path, base: Any
) -> None:
    kept, again = (
        activations(base, recipe(tiny_llama, gradient_checkpointing=one), BATCH)
        for one in (False, True)
    )
    inputs = 2 * 2 * 60 * 64 * 4  # Of 2 layers: 2 × 60 tokens of 64 float32 numbers.
    assert again == inputs + kept // 2


def test_adapter_and_optimiser_are_those_of_the_recipe(tiny_llama: Path, base: Any) -> None:
    usual, large = recipe(tiny_llama), recipe(tiny_llama, lora_rank=32)
    eight_bit = recipe(tiny_llama, optimizer="adamw_bnb_8bit")
    sizes = [terms(base, one, BATCH)["adapter"].size for one in (usual, large, eight_bit)]
    assert sizes[1] == 2 * sizes[0]
    assert sizes[2] == sizes[0] * 10 / 16
