"""The dry run: what it says, what it leaves alone, and models that are not here or too large."""

import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from rich.console import Console
from transformers import LlamaConfig

from finetune.recipe import Recipe
from harness.errors import ModelError
from harness.files import cache_folder
from policyqa.dry_run import dry_run, show_estimate
from policyqa.progress import Watch
from tests.finetune.training import recipe
from tests.policyqa.test_plan import unanswer


@pytest.fixture
def bare(tiny_llama: Path, tmp_path: Path) -> Path:
    """A model without its weights."""
    weights = shutil.ignore_patterns("*.safetensors")
    return Path(shutil.copytree(tiny_llama, tmp_path / "model", ignore=weights))


def told(wanted: Recipe, data: Path) -> tuple[Any, str]:
    """The estimate, and what is shown of it on a console and said meanwhile, on one line."""
    file = io.StringIO()
    console = Console(file=file, width=200, color_system=None)
    found = dry_run(wanted, data, Watch(console))
    show_estimate(found, console)
    return found, " ".join(file.getvalue().split())


def test_a_dry_run_shows_its_terms_and_leaves_the_cache_alone(data: Path, tiny_llama: Path) -> None:
    def cached() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in cache_folder().rglob("*")}

    before = cached()
    wanted = recipe(tiny_llama, limit=10, max_tokens=41, optimizer="paged_adamw_32bit")
    found, shown = told(wanted, data)
    assert cached() == before
    assert "adamw_torch in place of paged_adamw_32bit" in shown
    assert found["recipe"]["optimizer"] == "adamw_torch"
    rows = found["train"]["rows"]
    assert f"{rows} examples ({10 - rows} too long and left out)" in shown
    assert f"contexts: {10} as asked" in shown
    assert f"{found['trainable']:,} of {found['parameters']:,} trained" in shown
    for term in ("process 0.9 GB", "parameters, fp32", "adapter", "activations", "logits"):
        assert term in shown
    assert "fits: it needs" in shown
    assert "(estimated)" in shown
    read = json.loads(json.dumps(found))
    assert (read["recipe"]["name"], read["fits"], read["measured"]) == ("tiny", True, None)
    memory = read["memory"]
    assert memory.pop("needed") == memory["peak"] - memory["process"]
    assert memory.pop("peak") == sum(memory.values())
    assert all(size > 0 for size in memory.values())


def test_a_7b_model_that_does_not_fit_is_known_by_its_configuration(
    data: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(available=24 * 10**9)
    monkeypatch.setattr("finetune.estimate.psutil.virtual_memory", lambda: free)
    LlamaConfig().save_pretrained(bare)
    found, shown = told(recipe(bare, limit=4), data)
    assert found["fits"] is False
    assert found["memory"]["weights"] == 4 * 6_738_415_616
    assert "6,738,415,616 parameters, fp32" in shown
    assert "does not fit: it needs" in shown
    assert "24.0 GB are free" in shown
    assert "turn gradient_checkpointing on, or take precision nf4" in shown


def test_what_a_gpu_measured_counts_where_the_weights_are_here(
    data: Path, tiny_llama: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one of which 24 GB are free and the heaviest batch takes 30."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (24 * 10**9, 80 * 10**9))
    monkeypatch.setattr("finetune.estimate.measured_peak", lambda *_: 30 * 10**9)
    found, shown = told(recipe(tiny_llama, limit=4), data)
    assert found["memory"]["peak"] < 10**9  # Python and the libraries are not on the GPU.
    assert "Python and the libraries" not in shown
    assert "does not fit: it needs 30.0 GB (measured with the heaviest batch)" in shown
    found, shown = told(recipe(bare, limit=4), data)
    assert found["measured"] is None
    assert "are not here" in shown
    assert "(estimated)" in shown


def test_questions_without_an_answer_are_no_examples_and_are_counted(
    data: Path, tiny_llama: Path
) -> None:
    unanswer(data, "bees-0003", "bees-0004", "kites-0001")
    found, shown = told(recipe(tiny_llama), data)
    assert (found["train"]["rows"], found["validation"]["rows"]) == (10, 2)
    assert "2 of 12 train questions have no reference answer" in shown
    assert "1 of 3 validation questions have no reference answer" in shown


def test_a_model_that_cannot_be_reached_is_an_error(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="cannot load the model meta-llama/Llama-2-7b-hf"):
        told(recipe(Path("meta-llama/Llama-2-7b-hf")), data)
