"""
How lm-eval finds the tasks: its own command line with them on it, or files it scans by itself.

``register`` writes one small file a task below ``lm_eval/tasks``, where the stock command looks
from any directory; each includes the real one, so nothing goes stale. ``unregister`` removes them.
"""

import shutil
from pathlib import Path

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
