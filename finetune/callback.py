"""What both of our trainers are told, what they tell, and how their saved states are marked."""

from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from finetune.embedder import EmbedderRecipe
from finetune.processes import is_main, wait
from finetune.recipe import Recipe
from finetune.work import COMPLETE, ENDED, drop_states
from harness.files import write_whole
from harness.progress import Advance


def shared_arguments(work: Path, recipe: Recipe | EmbedderRecipe) -> dict[str, Any]:
    """The arguments of transformers' trainer that follow alike from either recipe."""
    return {
        "output_dir": str(work),
        "per_device_train_batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "warmup_steps": recipe.warmup,
        "weight_decay": recipe.weight_decay,
        "max_grad_norm": recipe.max_gradient_norm,
        "save_steps": recipe.save_every,
        "logging_steps": recipe.log_every,
        "logging_first_step": True,
        "disable_tqdm": True,
        "seed": recipe.seed,
        "use_cpu": not torch.cuda.is_available(),
    }


class TellAndMark(TrainerCallback):  # type: ignore[misc]
    """Tells of each update, marks saved states as complete, and keeps the newest and the best.

    transformers would delete older ones itself, and a kill meanwhile leave half of one."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self._advance(state.global_step, state.max_steps)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        wait()
        if not is_main():
            return
        work = Path(args.output_dir)
        newest = work / f"checkpoint-{state.global_step}"
        write_whole(newest / COMPLETE, ENDED if control.should_training_stop else "")
        drop_states(work, keep={newest.name, Path(state.best_model_checkpoint or newest).name})
