"""A checkpoint trained once for all tests that only look at it."""

from pathlib import Path

import pytest

from finetune.checkpoint import Checkpoint
from tests.conftest import write_data
from tests.finetune.training import recipe, run


@pytest.fixture(scope="session")
def trained(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """Of ``recipe(tiny_llama)`` on data like the fixture ``data``."""
    folder = tmp_path_factory.mktemp("trained")
    return run(recipe(tiny_llama), write_data(folder / "data"), folder / "checkpoint")
