"""
What one fine-tuning of the retrieval embedder does, and where what it makes is kept.

Trained on questions and the sentences that answer them: of their evidence those nearest to the
reference answer. The epochs are fixed beforehand: nothing is chosen on the validation split, so
that it can be scored.
"""

import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from finetune.recipe import RECIPES, Share, read_recipe
from harness.files import cache_folder, fingerprint
from harness.models import catalogue
from harness.validation import Count, Name
from rag.retriever import Retriever
from tasks.policyqa.questions import Question

EMBEDDER_RECIPES = RECIPES / "embedders"
"""The recipes of embedders this project ships."""
EMBEDDER_METHOD = 3
"""Raised when how an embedder is trained changes."""
EMBEDDER_LIBRARIES = ("torch", "transformers", "sentence-transformers", "qdrant-edge-py")
"""Whose versions can change a trained weight; the last makes the terms that BM25 ranks by."""


class EmbedderRecipe(BaseModel):
    """One fine-tuning of an embedder; ``recipes/embedders/*.yaml`` supply the values."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    model: str = "minilm-l6"
    """Embedder to begin from: a catalogue name, a Hugging Face id or a folder."""
    epochs: Count = 3
    batch_size: Count = 64
    """Pairs an update at most; each has the passages of all others as negatives too."""
    negatives: Annotated[int, Field(ge=0)] = 1
    """Hard negatives a pair, from as many sections: those BM25 ranks best that are no evidence of
    the question."""
    siblings: Annotated[int, Field(ge=0)] = 1
    """Negatives a pair from the evidence itself: its sentences nearest to the question but for the
    two that may answer; where it has no more, others in their place."""
    skip: Annotated[int, Field(ge=0)] = 0
    """Of those ranked best, left out: in a set with gaps in its evidence they may well answer."""
    max_tokens: Count = 128
    """Of a text in training; longer ones are cut. Used as an embedder, it keeps its own window."""
    scale: Annotated[float, Field(gt=0)] = 20.0
    """What cosines are multiplied by in the loss: 1 / temperature."""
    learning_rate: Annotated[float, Field(gt=0)] = 5e-5
    """Peak rate; falls to 0 in a line after the warm-up."""
    warmup: Share = 0.1
    """Share of the updates over which the rate rises from 0."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    max_gradient_norm: Annotated[float, Field(gt=0)] = 1.0
    save_every: Count = 10
    """Updates between saved states: what a kill can cost."""
    log_every: Count = 10
    """Updates between losses in the record."""
    seed: int = 7

    @property
    def shown(self) -> int:
        """Negatives of each pair."""
        return self.negatives + self.siblings


def load_embedder_recipe(name: str, **changes: Any) -> EmbedderRecipe:
    """A recipe with ``changes`` made to it, found and refused as by ``read_recipe``."""
    return read_recipe(EmbedderRecipe, EMBEDDER_RECIPES, name, changes)


def embedder_determinants(
    recipe: EmbedderRecipe, questions: Sequence[Question], retriever: Retriever
) -> dict[str, Any]:
    """All that determines a trained embedder's weights, as JSON.

    ``questions`` are of all splits; ``retriever``, over the sections of the corpus, ranks the
    negatives.
    """
    without_effect = {"name", "save_every", "log_every"}
    return {
        "method": EMBEDDER_METHOD,
        "recipe": recipe.model_dump(mode="json", exclude=without_effect),
        "model": catalogue.identity(recipe.model),
        "questions": fingerprint(
            [[one.question, one.answer, one.evidence] for one in questions if one.split == "train"]
        ),
        "sections": retriever.index.fingerprint,
        "versions": {name: version(name) for name in EMBEDDER_LIBRARIES},
    }


def embedder_kept_at(what: dict[str, Any]) -> Path:
    """Where the embedder with these determinants is kept, once it is finished.

    The folder is named after the model it begins from, and their hash.
    """
    base = what["model"].split("@")[0][:64]  # Without its own hash: see catalogue.identity.
    name = re.sub(r"[^A-Za-z0-9._]+", "-", f"{base}-{fingerprint(what)[:16]}")
    return cache_folder("embedders", name.strip("-."))
