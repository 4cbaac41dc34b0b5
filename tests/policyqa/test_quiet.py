"""What libraries would write on the terminal beside our own."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from lm_eval.loggers.utils import add_env_info, get_git_commit_hash
from torch.utils import collect_env

from policyqa.quiet import _machine, machine_told_once, without_git_errors
from tests.conftest import call


def test_git_says_nothing_of_a_folder_that_is_no_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # "fatal: not a git repository" stood on the terminal once a variant.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert get_git_commit_hash() is None
    assert "fatal: not a git repository" in capfd.readouterr().err
    with without_git_errors():
        assert get_git_commit_hash() is None
    assert capfd.readouterr().err == ""
    get_git_commit_hash()
    assert capfd.readouterr().err != ""

    # lm-eval's own command line, as policyqa eval has it.
    monkeypatch.setattr("lm_eval.__main__.cli_evaluate", get_git_commit_hash)
    assert call("eval", "--tasks", "policyqa_plain") == 0
    assert capfd.readouterr().err == ""

    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], [*author, "commit", "-q", "--allow-empty", "-m", "one"]):
        subprocess.run(["git", *arguments], check=True)  # noqa: S607
    with without_git_errors():
        assert len(get_git_commit_hash()) >= 7


def test_the_machine_is_looked_over_once_and_lm_eval_told_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # pip was started once a variant: most of what scoring a few questions took.
    def told() -> str:
        storage: dict[str, Any] = {}
        add_env_info(storage)
        return str(storage["pretty_env_info"])

    alone = told()
    _machine.cache_clear()
    looked: list[str] = []
    real = collect_env.run
    monkeypatch.setattr(collect_env, "run", lambda command: looked.append(command) or real(command))
    with machine_told_once():
        once = told()
        first = len(looked)
        assert told() == once
    assert first == len(looked) > 0
    # What moves between two looks, as the clock of a processor, is left out.
    kept = [line for line in once.splitlines() if "MHz" not in line and "BogoMIPS" not in line]
    assert kept == [one for one in alone.splitlines() if "MHz" not in one and "BogoMIPS" not in one]
    assert told() and len(looked) > first
