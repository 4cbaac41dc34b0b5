"""Real LoRA training on a two-layer model: what comes out, and that a kill changes nothing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from finetune.checkpoint import Checkpoint, determinants, load_checkpoint
from finetune.recipe import Recipe, load_recipe
from finetune.train import train
from finetune.trainer import LengthGrouped
from harness.errors import ConfigError, DataError, ModelError
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.questions import load_questions


def recipe(model: Path, **changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "name": "tiny",
        "weights": "sft",
        "prompt": "plain",
        "model": str(model),
        "precision": "fp32",
        "optimizer": "adamw_torch",
        "learning_rate": 1e-2,
        "epochs": 3,
        "batch_size": 2,
        "gradient_accumulation": 1,
        "gradient_checkpointing": False,
        "save_every": 4,
        "log_every": 4,
    }
    return Recipe(**{**values, **changes})


def run(wanted: Recipe, data: Path, target: Path, kill_at: int | None = None) -> Checkpoint:
    sections = load_corpus(data)
    questions = load_questions(data, [section.id for section in sections])
    retriever = Retriever(sections)

    def advance(done: int, total: int) -> None:
        del total
        if done == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    what = determinants(wanted, data, retriever)
    return train(wanted, questions, retriever, target, what, advance)


def in_a_process_killed_at(step: int, wanted: Recipe, data: Path, target: Path) -> int:
    """Train in another process, which kills itself when that update is done."""
    code = (
        "import sys; from pathlib import Path; from finetune.recipe import Recipe;"
        "from tests.finetune.test_train import run;"
        "run(Recipe.model_validate_json(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]),"
        " int(sys.argv[4]))"
    )
    arguments = [wanted.model_dump_json(), str(data), str(target), str(step)]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=root, check=False, capture_output=True
    )
    return done.returncode


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
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from finetune.examples import build_examples
    from tasks.policyqa.questions import in_split

    made = run(recipe(tiny_llama, learning_rate=1e-12), data, tmp_path / "checkpoint")
    sections = load_corpus(data)
    questions = in_split(load_questions(data, [s.id for s in sections]), "validation")
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    model = AutoModelForCausalLM.from_pretrained(tiny_llama)
    losses, counts = [], []
    for row in build_examples(questions, "plain", Retriever(sections), tokenizer, 512).rows:
        ids, labels = torch.tensor([row.input_ids]), torch.tensor([row.labels])
        counts.append(int((labels != -100).sum()))
        with torch.no_grad():
            losses.append(float(model(input_ids=ids, labels=labels).loss) * counts[-1])
    # The trainer averages batches of 2 and 1 rows; all rows have answers of like length.
    expected = sum(losses) / sum(counts)
    assert made.record["metrics"]["validation_loss"] == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_killed_and_run_again_the_weights_are_those_of_an_undisturbed_run(
    data: Path, tiny_llama: Path, tmp_path: Path, precision: str
) -> None:
    wanted = recipe(tiny_llama, precision=precision, lora_dropout=0.2)
    undisturbed = run(wanted, data, tmp_path / "undisturbed")
    status = in_a_process_killed_at(11, wanted, data, tmp_path / "killed")
    assert status == -signal.SIGKILL
    states = {path.name for path in (tmp_path / "killed.partial").glob("checkpoint-*")}
    assert states == {"checkpoint-4", "checkpoint-8"}
    (tmp_path / "killed.partial" / "checkpoint-8" / "complete").unlink()  # As if killed saving it.
    resumed = run(wanted, data, tmp_path / "killed")
    assert resumed.record["metrics"]["updates"] == 18
    one, other = (
        load_file(made.folder / "adapter_model.safetensors") for made in (undisturbed, resumed)
    )
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


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
    in_a_process_killed_at(5, recipe(tiny_llama), data, target)
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
    run(recipe(tiny_llama, epochs=1), data, tmp_path / "checkpoint")
    with pytest.raises(ConfigError, match="another recipe, model or data"):
        run(recipe(tiny_llama, epochs=2), data, tmp_path / "checkpoint")


def test_examples_all_too_long_are_refused(data: Path, tiny_llama: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="raise max_tokens"):
        run(recipe(tiny_llama, max_tokens=5), data, tmp_path / "checkpoint")


def test_an_epochs_order_depends_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        sampler = LengthGrouped([n % 17 for n in range(64)], 4, seed)
        sampler.set_epoch(epoch)
        torch.rand(7)
        return list(sampler)

    assert order(1, 2) == order(1, 2)
    assert sorted(order(1, 2)) == list(range(64))
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)
