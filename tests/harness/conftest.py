"""Shared parts: a store of one test's own, and a model that is loaded once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.kept import Kept
from harness.models.policyqa_hf import PolicyQALM


@pytest.fixture
def kept(own_home: Path) -> Iterator[Kept]:  # noqa: ARG001
    """An empty store, in a cache of its own."""
    store = Kept()
    yield store
    store.close()


@pytest.fixture(scope="session")
def tiny_model(tiny_llama: Path) -> PolicyQALM:
    """The random Llama, loaded: for tests that put no adapter on it."""
    return PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2)


@pytest.fixture(scope="session")
def adapter(tiny_llama: Path, make_adapter: Callable[[Path], Path]) -> Path:
    """Weights put on it."""
    return make_adapter(tiny_llama)
