"""What our trainers tell while they work, and how their saved states are marked."""

from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from finetune.processes import is_main, wait
from finetune.work import COMPLETE, ENDED
from harness.files import write_whole
from harness.progress import Advance


class TellAndMark(TrainerCallback):  # type: ignore[misc]
    """Tells of each update, and marks saved states as complete."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self._advance(state.global_step, state.max_steps)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        wait()
        if not is_main():
            return
        mark = ENDED if control.should_training_stop else ""
        write_whole(Path(args.output_dir) / f"checkpoint-{state.global_step}" / COMPLETE, mark)
