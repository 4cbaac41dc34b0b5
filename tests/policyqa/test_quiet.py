"""What libraries would write on the terminal beside our own."""

import subprocess
from pathlib import Path

import pytest
from lm_eval.loggers.utils import get_git_commit_hash

from policyqa.quiet import without_git_errors
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
