"""
Settings for a command of ours: libraries keep quiet, and nothing is reported to anyone.

Called by commands, never at import.
"""

import logging
import os
import subprocess
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from types import SimpleNamespace


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
    """Have git keep its errors to itself where lm-eval asks it for the commit.

    It asks once an evaluation, and in a working directory that is no repository git writes
    "fatal: not a git repository" on the terminal.
    """
    from unittest.mock import patch

    from lm_eval.loggers import utils

    quiet = partial(subprocess.check_output, stderr=subprocess.DEVNULL)
    theirs = SimpleNamespace(**{**vars(subprocess), "check_output": quiet})
    with patch.object(utils, "subprocess", theirs):
        yield


@contextmanager
def machine_told_once() -> Iterator[None]:
    """Have PyTorch look the machine over once a process where lm-eval asks it once an evaluation.

    It starts eleven programs for that, pip among them: most of what an evaluation of few questions
    would take.
    """
    from unittest.mock import patch

    with patch("torch.utils.collect_env.get_pretty_env_info", _machine):
        yield


@cache
def _machine() -> str:
    from torch.utils.collect_env import get_env_info, pretty_str

    return str(pretty_str(get_env_info()))
