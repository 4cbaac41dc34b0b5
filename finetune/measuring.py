"""What memory the heaviest batch of a training takes on this GPU, measured."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import try_to_load_from_cache

from finetune.examples import IGNORED, Example, Examples
from finetune.memory import heaviest
from finetune.recipe import Recipe
from finetune.train import memory_explained, refuse_idle_devices
from finetune.trainer import make_trainer
from harness.progress import silent

WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
"""Files of which a model that can be loaded has one."""


def has_weights(folder: str) -> bool:
    """Whether the weights of a base are here: in that folder, or of that Hugging Face id."""
    if Path(folder).is_dir():
        return any((Path(folder) / name).is_file() for name in WEIGHTS)
    return any(isinstance(try_to_load_from_cache(folder, name), str) for name in WEIGHTS)


def measured(recipe: Recipe, folder: str, tokenizer: Any, rows: Sequence[Example]) -> int:
    """Bytes that PyTorch had on the GPU at most: ``folder`` loaded, the heaviest batch trained on.

    One update is carried out, in a folder that is gone afterwards.

    Raises:
        TrainingError: memory ran out, or the loss is no number.
        ConfigError: this one process sees several GPUs.
    """
    refuse_idle_devices()
    batch = heaviest(rows, recipe.batch_size)
    ids, prompt = max((row.input_ids for row in rows), key=len), batch.tokens - batch.answer + 1
    row = Example(ids, [IGNORED] * prompt + ids[prompt:])
    splits = dict.fromkeys(("train", "validation"), Examples([row] * batch.rows, [], {}))
    once = {"epochs": 1.0, "gradient_accumulation": 1, "save_every": 1, "patience": None}
    brief = recipe.model_copy(update=once)
    torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as work, memory_explained(recipe):
        make_trainer(Path(work), brief, folder, tokenizer, splits, silent).train()
    return int(torch.cuda.max_memory_allocated())
