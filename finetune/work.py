"""
Training in a folder: killed at any moment it goes on, and its result appears when it is finished.

Work goes on beside the target. A trainer saves its state there as it goes; a saved state counts
once it is complete.
"""

import shutil
from collections.abc import Callable, Collection
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from finetune.folders import is_vacant
from finetune.processes import from_main, is_main, wait
from harness.errors import ConfigError
from harness.files import fingerprint, locked, put_folder
from harness.models.adapter import RECORD
from harness.reading import read_json

COMPLETE = "complete"
"""Written into a saved state when all its files are there; it says ``ENDED`` in the last."""
ENDED = "ended"


def finish(
    target: Path, kind: str, determinants: dict[str, Any], make: Callable[[Path], None]
) -> None:
    """Have ``make`` fill ``target``, unless that is done.

    Args:
        target: the folder to make; work goes on beside it until it is finished.
        kind: ``checkpoint`` or ``embedder``, for messages.
        determinants: all that determines the result, as in its record; the folder that is worked
            in is named after them, so that work begun under others is not gone on with.
        make: fills the folder it is given from the last state there, the record last.

    Raises:
        ConfigError: ``target`` holds something else.
    """
    key = fingerprint(determinants)
    with locked(target) if is_main() else nullcontext():
        if from_main(lambda: _is_finished(target, kind, key)):
            return
        work = target.with_name(f"{target.name}.{key[:16]}.partial")
        if from_main(lambda: _is_to_fill(work)):
            make(work)
        if is_main():
            drop_states(work, keep=())
            put_folder(work, target)
        wait()


def last_state(work: Path) -> str | None:
    """The folder of the last state saved whole, as a trainer takes it; None where there is none."""
    states = [state for state in _states(work) if (state / COMPLETE).is_file()]
    return str(states[-1]) if states else None


def drop_states(work: Path, keep: Collection[str]) -> None:
    """Delete saved states but those named; one that a kill leaves half there is not complete."""
    for state in _states(work):
        if state.name not in keep:
            (state / COMPLETE).unlink(missing_ok=True)
            shutil.rmtree(state)


def _is_finished(target: Path, kind: str, key: str) -> bool:
    """Whether the result is there; refuses to replace a folder that holds something else."""
    if is_vacant(target):
        return False
    record = target / RECORD
    if not record.is_file():
        raise ConfigError(f"{target} is there and is no {kind}; name another folder")
    if fingerprint(read_json(record).get("determinants")) != key:
        raise ConfigError(
            f"{target} holds the {kind} of another recipe, model or data; "
            "name another folder, or delete it"
        )
    return True


def _is_to_fill(work: Path) -> bool:
    """Whether ``work``, which is made, lacks its result; drops states that a kill cut short."""
    work.mkdir(parents=True, exist_ok=True)
    for state in _states(work):
        if not (state / COMPLETE).is_file():
            shutil.rmtree(state)
    return not (work / RECORD).is_file()


def _states(work: Path) -> list[Path]:
    """Folders of saved states, by update."""
    return sorted(work.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
