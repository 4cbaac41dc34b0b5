"""The dry run says what training then does; models that are not here or too large."""

import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from transformers import LlamaConfig

from finetune.recipe import Recipe
from harness.errors import ModelError
from harness.files import cache_folder
from policyqa.dry_run import dry_run, show_estimate
from policyqa.progress import Watch
from tests.finetune.training import recipe, run
from tests.tasks.folders import change


def told(wanted: Recipe, data: Path) -> tuple[Any, str]:
    """The estimate, and what is shown of it on a console and said meanwhile, on one line."""
    file = io.StringIO()
    console = Console(file=file, width=200, color_system=None)
    found = dry_run(wanted, data, Watch(console))
    show_estimate(found, console)
    assert json.loads(json.dumps(found)) == found
    return found, " ".join(file.getvalue().split())


def test_a_training_does_what_its_dry_run_says_which_leaves_the_cache_alone(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    def cached() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in cache_folder().rglob("*")}

    before = cached()
    steps = {"epochs": 1.5, "batch_size": 3, "gradient_accumulation": 2}
    wanted = recipe(tiny_llama, **steps, limit=16, max_tokens=41, optimizer="paged_adamw_32bit")
    found, shown = told(wanted, data)
    assert cached() == before
    assert "adamw_torch in place of paged_adamw_32bit" in shown
    possible = Recipe.model_validate(found["recipe"])
    assert possible.optimizer == "adamw_torch"
    made = run(possible, data, tmp_path / "checkpoint")
    done = made.record["data"]
    for split, rows in (("train", "trained_on"), ("validation", "measured")):
        counts = [done[split][rows], len(done[split]["too_long"]), done[split]["tokens"]]
        assert list(found[split].values()) == counts
    assert 0 < found["train"]["left_out"] == 12 - found["train"]["rows"]
    assert found["updates"] == made.record["metrics"]["updates"]
    adapter = load_file(made.folder / "adapter_model.safetensors")
    assert found["trainable"] == sum(tensor.numel() for tensor in adapter.values())
    terms = ("process 0.9 GB", "weights", "adapter", "activations", "logits", "peak", "fits: it")
    for term in (f"{found['trainable']:,} trained", *terms, "(estimated)"):
        assert term in shown
    memory = found["memory"]
    assert memory.pop("needed") == memory["peak"] - memory["process"]
    assert memory.pop("peak") == sum(memory.values())
    assert all(size > 0 for size in memory.values())
    assert (found["fits"], found["measured"]) == (True, None)


def test_what_does_not_fit_is_known_by_the_configuration_or_measured_where_weights_are(
    data: Path, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 7B model without its weights; and on a GPU, of which 24 GB are free and 30 are needed."""
    without = shutil.ignore_patterns("*.safetensors")
    bare = Path(shutil.copytree(tiny_llama, tmp_path / "model", ignore=without))
    LlamaConfig().save_pretrained(bare)
    free = SimpleNamespace(available=24 * 10**9)
    monkeypatch.setattr("psutil.virtual_memory", lambda: free)
    found, shown = told(recipe(bare, limit=4), data)
    assert found["memory"]["weights"] == 4 * 6_738_415_616
    assert "parameters 6,738,415,616" in shown
    assert "does not fit: it needs" in shown
    assert "24.0 GB are free. Halve batch_size" in shown
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (24 * 10**9, 80 * 10**9))
    monkeypatch.setattr("finetune.memory.measured_peak", lambda *_: 30 * 10**9)
    found, shown = told(recipe(tiny_llama, limit=4), data)
    assert found["memory"]["peak"] < 10**9  # Python and the libraries are not on the GPU.
    assert "does not fit: it needs 30.0 GB (measured with the heaviest batch)" in shown
    assert told(recipe(bare, limit=4), data)[0]["measured"] is None


def test_questions_without_an_answer_are_no_examples_and_are_counted(
    data: Path, tiny_llama: Path
) -> None:
    change(data, {key: {"answer": None} for key in ("bees-0003", "bees-0004", "kites-0001")})
    found, shown = told(recipe(tiny_llama), data)
    assert (found["train"]["rows"], found["validation"]["rows"]) == (10, 2)
    assert "2 of 12 train questions have no reference answer" in shown
    assert "1 of 3 validation questions have no reference answer" in shown


def test_a_model_that_cannot_be_reached_is_an_error(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="cannot load the configuration of meta-llama/"):
        told(recipe(Path("meta-llama/Llama-2-7b-hf")), data)
