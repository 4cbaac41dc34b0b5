"""Texts → unit vectors, with a sentence-transformers model."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.models import catalogue
from harness.progress import Advance, silent

BATCH = 64
"""Texts embedded at a time."""


class Embedder:
    """An embedding model by catalogue name, Hugging Face id or folder; loaded on first use."""

    def __init__(self, model: str = "minilm-l6") -> None:
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

    def embed(self, texts: Sequence[str], advance: Advance = silent) -> npt.NDArray[np.float32]:
        """Unit vectors of N texts, shape (N, d)."""
        model = self._load()
        parts = []
        for start in range(0, len(texts), BATCH):
            batch = list(texts[start : start + BATCH])
            parts.append(
                model.encode(
                    batch, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
                )
            )
            advance(start + len(batch), len(texts))
        return np.concatenate(parts) if parts else np.zeros((0, self.size), dtype=np.float32)

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
