"""The built wheel: all that the command needs is in it, and it works beside others' modules."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from policyqa.__main__ import PACKAGES, start
from tests.conftest import completed, write_data

ROOT = Path(__file__).parents[1]
OURS = (*PACKAGES, "policyqa")
METRIC = """
import policyqa

class Own:
    name, title, kind, higher_is_better, signature = "own", "letters", "mean", None, "own:1"

    def score(self, rows):
        assert policyqa.__file__.startswith({installed!r})
        return [len(row.answer) for row in rows]
"""
SUITE = """
data: data
floors: [echo, first]
metrics: [bleu, "my_metrics:Own"]
models: {today: {answers: answers.jsonl}}
variants: [today]
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a wheel of this source is installed, without what it depends on."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in (*OURS, "pyproject.toml", "README.md", "LICENSE"):  # Building writes beside them.
        (source / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "--target", str(target), str(source)]
    completed(command)
    return target


def test_what_our_packages_have_beside_their_modules_is_in_the_wheel(installed: Path) -> None:
    def files(folder: Path) -> set[Path]:
        found = (path for name in OURS for path in (folder / name).rglob("*") if path.is_file())
        return {path.relative_to(folder) for path in found if path.suffix != ".pyc"}

    assert files(installed) == files(ROOT)
    assert Path("finetune/card.md") in files(installed)


@pytest.fixture
def policyqa(installed: Path, tmp_path: Path) -> Callable[..., str]:
    """Calls the installed command, in a folder and with a path full of modules named as ours."""
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    for folder in (here, elsewhere):
        folder.mkdir()
        for name in PACKAGES:
            (folder / f"{name}.py").write_text("raise ImportError('a module of another')")
    paths = os.pathsep.join(map(str, (elsewhere, installed)))
    environment = {"PYTHONPATH": paths, "POLICYQA_HOME": str(tmp_path / "home")}
    command = installed / "bin" / "policyqa"
    return lambda *arguments: completed([command, *arguments], here, **environment)


@pytest.mark.slow
def test_a_dataset_and_a_metric_are_added_beside_modules_of_our_names(
    policyqa: Callable[..., str], installed: Path, home: Path, tmp_path: Path
) -> None:
    here = write_data(tmp_path / "here" / "data", sections=3).parent
    (here / "my_metrics.py").write_text(METRIC.format(installed=str(installed)))
    (here / "mine.yaml").write_text(SUITE)
    (here / "answers.jsonl").write_text('{"id": "bees-0002", "answer": "40 m"}\n')
    (tmp_path / "home").symlink_to(home)  # The embedder is there.
    said = policyqa("run", "mine.yaml")
    assert "run folder: runs/mine" in said
    assert "letters" in said
    variants = json.loads((here / "runs/mine/comparison.json").read_text())["variants"]
    assert list(variants) == ["floor/echo", "floor/first", "today"]
    assert variants["today"]["metrics"]["own"]["mean"] == pytest.approx(4 / 3)
    assert variants["floor/first"]["metrics"]["bleu"]["mean"] > 0.9


@pytest.mark.slow
def test_what_is_shipped_is_found(policyqa: Callable[..., str]) -> None:
    said = policyqa("run", "quick", "--dry-run")
    assert "suite quick: 60 test questions" in said
    assert "to train: sft-rag (recipe smollm2-135m-sft-rag-quick)" in said


def test_what_is_there_already_in_place_of_ours_is_named_with_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ModuleType("tasks")
    other.__file__ = "/elsewhere/tasks.py"
    monkeypatch.setitem(sys.modules, "tasks", other)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(SystemExit, match="2"):
        start()
    said = capsys.readouterr().err
    assert said.startswith("error: /elsewhere/tasks.py is in the way of policyqa-bench's own tasks")
    assert "rename it" in said
    assert said.count("\n") == 1
