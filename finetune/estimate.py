"""What carrying out a recipe would mean: examples, updates, parameters and memory."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import psutil
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from finetune.examples import Examples
from finetune.memory import Term, heaviest, terms, trainable
from finetune.recipe import Recipe


@dataclass(frozen=True)
class TrainingEstimate:
    """What a training would do and take, in one process; memory in bytes."""

    recipe: Recipe
    train: dict[str, Any]
    """Rows, rows left out for their length, tokens in all and of the longest, contexts shown."""
    validation: dict[str, Any]
    updates: int
    measurements: int
    """Times that loss is measured on validation."""
    trainable: int
    """Parameters of the adapter."""
    parameters: int
    """Of base and adapter."""
    memory: dict[str, Term]
    """The terms of the peak."""
    available: int
    """What this machine, or its GPU, has free beside this process."""
    measured: int | None = None
    """What the heaviest batch took on the GPU; None where it was not tried."""

    @property
    def peak(self) -> int:
        """All terms together."""
        return sum(term.size for term in self.memory.values())

    @property
    def needed(self) -> int:
        """What must be free beside this process, which has the libraries already."""
        return self.peak - self.memory["process"].size if self.measured is None else self.measured

    @property
    def fits(self) -> bool:
        """Whether this machine has the memory."""
        return self.needed <= self.available

    def as_json(self) -> dict[str, Any]:
        """The estimate and what follows from it."""
        memory = {name: term.size for name, term in self.memory.items()}
        return {
            **asdict(self),
            "recipe": self.recipe.model_dump(mode="json"),
            "memory": {**memory, "peak": self.peak, "needed": self.needed},
            "share": self.trainable / self.parameters,
            "fits": self.fits,
        }


def estimate(recipe: Recipe, folder: str, splits: Mapping[str, Examples]) -> TrainingEstimate:
    """What ``recipe`` would do and take; the weights of the base are not read.

    Args:
        recipe: what to do, as this machine can.
        folder: of the base, or its Hugging Face id; its configuration is read.
        splits: examples of ``train`` and ``validation``.
    """
    with torch.device("meta"):
        base = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
    rows, adapter = splits["train"].rows, trainable(base, recipe)
    batches = math.ceil(len(rows) / recipe.batch_size)
    updates = math.ceil(math.ceil(batches / recipe.gradient_accumulation) * recipe.epochs)
    counts: dict[str, Any] = {
        split: {
            "rows": len(part.rows),
            "left_out": len(part.too_long),
            "tokens": part.tokens,
            "longest": max(len(row.input_ids) for row in part.rows),
            "contexts": part.kinds,
        }
        for split, part in splits.items()
    }
    return TrainingEstimate(
        recipe=recipe,
        **counts,
        updates=updates,
        measurements=math.ceil(updates / recipe.save_every),
        trainable=adapter,
        parameters=adapter + base.num_parameters(),
        memory=terms(base, recipe, heaviest(rows, recipe.batch_size)),
        available=free_memory(),
    )


def free_memory() -> int:
    """Bytes that this process can still take, on the GPU where there is one.

    A container's limit is not known to it.
    """
    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0])
    return int(psutil.virtual_memory().available)
