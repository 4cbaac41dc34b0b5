"""Shared parts: a cache of one test's own, and what is kept in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.kept import Kept
from harness.models.policyqa_hf import PolicyQALM


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    """An empty cache, but for the models."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "models").symlink_to((home / "models").resolve())
    monkeypatch.setenv("POLICYQA_HOME", str(folder))
    return folder


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
