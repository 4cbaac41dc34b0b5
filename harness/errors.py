"""
Every error this project raises on purpose.

A message says what was wrong, where, what was found, and how to mend it.
"""

import traceback
from pathlib import Path

_OURS = Path(__file__).parent


class BenchError(Exception):
    """Base of all of them; the command line prints it and exits with status 2."""


class ConfigError(BenchError):
    """A suite, recipe or option that cannot be carried out as written."""


class DataError(BenchError):
    """A data folder that breaks its contract (path and line are in the message)."""


class ModelError(BenchError):
    """A model or adapter that cannot be fetched, converted or loaded."""


class TrainingError(BenchError):
    """A training that cannot go on: out of memory, or a loss that is no number."""


class IndexStoreError(BenchError):
    """A retrieval index that cannot be opened or built."""


class RunError(BenchError):
    """A run folder that is missing, unfinished or damaged."""


def told(error: Exception) -> str:
    """What a user's own code raised, in one line: its kind, what it says, and where it arose.

    Where is left out of what arose in Python's or our own way of calling it.
    """
    said = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    for frame in traceback.extract_tb(error.__traceback__)[-1:]:
        path = Path(frame.filename)
        if not path.name.startswith("<") and _OURS not in path.parents:
            return f"{said} ({path.name}:{frame.lineno})"
    return said
