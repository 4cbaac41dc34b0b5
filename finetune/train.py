"""
Recipe → checkpoint. Killed at any moment, it goes on where it was.

    policyqa train smollm2-135m-sft

The trainer saves its state as it goes; a saved state counts once it is complete. The checkpoint's
folder appears when everything in it is there.
"""

import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from transformers import AutoTokenizer

from finetune.checkpoint import RECORD, Checkpoint, adapter_hash, load_checkpoint
from finetune.examples import Examples, build_examples
from finetune.recipe import Recipe
from finetune.trainer import COMPLETE, make_trainer
from harness.errors import ConfigError, DataError
from harness.files import fingerprint, locked, put_folder, write_json, write_whole
from harness.models import catalogue
from harness.progress import Advance, silent
from rag.retriever import Retriever
from tasks.policyqa.questions import Question, draw, in_split, with_reference


def train(
    recipe: Recipe,
    questions: list[Question],
    retriever: Retriever,
    target: Path,
    determinants: dict[str, Any],
    advance: Advance = silent,
) -> Checkpoint:
    """The checkpoint of ``recipe`` at ``target``, trained unless it is finished there.

    Args:
        recipe: what to do.
        questions: of all splits; ``train`` is trained on, ``validation`` measured.
        retriever: the evaluation's, for recipes that train with context.
        target: the checkpoint's folder; work goes on beside it until it is finished.
        determinants: recorded in the checkpoint; work begun under others is not gone on with.
        advance: hears updates done and in all.

    Raises:
        DataError: no example is short enough.
        ConfigError: the precision needs a device this machine lacks, or ``target`` holds
            something else.
    """
    with locked(target):
        if not _is_finished(target, determinants):
            work = target.with_name(target.name + ".partial")
            _keep_work_only_of(work, determinants)
            if not (work / RECORD).is_file():
                _train_in(work, recipe, questions, retriever, determinants, advance)
            for state in work.glob("checkpoint-*"):
                shutil.rmtree(state)
            put_folder(work, target)
    return load_checkpoint(target)


def _is_finished(target: Path, determinants: dict[str, Any]) -> bool:
    """Whether the checkpoint is there; refuses to replace a folder that holds something else."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return False
    if not (target / RECORD).is_file():
        raise ConfigError(f"{target} is there and is no checkpoint; name another folder")
    if fingerprint(load_checkpoint(target).record["determinants"]) != fingerprint(determinants):
        raise ConfigError(
            f"{target} holds a checkpoint of another recipe, model or data; "
            "name another folder, or delete it"
        )
    return True


def _keep_work_only_of(work: Path, determinants: dict[str, Any]) -> None:
    """Drop what an earlier attempt at something else left, and states a kill cut short."""
    mark = work / "determinants"
    key = fingerprint(determinants)
    if not mark.is_file() or mark.read_text(encoding="utf-8") != key:
        shutil.rmtree(work, ignore_errors=True)
        write_whole(mark, key)
    for state in work.glob("checkpoint-*"):
        if not (state / COMPLETE).is_file():
            shutil.rmtree(state)


def _train_in(
    work: Path,
    recipe: Recipe,
    questions: list[Question],
    retriever: Retriever,
    determinants: dict[str, Any],
    advance: Advance,
) -> None:
    folder = catalogue.loadable(recipe.model)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    splits = {
        split: build_examples(
            _chosen(questions, split, recipe),
            recipe.prompt,
            retriever,
            tokenizer,
            recipe.max_tokens,
        )
        for split in ("train", "validation")
    }
    if not splits["train"].rows or not splits["validation"].rows:
        raise DataError(
            f"no training or validation example has at most {recipe.max_tokens} tokens; "
            f"raise max_tokens in recipe {recipe.name}"
        )
    trainer = make_trainer(work, recipe, folder, tokenizer, splits, advance)
    states = sorted(work.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    trainer.train(resume_from_checkpoint=str(states[-1]) if states else None)
    measured = trainer.evaluate()
    trainer.save_model(str(work))
    recipe_values = recipe.model_dump(mode="json", exclude={"name"})
    write_whole(work / "recipe.yaml", yaml.safe_dump(recipe_values, sort_keys=False))
    metrics = {"validation_loss": measured["eval_loss"], "updates": trainer.state.global_step}
    write_json(work / RECORD, _record(work, recipe, determinants, splits, metrics))


def _chosen(questions: list[Question], split: str, recipe: Recipe) -> list[Question]:
    """The questions of a split that the recipe trains or validates on."""
    found = with_reference(in_split(questions, split))
    limit = recipe.limit
    if limit is not None and split == "validation":
        limit = max(1, limit // 4)
    return [found[index] for index in draw(len(found), limit, recipe.seed)]


def _record(
    work: Path,
    recipe: Recipe,
    determinants: dict[str, Any],
    splits: dict[str, Examples],
    metrics: dict[str, Any],
) -> dict[str, Any]:
    """What the checkpoint says of itself."""
    return {
        "recipe": recipe.model_dump(mode="json"),
        "determinants": determinants,
        "adapter_sha256": adapter_hash(work),
        "data": {
            split: {
                "questions": len(part.rows) + len(part.too_long),
                "trained_on" if split == "train" else "measured": len(part.rows),
                "tokens": part.tokens,
                "too_long": part.too_long,
            }
            for split, part in splits.items()
        },
        "metrics": metrics,
        "versions": {**determinants["versions"], "policyqa-bench": version("policyqa-bench")},
    }
