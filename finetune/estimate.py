"""What carrying out a recipe would mean: examples, updates, parameters and memory."""

import math
from collections.abc import Mapping
from typing import Any

import psutil
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from finetune.examples import Examples
from finetune.fitting import lighter
from finetune.memory import heaviest, measured_peak, terms, trainable
from finetune.recipe import Recipe


def estimate(
    recipe: Recipe, folder: str, tokenizer: Any, splits: Mapping[str, Examples], measure: bool
) -> dict[str, Any]:
    """What ``recipe`` would do and take in one process, as JSON; memory in bytes.

    Args:
        recipe: what to do, as this machine can.
        folder: of the base, or its Hugging Face id; its configuration is read.
        tokenizer: of the base.
        splits: examples of ``train`` and ``validation``.
        measure: whether the heaviest batch is tried, on the GPU; else no weight is read.

    Raises:
        TrainingError: memory ran out where it was tried.
    """
    with torch.device("meta"):
        base = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
    rows, adapter = splits["train"].rows, trainable(base, recipe)
    batches = math.ceil(len(rows) / recipe.batch_size)
    updates = math.ceil(math.ceil(batches / recipe.gradient_accumulation) * recipe.epochs)
    memory = terms(base, recipe, heaviest(rows, recipe.batch_size))
    peak = sum(term.size for term in memory.values())
    # Of this process: a container's limit is not known to it.
    on_gpu, host = torch.cuda.is_available(), psutil.virtual_memory()
    available = int(torch.cuda.mem_get_info()[0] if on_gpu else host.available)
    measured = measured_peak(recipe, folder, tokenizer, rows) if measure else None
    # This process has the libraries already.
    needed = peak - memory["process"].size if measured is None else measured
    return {
        "recipe": recipe.model_dump(mode="json"),
        **{split: _counts(part) for split, part in splits.items()},
        "updates": updates,
        "measurements": math.ceil(updates / recipe.save_every),  # Of the loss on validation.
        "trainable": adapter,
        "parameters": adapter + base.num_parameters(),
        "share": adapter / (adapter + base.num_parameters()),
        "terms": {name: term._asdict() for name, term in memory.items()},
        "memory": {name: term.size for name, term in memory.items()}
        | {"peak": peak, "needed": needed},
        "available": available,
        "measured": measured,
        "fits": needed <= available,
        "lighter": lighter(recipe),
    }


def _counts(examples: Examples) -> dict[str, Any]:
    return {
        "rows": len(examples.rows),
        "left_out": len(examples.too_long),
        "tokens": examples.tokens,
        "longest": max(len(row.input_ids) for row in examples.rows),
        "contexts": examples.kinds,
    }
