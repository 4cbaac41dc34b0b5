"""An embedder trained on a data folder is found again, and retrieves."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from rich.console import Console

from finetune.embedder import EmbedderRecipe
from harness.errors import ModelError
from harness.files import cache_folder
from policyqa.progress import Watch
from policyqa.train import train_embedder_recipe
from rag.retriever import Retriever


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Batches this small take several threads longer than one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_an_embedder_is_trained_once_and_serves_as_one(
    data: Path,
    minilm: Path,  # noqa: ARG001
) -> None:
    recipe = EmbedderRecipe(name="tiny", epochs=1, batch_size=4, max_tokens=32)
    watch = Watch(Console(file=io.StringIO()))
    folder = train_embedder_recipe(recipe, data, None, watch)
    assert folder.parent == cache_folder("embedders")
    changed = (folder / "model.safetensors").stat().st_mtime_ns
    assert train_embedder_recipe(recipe, data, None, watch) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == changed
    trained = Retriever.of(data, embedder=str(folder), mode="dense")
    assert trained.index.name != Retriever.of(data).index.name
    hits = trained.search(["What does part 3 of the Bee Keeping Act say?"], 3)[0]
    assert "bees/s-3" in [hit.id for hit in hits]


def test_a_model_that_is_not_there_is_refused_before_any_work(data: Path) -> None:
    recipe = EmbedderRecipe(name="tiny", model="./nowhere")
    out = io.StringIO()
    with pytest.raises(ModelError, match="no model folder"):
        train_embedder_recipe(recipe, data, None, Watch(Console(file=out)))
    assert out.getvalue() == ""
