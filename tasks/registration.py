"""
How lm-eval finds the tasks: its own command line with them on it, or files it scans by itself.

``register`` writes one small file a task below ``lm_eval/tasks``, where the stock command looks
from any directory; each includes the real one, so nothing goes stale. ``unregister`` removes them.
"""

import shutil
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import ConfigError

TASKS = Path(__file__).parent / "policyqa"
"""The folder of the tasks' YAML files."""


def stock_folder() -> Path:
    """Where the installed lm-eval scans for our tasks once they are registered."""
    import lm_eval

    return Path(str(lm_eval.__file__)).parent / "tasks" / "policyqa"


def register(folder: Path | None = None) -> Path:
    """Let the stock ``lm_eval`` find the tasks by name; returns where it was told.

    Raises:
        ConfigError: the folder cannot be written.
    """
    folder = folder or stock_folder()
    try:
        folder.mkdir(exist_ok=True)
        for task in sorted(TASKS.glob("*.yaml")):
            (folder / task.name).write_text(f'include: "{task}"\n', encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot write {folder}: {error.strerror}. Without registering, this works: "
            f"lm_eval --include_path {TASKS.parent} --tasks policyqa_rag …"
        ) from error
    return folder


def unregister(folder: Path | None = None) -> Path:
    """Undo ``register``, leaving no trace; returns the folder that is gone."""
    folder = folder or stock_folder()
    if folder.is_dir():
        shutil.rmtree(folder)
    return folder


def all_are_ours(arguments: Sequence[str]) -> bool:
    """Whether a command line of lm-eval names tasks, and none but ours."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--tasks", "-t", nargs="*", default=[])
    named = parser.parse_known_args(list(arguments))[0].tasks
    tasks = [one for word in named for one in word.split(",")]
    return bool(tasks) and {*tasks} <= {path.stem for path in TASKS.glob("policyqa_*.yaml")}


@contextmanager
def without_other_tasks() -> Iterator[None]:
    """Have lm-eval leave its own tasks alone: it reads 14,000 files for them, which takes longer
    than to score a few questions."""
    from unittest.mock import patch

    from lm_eval import tasks

    class OurTasks(tasks.TaskManager):  # type: ignore[misc]
        def __init__(self, **given: Any) -> None:
            super().__init__(**given, include_defaults=False)

    with patch.object(tasks, "TaskManager", OurTasks):
        yield
