"""What carrying out a recipe would mean: examples, updates, parameters, memory and time."""

import math
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache
from transformers import AutoConfig

from finetune.examples import Examples
from finetune.memory import Memory, estimate, free_memory
from finetune.recipe import Recipe
from finetune.rehearsal import Rehearsal
from finetune.train import memory_explained
from finetune.trainer import make_trainer
from harness.progress import Advance, silent

TIMED = 3
"""Updates that are carried out to time the others; the first warms up and is not counted."""
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
"""Files of which a model that can be loaded has one."""


@dataclass(frozen=True)
class Part:
    """The examples of one split."""

    rows: int
    left_out: int
    """Of more tokens than the recipe's limit."""
    tokens: int
    """Of all rows together."""
    longest: int
    """Tokens of the longest row."""
    contexts: dict[str, int]
    """How many questions are shown what."""

    @classmethod
    def of(cls, examples: Examples) -> "Part":
        """The counts of ``examples``."""
        longest = max(len(row.input_ids) for row in examples.rows)
        rows, left_out = len(examples.rows), len(examples.too_long)
        return cls(rows, left_out, examples.tokens, longest, examples.kinds)


@dataclass(frozen=True)
class Plan:
    """What a training would do and take, in one process."""

    recipe: Recipe
    train: Part
    validation: Part
    updates: int
    measurements: int
    """Times that loss is measured on validation."""
    trainable: int
    """Parameters of the adapter."""
    parameters: int
    """Of base and adapter."""
    memory: Memory
    available: int
    """Bytes that this machine, or its GPU, has free beside this process."""
    seconds: float | None = None
    """Of the whole training; None where it was not timed."""

    @property
    def share(self) -> float:
        """Of the parameters, the trainable ones, in [0, 1]."""
        return self.trainable / self.parameters

    @property
    def fits(self) -> bool:
        """Whether this machine has the memory."""
        return self.memory.needed <= self.available

    def as_json(self) -> dict[str, Any]:
        """The plan and what follows from it; memory in bytes."""
        memory = self.memory
        sums = {"peak": memory.peak, "needed": memory.needed}
        return {
            **asdict(self),
            "recipe": self.recipe.model_dump(mode="json"),
            "memory": {**asdict(memory), **sums},
            "share": self.share,
            "fits": self.fits,
        }


def make_plan(recipe: Recipe, folder: str, splits: Mapping[str, Examples]) -> Plan:
    """The plan of ``recipe``, but for its time; the weights of the base are not read.

    Args:
        recipe: what to do, as this machine can.
        folder: of the base, or its Hugging Face id; its configuration is read.
        splits: examples of ``train`` and ``validation``.
    """
    rehearsal = Rehearsal(AutoConfig.from_pretrained(folder), recipe)
    train = splits["train"]
    batches = math.ceil(len(train.rows) / recipe.batch_size)
    updates = math.ceil(math.ceil(batches / recipe.gradient_accumulation) * recipe.epochs)
    return Plan(
        recipe=recipe,
        train=Part.of(train),
        validation=Part.of(splits["validation"]),
        updates=updates,
        measurements=math.ceil(updates / recipe.save_every),
        trainable=rehearsal.trainable,
        parameters=rehearsal.parameters + rehearsal.trainable,
        memory=estimate(rehearsal, recipe, train.rows),
        available=free_memory(),
    )


def has_weights(folder: str) -> bool:
    """Whether the weights of a base are here: in that folder, or of that Hugging Face id."""
    if Path(folder).is_dir():
        return any((Path(folder) / name).is_file() for name in WEIGHTS)
    return any(isinstance(try_to_load_from_cache(folder, name), str) for name in WEIGHTS)


def timed(
    plan: Plan,
    folder: str,
    tokenizer: Any,
    splits: Mapping[str, Examples],
    advance: Advance = silent,
) -> Plan:
    """``plan`` with its time, after a few real updates in a folder that is gone afterwards.

    Args:
        plan: what to time.
        folder: of the base, or its Hugging Face id.
        tokenizer: of the base.
        splits: as ``make_plan`` had them; examples of typical length are taken.
        advance: hears updates done and in all.

    Raises:
        TrainingError: memory ran out, or the loss is no number.
    """
    recipe, begun = plan.recipe, time.perf_counter()
    few = {
        "train": _typical(splits["train"], recipe.batch_size, TIMED),
        "validation": _typical(splits["validation"], recipe.batch_size, 1),
    }
    moments: list[float] = []

    def clock(done: int, total: int) -> None:
        moments.append(time.perf_counter())
        advance(done, total)

    once = {"epochs": 1.0, "gradient_accumulation": 1, "save_every": TIMED, "patience": None}
    with tempfile.TemporaryDirectory() as work, memory_explained(recipe):
        brief = recipe.model_copy(update=once)
        trainer = make_trainer(Path(work), brief, folder, tokenizer, few, clock)
        loading = time.perf_counter() - begun
        trainer.train()
    measuring = next(
        one["eval_runtime"] for one in trainer.state.log_history if "eval_runtime" in one
    )
    an_update = sum(after - before for before, after in pairwise(moments)) / (TIMED - 1)
    training = an_update * TIMED / few["train"].tokens * plan.train.tokens * recipe.epochs
    measurement = measuring / few["validation"].tokens * plan.validation.tokens
    return replace(plan, seconds=loading + training + plan.measurements * measurement)


def _typical(examples: Examples, size: int, batches: int) -> Examples:
    """A batch of ``size`` examples around the median length, ``batches`` times."""
    rows = sorted(examples.rows, key=lambda row: len(row.input_ids))
    first = max(0, (len(rows) - size) // 2)
    return Examples(rows[first : first + size] * batches, [], {})
