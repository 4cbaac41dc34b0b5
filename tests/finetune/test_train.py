"""Real LoRA training on a two-layer model: what comes out, and that a kill changes nothing."""

import json
import shutil
import signal
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM

from finetune.checkpoint import Checkpoint, determinants, kept_at, load_checkpoint
from finetune.recipe import load_recipe
from finetune.sampler import LengthGrouped
from harness.errors import ConfigError, ModelError
from tests.finetune.training import (
    assert_alike,
    in_processes,
    inputs,
    left_half_saved,
    recipe,
    run,
    validated,
    weights,
    work_on,
)


def test_a_checkpoint_loads_and_says_what_it_is(trained: Checkpoint, tiny_llama: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(trained.folder)
    adapters = [name for name, _ in model.named_parameters() if "lora_B" in name]
    assert len(adapters) == 2 * 4
    record = trained.record
    assert record["recipe"] == json.loads(recipe(tiny_llama).model_dump_json())
    assert record["data"]["train"] == {
        "questions": 12,
        "trained_on": 12,
        "tokens": record["data"]["train"]["tokens"],
        "too_long": [],
        "contexts": {"as asked": 12},
    }
    assert record["metrics"]["updates"] == 18
    assert not list(trained.folder.glob("checkpoint-*"))
    assert list(trained.folder.rglob("events.out.tfevents.*"))


def test_what_was_measured_is_what_the_checkpoint_does_and_the_loss_is_lower(
    data: Path, trained: Checkpoint, tiny_llama: Path
) -> None:
    """Leaving out logits before the answers must not change the loss."""
    wanted, metrics = recipe(tiny_llama), trained.record["metrics"]
    loss, accuracy = validated(wanted, data, trained.folder)
    assert metrics["validation_loss"] == pytest.approx(loss, rel=1e-4)
    assert metrics["validation_token_accuracy"] == pytest.approx(accuracy)
    assert accuracy > 0
    assert loss < validated(wanted, data, tiny_llama)[0] - 0.5


@pytest.mark.parametrize("name", ["sft", "sft-rag"])
def test_the_published_recipes_train_an_int8_base(
    data: Path, tiny_llama: Path, tmp_path: Path, name: str
) -> None:
    made = run(load_recipe(name, model=str(tiny_llama)), data, tmp_path / "checkpoint")
    assert made.record["recipe"]["precision"] == "int8"
    grown = [one.abs().max() for key, one in weights(made.folder).items() if "lora_B" in key]
    assert grown
    assert all(size > 0 for size in grown)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_killed_and_run_again_the_weights_are_those_of_an_undisturbed_run(
    data: Path, tiny_llama: Path, tmp_path: Path, precision: str
) -> None:
    wanted = recipe(tiny_llama, precision=precision, lora_dropout=0.2)
    undisturbed = run(wanted, data, tmp_path / "undisturbed")
    status = in_processes(wanted, data, tmp_path / "killed", stop_at=11)
    assert status == -signal.SIGKILL
    work = work_on(tmp_path / "killed")
    left_half_saved(work, "checkpoint-8", "checkpoint-11")
    shutil.copytree(work, tmp_path / work.name.replace("killed", "other"))
    resumed = run(wanted, data, tmp_path / "killed")
    assert resumed.record["metrics"]["updates"] == 18
    assert_alike(undisturbed, resumed)
    # Work begun under another recipe is not gone on with.
    changed = recipe(tiny_llama, precision=precision, epochs=1, lora_rank=4)
    assert run(changed, data, tmp_path / "other").record["metrics"]["updates"] == 6


def test_what_is_finished_is_not_trained_again_and_what_is_another_is_not_replaced(
    data: Path, trained: Checkpoint, tiny_llama: Path, tmp_path: Path
) -> None:
    wanted = recipe(tiny_llama)
    assert run(wanted, data, trained.folder, stop_at=1).record == trained.record
    with pytest.raises(ConfigError, match="another recipe, model or data"):
        run(recipe(tiny_llama, epochs=2), data, trained.folder)
    thesis = tmp_path / "mine" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("all of it")
    with pytest.raises(ConfigError, match="is no checkpoint; name another folder"):
        run(wanted, data, thesis.parent)
    assert thesis.read_text() == "all of it"


def test_damaged_weights_are_refused(trained: Checkpoint, tmp_path: Path) -> None:
    folder = shutil.copytree(trained.folder, tmp_path / "checkpoint")
    with (folder / "adapter_model.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match="train again"):
        load_checkpoint(folder)


def test_an_epochs_order_depends_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return list(LengthGrouped([n % 17 for n in range(64)], 4, seed, lambda: epoch))

    assert order(1, 2) == order(1, 2)
    assert sorted(order(1, 2)) == list(range(64))
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


def test_a_checkpoint_is_kept_by_what_it_is_trained_or_validated_on_and_by_how_many(
    data: Path, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A corrected test question trained every checkpoint anew.
    questions, retriever = inputs(data)
    wanted = recipe(tiny_llama)

    def kept(changed: str) -> Path:
        asked = [
            one.model_copy(update={"question": "Another?"}) if one.split == changed else one
            for one in questions
        ]
        return kept_at(wanted, determinants(wanted, asked, retriever))

    alone = kept("no split")
    assert kept("test") == alone
    assert len({alone, kept("train"), kept("validation")}) == 3
    monkeypatch.setattr("finetune.checkpoint.count", lambda: 2)
    assert kept("no split") != alone
