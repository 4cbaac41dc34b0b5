"""Texts → unit vectors, with a sentence-transformers model."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.models import catalogue

EMBEDDER = "minilm-l6"
"""The model that retrieval embeds with unless another is named."""


class Embedder:
    """An embedding model by catalogue name, Hugging Face id or folder; loaded on first use."""

    def __init__(self, model: str = EMBEDDER) -> None:
        self.model = model

    @property
    def identity(self) -> str:
        """What determines its vectors, for the index's fingerprint."""
        return catalogue.identity(self.model)

    @property
    def size(self) -> int:
        """Dimensions of a vector."""
        dimensions: int = self._load().get_embedding_dimension()
        return dimensions

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of N texts, shape (N, d), in batches of texts of like length.

        What a text has beyond the model's window is not in its vector.
        """
        vectors: npt.NDArray[np.float32] = self._load().encode(
            list(texts),
            batch_size=64,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return vectors.reshape(len(texts), self.size)

    def tokens(self, text: str) -> list[tuple[int, int]]:
        """Where each token of ``text`` starts and ends, in characters."""
        encoded = self._load().tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, truncation=False
        )
        return [(int(start), int(end)) for start, end in encoded["offset_mapping"]]

    def _load(self) -> Any:
        return _load(catalogue.resolve(self.model))


@lru_cache(maxsize=2)
def _load(model: str) -> Any:
    from sentence_transformers import SentenceTransformer

    loaded = SentenceTransformer(model)
    # Counting a long text's tokens is no mistake: encode() cuts to the window itself.
    warned = loaded.tokenizer.deprecation_warnings
    warned["sequence-length-is-longer-than-the-specified-maximum"] = True
    return loaded
