"""Suites carried out without a word, what they log, and models that may not be loaded."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from harness.models.policyqa_hf import PolicyQALM
from policyqa.progress import Watch
from policyqa.run import run_suite
from policyqa.suite import Suite, load_suite


def quiet() -> Watch:
    return Watch(Console(quiet=True))


def suite_of(model: Path, data: Path, **more: Any) -> Suite:
    """A suite of this base model over these data, without floors."""
    given = {"name": "mine", "model": str(model), "data": str(data), "floors": []}
    return Suite.model_validate(given | {"metrics": ["bleu"]} | more)


def write_recipe(path: Path, prompt: Any = "plain", **more: Any) -> str:
    """A recipe of a training in no time; returns its path."""
    fields = {"weights": "sft", "prompt": prompt, "precision": "fp32", "epochs": 1, "limit": 4}
    path.write_text(yaml.safe_dump(fields | {"optimizer": "adamw_torch", "batch_size": 2} | more))
    return str(path)


def run(
    suite: Suite | Path | str, out: Path | str = "run", watch: Watch | None = None, **more: Any
) -> dict[str, Any]:
    """The comparison of a suite, or of its file, carried out into the folder ``out``."""
    wanted = suite if isinstance(suite, Suite) else load_suite(str(suite))
    return run_suite(wanted, Path(out), watch or quiet(), **more).as_json()


def samples(run_folder: Path | str, variant: str) -> dict[str, dict[str, Any]]:
    """The lines of a variant's sample log, by question id."""
    (log,) = (Path(run_folder) / "variants" / variant).glob("samples_*.jsonl")
    lines = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return {line["doc"]["id"]: line for line in lines}


def taken(path: str) -> list[str]:
    """What was written into a file since this was last called, by line."""
    found = Path(path).read_text().splitlines() if Path(path).exists() else []
    Path(path).unlink(missing_ok=True)
    return found


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever opens a connection fails."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """No language model's weights may be read from here on."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a language model was loaded")

    monkeypatch.setattr(PolicyQALM, "_create_model", refuse)
