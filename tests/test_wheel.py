"""The built wheel: all that the command needs is in it, and it works beside others' modules."""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from policyqa.__main__ import PACKAGES, main

ROOT = Path(__file__).parents[1]
OURS = (*PACKAGES, "policyqa")
METRIC = """
from pathlib import Path

import policyqa

Path("found.txt").write_text(policyqa.__file__)


class Own:
    name, title, kind, higher_is_better, signature = "own", "own", "mean", True, "own:1"

    def score(self, rows):
        return [1.0 for _ in rows]
"""
SUITE = """
model: smollm2-135m
variants: [base/plain, sft/plain, sft-rag/rag]
metrics: [bleu, "my_metrics:Own"]
published: llama2-7b
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a wheel of this source is installed, without what it depends on."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in (*OURS, "pyproject.toml", "README.md", "LICENSE"):  # Building writes beside them.
        (source / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def test_what_our_packages_have_beside_their_modules_is_in_the_wheel(installed: Path) -> None:
    def files(folder: Path) -> set[Path]:
        found = (path for name in OURS for path in (folder / name).rglob("*") if path.is_file())
        return {path.relative_to(folder) for path in found if path.suffix != ".pyc"}

    assert files(installed) == files(ROOT)
    assert Path("finetune/card.md") in files(installed)


@pytest.mark.slow
def test_the_command_works_where_another_module_has_a_name_of_ours(
    installed: Path, tmp_path: Path
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    for folder in (here, elsewhere):
        folder.mkdir()
        for name in PACKAGES:
            (folder / f"{name}.py").write_text("raise ImportError('a module of another')")
    (here / "my_metrics.py").write_text(METRIC)
    (here / "mine.yaml").write_text(SUITE)
    done = subprocess.run(
        [installed / "bin" / "policyqa", "run", "mine.yaml", "--dry-run"],
        cwd=here,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (here, elsewhere, installed))),
            "POLICYQA_HOME": str(tmp_path / "home"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "suite mine: 635 test questions" in done.stdout
    assert "to train: sft-rag (recipe smollm2-135m-sft-rag)" in done.stdout
    assert Path((here / "found.txt").read_text()).is_relative_to(installed)


def test_what_is_there_already_in_place_of_ours_is_named_with_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ModuleType("tasks")
    other.__file__ = "/elsewhere/tasks.py"
    monkeypatch.setitem(sys.modules, "tasks", other)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(SystemExit, match="2"):
        main()
    said = capsys.readouterr().err
    assert said.startswith("error: /elsewhere/tasks.py is in the way of policyqa-bench's own tasks")
    assert "rename it" in said
    assert said.count("\n") == 1
