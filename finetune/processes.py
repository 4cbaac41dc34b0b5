"""
Several processes that train one checkpoint together: one a GPU, started by ``accelerate launch``.

The main one looks after files, data and messages; a process on its own is the main one.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from harness.errors import BenchError

_Made = TypeVar("_Made")


def is_main() -> bool:
    """Whether this process looks after files and messages."""
    return bool(_state().is_main_process)


def count() -> int:
    """How many processes train together."""
    return int(_state().num_processes)


def wait() -> None:
    """Go on when every process is here."""
    _state().wait_for_everyone()


def from_main(make: Callable[[], _Made]) -> _Made:
    """What ``make`` returns in the main process, in every process; it must pickle.

    Raises:
        BenchError: ``make`` raised it, and so does every process.
    """
    state = _state()
    if state.num_processes == 1:
        return make()
    from accelerate.utils import broadcast_object_list

    made: list[Any] = [None]
    if state.is_main_process:
        try:
            made = [make()]
        except BenchError as error:
            made = [error]
    broadcast_object_list(made)
    if isinstance(made[0], BenchError):
        raise made[0]
    return made[0]  # type: ignore[no-any-return]


def _state() -> Any:
    import torch
    from accelerate import PartialState

    return PartialState(cpu=not torch.cuda.is_available())
