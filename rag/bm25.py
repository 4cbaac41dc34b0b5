"""
Texts → sparse vectors whose dot product is BM25, once Qdrant has multiplied in the IDF.

Robertson & Zaragoza 2009 (https://doi.org/10.1561/1500000019): a document's weight of a term is
``tf (k1 + 1) / (tf + k1 (1 - b + b length / average))``, a query's is 1. Words are lower-cased,
English stop words dropped, the rest stemmed (Snowball).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

K1 = 1.2
B = 0.75
AVERAGE_LENGTH = 100.0
"""In words. A constant rather than the corpus's own, so that a passage's vector depends on nothing
but its text and is never made again because another passage changed."""


@dataclass(frozen=True)
class Sparse:
    """A sparse vector: the term with number ``indices[i]`` weighs ``values[i]``."""

    indices: Sequence[int]
    values: Sequence[float]


def document_vector(text: str) -> Sparse:
    """The BM25 weights of a passage's terms, without IDF; empty if it has no word."""
    return _sparse(_model().embed_document(text))


def query_vector(text: str) -> Sparse:
    """Weight 1 for each distinct term of a question; empty if it has no word."""
    return _sparse(_model().embed_query(text))


def _sparse(vector: Any) -> Sparse:
    return Sparse(list(vector.indices), list(vector.values))


@lru_cache(maxsize=1)
def _model() -> Any:
    from qdrant_edge import Bm25, Bm25Config

    return Bm25(Bm25Config(k=K1, b=B, avg_len=AVERAGE_LENGTH, language="english"))
