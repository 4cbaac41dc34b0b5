"""An embedder trained on a data folder is found again, and retrieves."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from finetune.embedder import EmbedderRecipe
from harness.errors import ConfigError, DataError, ModelError
from harness.files import cache_folder
from policyqa.progress import Watch
from policyqa.train import train_embedder_recipe
from rag.index import Index
from rag.retriever import Retriever


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Batches this small take several threads longer than one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny(**changes: Any) -> EmbedderRecipe:
    values = {"name": "tiny", "epochs": 1, "batch_size": 4, "max_tokens": 32}
    return EmbedderRecipe(**{**values, **changes})


def train(recipe: EmbedderRecipe, data: Path, out: Path | None = None) -> tuple[Path, str]:
    """The embedder's folder, and what was told meanwhile."""
    told = io.StringIO()
    return train_embedder_recipe(recipe, data, out, Watch(Console(file=told))), told.getvalue()


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that is neither made nor searched."""

    def refuse(*_: Any) -> None:
        raise AssertionError("the index was asked")

    for name in ("build", "search"):
        monkeypatch.setattr(Index, name, refuse)


def test_an_embedder_is_trained_once_and_serves_as_one(
    data: Path,
    minilm: Path,  # noqa: ARG001
    request: pytest.FixtureRequest,
) -> None:
    folder, told = train(tiny(), data)
    assert folder.parent == cache_folder("embedders")
    assert told.index("1/2 index") < told.index("2/2 training minilm-l6 on 12 questions")
    trained = Retriever.of(data, embedder=str(folder), mode="dense")
    assert trained.index.name != Retriever.of(data).index.name
    hits = trained.search(["What does part 3 of the Bee Keeping Act say?"], 3)[0]
    assert "bees/s-3" in [hit.id for hit in hits]
    request.getfixturevalue("no_index")
    changed = (folder / "model.safetensors").stat().st_mtime_ns
    assert train(tiny(), data) == (folder, "")
    assert (folder / "model.safetensors").stat().st_mtime_ns == changed


@pytest.mark.usefixtures("minilm", "no_index")
def test_without_hard_negatives_no_index_is_made(data: Path, tmp_path: Path) -> None:
    folder, told = train(tiny(negatives=0, siblings=0), data, tmp_path / "out")
    assert (folder / "model.safetensors").is_file()
    assert "1/1 training" in told
    assert "index" not in told


@pytest.mark.usefixtures("minilm", "no_index")
def test_what_cannot_be_trained_is_refused_before_any_work(data: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("all of it")
    with pytest.raises(ConfigError, match="is no embedder; name another folder"):
        train(tiny(), data, mine)
    assert (mine / "thesis.txt").read_text() == "all of it"
    with pytest.raises(DataError, match="lower negatives, siblings or skip"):
        train(tiny(negatives=99), data)
    with pytest.raises(ModelError, match="no model folder"):
        train(tiny(model="./nowhere"), data)
