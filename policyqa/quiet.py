"""
Settings for a command of ours: libraries keep quiet, and nothing is reported to anyone.

Called by commands, never at import.
"""

import logging
import os
import warnings
from collections.abc import Iterable


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
