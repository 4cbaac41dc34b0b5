"""A recipe → the nearest one that this machine can carry out, and a line on each change."""

import os

from finetune.recipe import Recipe
from harness.models.precision import bfloat16_is_native, nearest

UNPAGED = {"paged_adamw_8bit": "adamw_bnb_8bit", "paged_adamw_32bit": "adamw_torch"}
"""The same optimiser without paging."""
LIGHTER = (
    "Halve batch_size and double gradient_accumulation, which trains alike, "
    "turn gradient_checkpointing on, take precision nf4 or a smaller model"
)
"""What to change in a recipe that takes too much memory."""


def nearest_recipe(recipe: Recipe) -> tuple[Recipe, list[str]]:
    """``recipe`` with what the device cannot do replaced, and what was replaced and why."""
    import torch

    changes: dict[str, tuple[object, str]] = {}
    precision, reason = nearest(recipe.precision)
    if precision == "int8" and os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true":
        precision, reason = "nf4", "FSDP cannot shard int8 weights"
    if reason:
        changes["precision"] = (precision, reason)
    if recipe.optimizer in UNPAGED and not torch.cuda.is_available():
        why = "paging moves states between a GPU and its host"
        changes["optimizer"] = (UNPAGED[recipe.optimizer], why)
    if recipe.autocast and not bfloat16_is_native():
        changes["autocast"] = (False, "the device multiplies nothing in bfloat16")
    lines = [
        f"recipe {recipe.name}: {field} {value} in place of {getattr(recipe, field)}: {why}"
        for field, (value, why) in changes.items()
    ]
    return recipe.model_copy(update={f: value for f, (value, _) in changes.items()}), lines
