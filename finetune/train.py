"""
Recipe → checkpoint. Killed at any moment, it goes on where it was.

    policyqa train smollm2-135m-sft

``work`` keeps its folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import yaml

from finetune.card import card
from finetune.checkpoint import Checkpoint, adapter_hash, load_checkpoint
from finetune.examples import Examples, build_splits, tokenizer_of
from finetune.fitting import LIGHTER
from finetune.processes import count, from_main, is_main
from finetune.recipe import Recipe, questions_of
from finetune.trainer import make_trainer
from finetune.work import finish, last_state
from harness.errors import ConfigError, TrainingError
from harness.files import write_json, write_whole
from harness.models import catalogue
from harness.models.adapter import RECORD
from harness.progress import Advance, Say, silent
from rag.retriever import Retriever
from tasks.policyqa.questions import Question
from tasks.policyqa.trained import TrainedOn, write_trained


def train(
    recipe: Recipe,
    questions: list[Question],
    retriever: Retriever,
    target: Path,
    determinants: dict[str, Any],
    advance: Advance = silent,
    say: Say = silent,
) -> Checkpoint:
    """The checkpoint of ``recipe`` at ``target``, trained unless it is finished there.

    Args:
        recipe: what to do.
        questions: of all splits; ``train`` is trained on, ``validation`` measured.
        retriever: the evaluation's, for recipes that train with context.
        target: the checkpoint's folder; work goes on beside it until it is finished.
        determinants: recorded in the checkpoint; work begun under others is not gone on with.
        advance: hears updates done and in all.
        say: hears what the user should know of, a line at a time.

    Raises:
        DataError: a split is empty, or has no example that is short enough.
        TrainingError: the loss is no number, or memory ran out.
        ConfigError: ``target`` holds something else, or this one process sees several GPUs.
    """

    def fill(work: Path) -> None:
        refuse_idle_devices()
        folder = catalogue.loadable(recipe.model)
        tokenizer = tokenizer_of(folder)
        splits = from_main(lambda: build_splits(recipe, questions, retriever, tokenizer))
        for split, part in splits.items():
            if part.too_long:
                say(
                    f"{len(part.too_long)} of {part.questions} {split} examples have more than "
                    f"{recipe.max_tokens} tokens (max_tokens) and are left out: "
                    f"{', '.join(part.too_long[:3])}{' …' if len(part.too_long) > 3 else ''}"
                )
        with memory_explained(recipe):
            trainer = make_trainer(work, recipe, folder, tokenizer, splits, advance)
            trainer.carry_out(last_state(work))
        trainer.save_model(str(work))
        if is_main():
            values = recipe.model_dump(mode="json", exclude={"name"})
            write_whole(work / "recipe.yaml", yaml.safe_dump(values, sort_keys=False))
            record = _record(work, recipe, determinants, splits, trainer.state)
            write_whole(work / "README.md", card(record))
            write_trained(work, _trained_on(recipe, questions, retriever, splits))
            write_json(work / RECORD, record)

    finish(target, "checkpoint", determinants, fill)
    return load_checkpoint(target)


def refuse_idle_devices() -> None:
    """Refuse several GPUs in one process: transformers would copy the model to each, trl refuses.

    Raises:
        ConfigError: there are several.
    """
    devices = torch.cuda.device_count()
    if devices > 1 and count() == 1:
        raise ConfigError(
            f"{devices} GPUs are visible to one process; train on all: accelerate launch "
            "--config_file finetune/accelerate/data_parallel.yaml -m policyqa train …, or on one: "
            "CUDA_VISIBLE_DEVICES=0 policyqa … (policyqa run trains on one)"
        )


@contextmanager
def memory_explained(recipe: Recipe) -> Iterator[None]:
    """Say what to change where memory runs out.

    Raises:
        TrainingError: it did.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and (
            "can't allocate memory" not in str(error)
        ):
            raise
        raise TrainingError(
            f"out of memory with batch_size {recipe.batch_size}, max_tokens {recipe.max_tokens}, "
            f"precision {recipe.precision}. {LIGHTER}; "
            "policyqa train --dry-run tells what is needed"
        ) from error


def _trained_on(
    recipe: Recipe,
    questions: list[Question],
    retriever: Retriever,
    splits: dict[str, Examples],
) -> TrainedOn:
    """The questions of the examples, and what their evidence says."""
    found = [
        one
        for split, part in splits.items()
        for one in questions_of(recipe, questions, split)
        if one.id not in part.too_long
    ]
    named = {id_ for one in found for id_ in one.evidence if id_ in retriever.sections}
    return TrainedOn(found, {id_: retriever.sections[id_].body for id_ in named})


def _record(
    work: Path,
    recipe: Recipe,
    determinants: dict[str, Any],
    splits: dict[str, Examples],
    state: Any,
) -> dict[str, Any]:
    """What the checkpoint says of itself, and what the state that measured best measured."""
    best = next(
        one
        for one in state.log_history
        if one["step"] == state.best_global_step and "eval_loss" in one
    )
    return {
        "recipe": recipe.model_dump(mode="json"),
        "determinants": determinants,
        "adapter_sha256": adapter_hash(work),
        "data": {
            split: {
                "questions": part.questions,
                "trained_on" if split == "train" else "measured": len(part.rows),
                "tokens": part.tokens,
                "too_long": part.too_long,
                "contexts": part.kinds,
            }
            for split, part in splits.items()
        },
        "metrics": {
            "validation_loss": best["eval_loss"],
            "validation_token_accuracy": best["eval_token_accuracy"],
            "best_update": state.best_global_step,
            "updates": state.global_step,
        },
        "versions": {**determinants["versions"], "policyqa-bench": version("policyqa-bench")},
    }
