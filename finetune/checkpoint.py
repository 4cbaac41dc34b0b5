"""
A finished checkpoint: an adapter folder that loads, and says what it is.

Kept in the cache under a hash of all that determines it, so that it is found by content.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from finetune.processes import count
from finetune.recipe import Recipe, questions_of, recorded_prompt
from harness.errors import ModelError
from harness.files import cache_folder, fingerprint, hash_file
from harness.models import catalogue
from harness.models.adapter import CONFIG, RECORD, adapter_weights, base_of, read_record
from harness.variants import Prompt
from rag.retriever import Retriever
from tasks.policyqa.questions import Question
from tasks.policyqa.trained import questions_identity

CHECKPOINT_LIBRARIES = ("accelerate", "torch", "transformers", "peft", "trl", "bitsandbytes")
"""Whose versions can change a trained weight."""
CHECKPOINT_METHOD = 2
"""Raised when the same recipe would train other weights, so that older ones are not used."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained adapter."""

    folder: Path
    record: dict[str, Any]
    """Contents of ``training.json``."""


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
    def prompt(self) -> Prompt | None:
        """What it was trained on; None where nothing says so."""
        return recorded_prompt(self.record)


def determinants(
    recipe: Recipe, questions: Sequence[Question], retriever: Retriever
) -> dict[str, Any]:
    """All that determines a checkpoint's weights, as JSON.

    Args:
        recipe: what is done.
        questions: of all splits; those it is neither trained nor validated on have no say.
        retriever: shows contexts in training, where the recipe has them.

    Raises:
        DataError: a split is empty, or none of its questions has a reference answer.
    """
    # The model's identity stands beside them.
    without_effect = {"name", "weights", "model", "log_every"}
    asked = {
        split: questions_identity(questions_of(recipe, questions, split))
        for split in ("train", "validation")
    }
    return {
        "recipe": recipe.model_dump(mode="json", exclude=without_effect),
        "method": CHECKPOINT_METHOD,
        "processes": count(),  # Each adds its batch to an update.
        "model": catalogue.identity(recipe.model),
        "questions": asked,
        **recipe.asked.identity,
        "retrieval": retriever.identity if recipe.asked.shows_context else None,
        "versions": {name: version(name) for name in CHECKPOINT_LIBRARIES},
    }


def kept_at(recipe: Recipe, what: dict[str, Any]) -> Path:
    """Where the checkpoint of ``recipe`` with these determinants is kept, once it is finished."""
    return cache_folder("checkpoints", f"{recipe.name}-{fingerprint(what)[:16]}")


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
    """SHA-256 of the adapter's weights; raises as ``adapter_weights``."""
    return hash_file(adapter_weights(folder))


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
    if record:
        load_checkpoint(folder)
    adapter_weights(folder)
    return Weights(base_of(folder), folder, record)
