"""
Recipe → checkpoint. Killed at any moment, it goes on where it was.

    policyqa train smollm2-135m-sft

``work`` keeps its folder.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from transformers import AutoTokenizer

from finetune.checkpoint import Checkpoint, adapter_hash, load_checkpoint
from finetune.examples import Examples, build_examples
from finetune.recipe import Recipe
from finetune.trainer import make_trainer
from finetune.work import RECORD, finish, last_state
from harness.errors import DataError
from harness.files import write_json, write_whole
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
    finish(
        target,
        "checkpoint",
        determinants,
        lambda work: _train_in(work, recipe, questions, retriever, determinants, advance),
    )
    return load_checkpoint(target)


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
    trainer.train(resume_from_checkpoint=last_state(work))
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
