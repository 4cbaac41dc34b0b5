"""
Texts → unit vectors, with a sentence-transformers model.

The commonest kind is computed without that library (``rag.bert``), whose import is most of what one
question would wait for.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness.models import catalogue
from harness.models.failures import load_explained

if TYPE_CHECKING:
    from rag.bert import BertEmbedder

EMBEDDER = "minilm-l6"
"""The model that retrieval embeds with unless another is named."""
BATCH = 64
"""Texts embedded together."""


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
        return self._loaded.size

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of N texts, shape (N, d), in batches of texts of like length.

        What a text has beyond the model's window is not in its vector.
        """
        return self._loaded.embed(texts, BATCH)

    def tokens(self, text: str) -> list[tuple[int, int]]:
        """Where each token of ``text`` starts and ends, in characters."""
        return self._loaded.tokens(text)

    @property
    def _loaded(self) -> "BertEmbedder | SentenceEmbedder":
        return _load(catalogue.resolve(self.model))


class SentenceEmbedder:
    """A loaded embedder of any kind that sentence-transformers knows."""

    def __init__(self, model: str) -> None:
        """``model`` is a folder or a Hugging Face id."""
        from sentence_transformers import SentenceTransformer

        self._model: Any = SentenceTransformer(model)
        # Counting a long text's tokens is no mistake: encode() cuts to the window itself.
        warned = self._model.tokenizer.deprecation_warnings
        warned["sequence-length-is-longer-than-the-specified-maximum"] = True

    @property
    def size(self) -> int:
        """Dimensions of a vector."""
        return int(self._model.get_embedding_dimension())

    def embed(self, texts: Sequence[str], batch_size: int) -> npt.NDArray[np.float32]:
        """As ``BertEmbedder.embed``."""
        vectors: npt.NDArray[np.float32] = self._model.encode(
            list(texts),
            batch_size=batch_size,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return vectors.reshape(len(texts), self.size)

    def tokens(self, text: str) -> list[tuple[int, int]]:
        """As ``BertEmbedder.tokens``."""
        encoded = self._model.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, truncation=False
        )
        return [(int(start), int(end)) for start, end in encoded["offset_mapping"]]


@lru_cache(maxsize=2)
def _load(model: str) -> "BertEmbedder | SentenceEmbedder":
    from rag.bert_files import read_bert

    with load_explained("embedder", model):
        loaded = read_bert(model) or SentenceEmbedder(model)
        loaded.embed(["a"], 1)  # Some that are damaged can be read, and do nothing.
    return loaded
