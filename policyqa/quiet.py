"""
Settings for a command of ours: libraries keep quiet, and nothing is reported to anyone.

Called by commands, never at import.
"""

import logging
import os
import shlex
import shutil
import subprocess
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


def quieten() -> None:
    """Leave the terminal to our own progress and errors."""
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    os.environ.setdefault("LMEVAL_LOG_LEVEL", "ERROR")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    logging.basicConfig(level=logging.ERROR)
    warnings.filterwarnings("ignore")


def stay_offline(models: Iterable[str]) -> None:
    """Open no socket to the Hugging Face hub when every model is here already."""
    from harness.models import catalogue

    if all(catalogue.is_local(model) for model in models):
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


@contextmanager
def without_git_errors() -> Iterator[None]:
    """Have git keep its errors to itself, where the working directory is no repository.

    lm-eval asks it for the commit there, once an evaluation, and it writes "fatal: not a git
    repository" on the terminal. While the body works, a git without errors comes first in the
    path; a redirection of our own errors would swallow those of everything else.
    """
    git = shutil.which("git")
    if git is None or _knows_commit(git):
        yield
        return
    path = os.environ.get("PATH", os.defpath)
    with TemporaryDirectory() as folder:
        silent = Path(folder, "git")
        silent.write_text(
            f'#!/bin/sh\nexec {shlex.quote(git)} "$@" 2>/dev/null\n', encoding="utf-8"
        )
        silent.chmod(0o700)
        os.environ["PATH"] = f"{folder}{os.pathsep}{path}"
        try:
            yield
        finally:
            os.environ["PATH"] = path


def _knows_commit(git: str) -> bool:
    """Whether what lm-eval asks has an answer here."""
    asked = subprocess.run([git, "describe", "--always"], capture_output=True, check=False)
    return asked.returncode == 0
