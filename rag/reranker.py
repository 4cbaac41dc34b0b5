"""Hits → the same, in the order of a cross-encoder: it reads question and passage together."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from harness.errors import ModelError
from harness.models import catalogue
from harness.models.failures import load_explained
from rag.stores.store import Hit


class Reranker:
    """A sentence-transformers cross-encoder by Hugging Face id or folder; loaded on first use."""

    def __init__(self, model: str) -> None:
        self.model = model

    @property
    def identity(self) -> str:
        """What determines its scores."""
        return catalogue.identity(self.model)

    def load(self) -> None:
        """Load it now, so that a wrong one is refused before any work.

        Raises:
            ModelError: it is not there, or no cross-encoder with one score.
        """
        _load(catalogue.resolve(self.model))

    def rerank(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[list[Hit]]:
        """The hits of each question with the model's scores, best first; equal ones by id."""
        pairs = [
            (question, hit.text)
            for question, found in zip(questions, hits, strict=True)
            for hit in found
        ]
        if not pairs:
            return [[] for _ in questions]
        model = _load(catalogue.resolve(self.model))
        scores = iter(model.predict(pairs, batch_size=32, show_progress_bar=False).tolist())
        scored = [[replace(hit, score=float(next(scores))) for hit in found] for found in hits]
        return [sorted(found, key=lambda hit: (-hit.score, hit.id)) for found in scored]


@lru_cache(maxsize=1)
def _load(model: str) -> Any:
    from sentence_transformers import CrossEncoder

    with load_explained("reranker", model):
        loaded = CrossEncoder(model)
    config = loaded.config
    trained = any("ForSequenceClassification" in name for name in config.architectures or [])
    if not trained or config.num_labels != 1:
        raise ModelError(
            f"{model} is no reranker: a cross-encoder gives one score, this is "
            f"{config.architectures} with {config.num_labels} labels; name one, as "
            "cross-encoder/ms-marco-MiniLM-L6-v2"
        )
    return loaded
