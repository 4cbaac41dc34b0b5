"""An estimate says what the training then does."""

from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from finetune.estimate import estimate
from finetune.examples import build_splits, tokenizer_of
from finetune.recipe import Recipe, load_recipe
from tests.finetune.training import inputs, logged, recipe, run


def estimated(wanted: Recipe, data: Path) -> dict[str, Any]:
    tokenizer = tokenizer_of(wanted.model)
    splits = build_splits(wanted, *inputs(data), tokenizer)
    return estimate(wanted, wanted.model, tokenizer, splits, measure=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 1.5, "batch_size": 5, "gradient_accumulation": 2, "save_every": 2},
        {"epochs": 1.0, "limit": 10, "max_tokens": 41},
    ],
)
def test_a_training_does_what_its_estimate_says(
    data: Path, tiny_llama: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    wanted = recipe(tiny_llama, **changes)
    told = estimated(wanted, data)
    made = run(wanted, data, tmp_path / "checkpoint")
    done = made.record["data"]
    assert told["updates"] == made.record["metrics"]["updates"]
    assert told["measurements"] == len(logged(made.folder)["eval/loss"])
    assert told["train"]["tokens"] == done["train"]["tokens"]
    assert told["train"]["rows"] == done["train"]["trained_on"]
    assert told["train"]["left_out"] == len(done["train"]["too_long"])
    assert told["train"]["contexts"] == done["train"]["contexts"]
    assert told["validation"]["rows"] == done["validation"]["measured"]
    adapter = load_file(made.folder / "adapter_model.safetensors")
    assert told["trainable"] == sum(tensor.numel() for tensor in adapter.values())


@pytest.mark.slow
def test_under_one_and_a_half_percent_of_the_parameters_are_trained(
    smollm2: Path, data: Path
) -> None:
    told = estimated(load_recipe("smollm2-135m-sft", model=str(smollm2), limit=2), data)
    assert 0.01 < told["share"] < 0.015
    assert told["parameters"] - told["trainable"] == 134_515_008
