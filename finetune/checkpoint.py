"""
A finished checkpoint: an adapter folder that loads, and says what it is.

Kept in the cache under a hash of all that determines it, so that it is found by content.
"""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from finetune.processes import count
from finetune.recipe import Recipe
from harness.errors import ModelError
from harness.files import cache_folder, fingerprint, hash_file
from harness.models import catalogue
from harness.models.adapter import CONFIG, RECORD, WEIGHTS, base_of, read_record
from rag.retriever import Retriever
from tasks.policyqa.prompts import TEMPLATES
from tasks.policyqa.questions import data_identity

DETERMINING_LIBRARIES = ("accelerate", "torch", "transformers", "peft", "trl", "bitsandbytes")
"""Whose versions can change a trained weight."""

METHOD = 2
"""Raised when the same recipe would train other weights, so that older ones are not used."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained adapter."""

    folder: Path
    record: dict[str, Any]
    """Contents of ``training.json``."""

    @property
    def identity(self) -> str:
        """What determines its answers, beside the base: recipe name and hash of the weights."""
        return f"{self.record['recipe']['name']}@{adapter_hash(self.folder)[:12]}"


@dataclass(frozen=True)
class Weights:
    """What a checkpoint consists of."""

    base: str
    """A catalogue name, a Hugging Face id or a folder."""
    adapter: Path | None
    """Put onto the base; None where the base answers by itself."""
    record: dict[str, Any]
    """What training wrote of it (``training.json``); empty where nothing did."""

    @property
    def prompt(self) -> str | None:
        """What it was trained on, ``plain`` or ``rag``; None where nothing says so."""
        prompt: str | None = self.record.get("recipe", {}).get("prompt")
        return prompt


def determinants(recipe: Recipe, data: Path, retriever: Retriever) -> dict[str, Any]:
    """All that determines a checkpoint's weights, as JSON."""
    return {
        "recipe": recipe.model_dump(mode="json"),
        "method": METHOD,
        "processes": count(),  # Each adds its batch to an update.
        "model": catalogue.identity(recipe.model),
        "data": data_identity(data),
        "template": TEMPLATES[recipe.prompt],
        "retrieval": retriever.identity if recipe.prompt == "rag" else None,
        "versions": {name: version(name) for name in DETERMINING_LIBRARIES},
    }


def kept_at(what: dict[str, Any]) -> Path:
    """Where the checkpoint with these determinants is kept, once it is finished."""
    return cache_folder("checkpoints", f"{what['recipe']['name']}-{fingerprint(what)[:16]}")


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a finished checkpoint.

    Raises:
        ModelError: it is unfinished, or its weights are not those its record names.
    """
    record = read_record(folder)
    if not record:
        raise ModelError(f"{folder} is no finished checkpoint: it has no {RECORD}")
    found = adapter_hash(folder)
    if found != record["adapter_sha256"]:
        raise ModelError(
            f"{folder}: the adapter's SHA-256 is {found[:12]}…, its record says "
            f"{record['adapter_sha256'][:12]}…; delete the folder and train again"
        )
    return Checkpoint(folder, record)


def adapter_hash(folder: Path) -> str:
    """SHA-256 of the adapter's weights.

    Raises:
        ModelError: the folder has none.
    """
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise ModelError(f"{folder} holds no {weights.name}")
    return hash_file(weights)


def find_weights(checkpoint: str) -> Weights:
    """What ``checkpoint`` names: an adapter with its base, or a whole model; loads neither.

    Args:
        checkpoint: a folder that ``policyqa train`` made, a folder of a whole model, a name of the
            catalogue or a Hugging Face id.

    Raises:
        ModelError: the adapter has no weights in safetensors, or others than its record names.
        DataError: a file of the folder is damaged.
    """
    folder = Path(checkpoint).expanduser()
    record = read_record(folder)
    if not (folder / CONFIG).is_file():
        return Weights(checkpoint, None, record)
    base = base_of(folder)
    if record:
        load_checkpoint(folder)
    else:
        adapter_hash(folder)
    return Weights(base, folder, record)
