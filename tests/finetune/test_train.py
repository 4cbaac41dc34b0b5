"""Real LoRA training on a two-layer model: what comes out, and that a kill changes nothing."""

import json
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from finetune.checkpoint import determinants, kept_at, load_checkpoint
from finetune.recipe import load_recipe
from finetune.sampler import LengthGrouped
from harness.errors import ConfigError, DataError, ModelError
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.questions import load_questions
from tests.finetune.training import in_processes, left_half_saved, recipe, run, validation_loss


def test_a_checkpoint_loads_and_says_what_it_is(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    wanted = recipe(tiny_llama)
    made = run(wanted, data, tmp_path / "checkpoint")
    model = AutoModelForCausalLM.from_pretrained(made.folder)
    adapters = [name for name, _ in model.named_parameters() if "lora_B" in name]
    assert len(adapters) == 2 * 4
    assert made.record["recipe"] == json.loads(wanted.model_dump_json())
    assert made.record["data"]["train"] == {
        "questions": 12,
        "trained_on": 12,
        "tokens": made.record["data"]["train"]["tokens"],
        "too_long": [],
        "contexts": {"as asked": 12},
    }
    assert 0 < made.record["metrics"]["validation_loss"] < 12
    assert made.record["metrics"]["updates"] == 18
    assert not list(made.folder.glob("checkpoint-*"))
    assert list(made.folder.rglob("events.out.tfevents.*"))


def test_a_limit_draws_training_questions_and_a_quarter_as_many_to_validate_on(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    made = run(recipe(tiny_llama, limit=4, epochs=1), data, tmp_path / "checkpoint")
    assert made.record["data"]["train"]["questions"] == 4
    assert made.record["data"]["validation"]["questions"] == 1
    assert made.record["metrics"]["updates"] == 2


@pytest.mark.parametrize("name", ["sft", "sft-rag"])
def test_the_published_recipes_train_an_int8_base(
    data: Path, tiny_llama: Path, tmp_path: Path, name: str
) -> None:
    made = run(load_recipe(name, model=str(tiny_llama)), data, tmp_path / "checkpoint")
    assert made.record["recipe"]["precision"] == "int8"
    weights = load_file(made.folder / "adapter_model.safetensors")
    grown = [tensor.abs().max() for key, tensor in weights.items() if "lora_B" in key]
    assert grown
    assert all(size > 0 for size in grown)


def test_training_lowers_the_loss(data: Path, tiny_llama: Path, tmp_path: Path) -> None:
    still = run(recipe(tiny_llama, learning_rate=1e-9), data, tmp_path / "still")
    moved = run(recipe(tiny_llama), data, tmp_path / "moved")
    loss = "validation_loss"
    assert moved.record["metrics"][loss] < still.record["metrics"][loss] - 0.5


def test_the_loss_is_that_of_the_whole_sequence(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    """Leaving out logits before the answers must not change the loss."""
    wanted = recipe(tiny_llama, learning_rate=1e-12)
    made = run(wanted, data, tmp_path / "checkpoint")
    expected = validation_loss(wanted, data, tiny_llama)
    assert made.record["metrics"]["validation_loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_killed_and_run_again_the_weights_are_those_of_an_undisturbed_run(
    data: Path, tiny_llama: Path, tmp_path: Path, precision: str
) -> None:
    wanted = recipe(tiny_llama, precision=precision, lora_dropout=0.2)
    undisturbed = run(wanted, data, tmp_path / "undisturbed")
    status = in_processes(wanted, data, tmp_path / "killed", kill_at=11)
    assert status == -signal.SIGKILL
    left_half_saved(tmp_path / "killed.partial", "checkpoint-8", "checkpoint-11")
    resumed = run(wanted, data, tmp_path / "killed")
    assert resumed.record["metrics"]["updates"] == 18
    one, other = (
        load_file(made.folder / "adapter_model.safetensors") for made in (undisturbed, resumed)
    )
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_several_processes_make_another_checkpoint(
    data: Path, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept() -> Path:
        wanted, sections = recipe(tiny_llama), load_corpus(data)
        questions = load_questions(data, [section.id for section in sections])
        return kept_at(wanted, determinants(wanted, questions, Retriever(sections)))

    alone = kept()
    monkeypatch.setattr("finetune.checkpoint.count", lambda: 2)
    assert kept() != alone


def test_a_finished_checkpoint_is_not_trained_again(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    wanted = recipe(tiny_llama, epochs=1)
    first = run(wanted, data, tmp_path / "checkpoint")
    assert run(wanted, data, tmp_path / "checkpoint", kill_at=1).identity == first.identity


def test_work_begun_under_another_recipe_is_not_gone_on_with(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    target = tmp_path / "checkpoint"
    in_processes(recipe(tiny_llama), data, target, kill_at=5)
    assert (tmp_path / "checkpoint.partial" / "checkpoint-4").is_dir()
    changed = recipe(tiny_llama, epochs=1, lora_rank=4)
    assert run(changed, data, target).record["metrics"]["updates"] == 6


def test_damaged_weights_are_refused(data: Path, tiny_llama: Path, tmp_path: Path) -> None:
    made = run(recipe(tiny_llama, epochs=1), data, tmp_path / "checkpoint")
    with (made.folder / "adapter_model.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match="train again"):
        load_checkpoint(made.folder)


def test_a_folder_that_holds_something_else_is_not_replaced(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("all of it")
    with pytest.raises(ConfigError, match="is no checkpoint; name another folder"):
        run(recipe(tiny_llama), data, mine)
    assert (mine / "thesis.txt").read_text() == "all of it"
    (tmp_path / "other.partial").mkdir()
    (tmp_path / "other.partial" / "thesis.txt").write_text("all of it")
    with pytest.raises(ConfigError, match="holds something else; move it away"):
        run(recipe(tiny_llama), data, tmp_path / "other")
    assert (tmp_path / "other.partial" / "thesis.txt").exists()
    run(recipe(tiny_llama, epochs=1), data, tmp_path / "checkpoint")
    with pytest.raises(ConfigError, match="another recipe, model or data"):
        run(recipe(tiny_llama, epochs=2), data, tmp_path / "checkpoint")


def test_examples_all_too_long_are_refused(data: Path, tiny_llama: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="raise max_tokens"):
        run(recipe(tiny_llama, max_tokens=5), data, tmp_path / "checkpoint")


def test_an_epochs_order_depends_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        sampler = LengthGrouped([n % 17 for n in range(64)], 4, seed, lambda: epoch)
        torch.rand(7)
        return list(sampler)

    assert order(1, 2) == order(1, 2)
    assert sorted(order(1, 2)) == list(range(64))
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


def test_only_what_is_trained_or_validated_on_determines_a_checkpoint(
    data: Path, tiny_llama: Path
) -> None:
    # A corrected test question trained every checkpoint anew.
    sections = load_corpus(data)
    questions = load_questions(data, [section.id for section in sections])
    wanted = recipe(tiny_llama)

    def kept(changed: str) -> Path:
        asked = [
            one.model_copy(update={"question": "Another?"}) if one.split == changed else one
            for one in questions
        ]
        return kept_at(wanted, determinants(wanted, asked, Retriever(sections)))

    assert kept("test") == kept("no split")
    assert len({kept("test"), kept("train"), kept("validation")}) == 3
