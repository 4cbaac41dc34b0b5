"""What a device cannot do is replaced by the nearest thing it can, with one line on it."""

import pytest
import torch

from finetune.fitting import nearest_recipe
from finetune.recipe import Recipe, load_recipe


def recipe(**changes: object) -> Recipe:
    return load_recipe("sft", **{"optimizer": "adamw_torch", **changes})


@pytest.fixture
def old_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla T4")


@pytest.mark.parametrize("precision", ["int8", "nf4", "bf16", "fp32"])
def test_a_processor_does_every_precision(precision: str) -> None:
    wanted = recipe(precision=precision)
    assert nearest_recipe(wanted) == (wanted, [])


def test_a_processor_does_not_page() -> None:
    possible, lines = nearest_recipe(recipe(optimizer="paged_adamw_8bit"))
    assert possible == recipe(optimizer="adamw_bnb_8bit")
    assert lines == [
        "recipe sft: optimizer adamw_bnb_8bit in place of paged_adamw_8bit: paging moves states "
        "between a GPU and its host"
    ]


@pytest.mark.usefixtures("old_gpu")
def test_a_gpu_without_bfloat16_takes_float32() -> None:
    possible, lines = nearest_recipe(recipe(precision="bf16", optimizer="paged_adamw_8bit"))
    assert (possible.precision, possible.optimizer) == ("fp32", "paged_adamw_8bit")
    assert lines == [
        "recipe sft: precision fp32 in place of bf16: Tesla T4 does not compute in bfloat16"
    ]


@pytest.mark.usefixtures("old_gpu")
def test_products_are_not_in_bfloat16_where_the_device_has_none() -> None:
    possible, lines = nearest_recipe(recipe(precision="fp32", autocast=True))
    assert not possible.autocast
    assert lines == [
        "recipe sft: autocast False in place of True: the device multiplies nothing in bfloat16"
    ]


def test_fsdp_takes_nf4_in_place_of_int8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    possible, lines = nearest_recipe(recipe(precision="int8"))
    assert possible.precision == "nf4"
    assert len(lines) == 1
