"""What libraries would write on the terminal beside our own."""

import subprocess
from pathlib import Path

import pytest
from lm_eval.loggers.utils import get_git_commit_hash

from policyqa.quiet import without_git_errors
from tests.conftest import call

GIT = "git"


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
        shown = subprocess.run([GIT, "--version"], capture_output=True, check=True)
    assert shown.stdout.startswith(b"git version")
    assert capfd.readouterr().err == ""
    get_git_commit_hash()
    assert capfd.readouterr().err != ""

    # lm-eval's own command line, as policyqa eval has it.
    monkeypatch.setattr("lm_eval.__main__.cli_evaluate", get_git_commit_hash)
    assert call("eval", "--tasks", "policyqa_plain") == 0
    assert capfd.readouterr().err == ""


def test_in_a_repository_git_is_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], [*author, "commit", "-q", "--allow-empty", "-m", "one"]):
        subprocess.run([GIT, *arguments], check=True)
    with without_git_errors():
        outside = subprocess.run([GIT, "log", "nowhere"], capture_output=True, check=False)
        commit = get_git_commit_hash()
    assert b"fatal: " in outside.stderr
    assert len(commit) >= 7
