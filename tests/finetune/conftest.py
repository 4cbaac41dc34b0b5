"""One thread, and a checkpoint trained once for all tests that only look at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from finetune.checkpoint import Checkpoint
from tests.conftest import write_data
from tests.finetune.training import recipe, run


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """Batches this small take several threads longer than one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def trained(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """Of ``recipe(tiny_llama)`` on data like the fixture ``data``."""
    folder = tmp_path_factory.mktemp("trained")
    return run(recipe(tiny_llama), write_data(folder / "data"), folder / "checkpoint")
