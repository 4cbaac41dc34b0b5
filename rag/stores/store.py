"""
What every store does, and how hybrid search fuses its two rankings.

Both keep one layout: a point a passage, with the vectors ``dense`` (cosine) and ``bm25``
(sparse, IDF by Qdrant) and the payload ``id``, ``citation`` and ``body``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rag.bm25 import Sparse

DENSE = "dense"
SPARSE = "bm25"
SPARSE_WEIGHT = 0.02
"""A hybrid score is cosine + this × BM25. Chosen, as is this kind of fusion, on ObliQA's dev
questions (CONTRIBUTING.md, "Retrieval")."""
CANDIDATES = 1000
"""Of each ranking, that are fused: a passage that one ranking has not among them scores 0 there."""
QUERIES = 256
"""Searched together."""
PAGE = 10_000
"""Ids listed at a time."""
EXACT_UP_TO = 50_000
"""Passages: below, every vector is compared; above, Qdrant's graph (HNSW) is searched."""


@dataclass(frozen=True)
class Point:
    """A passage as it is kept."""

    id: int
    """Unsigned, 64 bits."""
    dense: Sequence[float]
    sparse: Sparse
    payload: dict[str, str]


@dataclass(frozen=True)
class Query:
    """A question as it is searched for; without one of its vectors, by the other alone."""

    dense: Sequence[float] | None
    sparse: Sparse | None


@dataclass(frozen=True)
class Found:
    """A point found for a query."""

    payload: dict[str, str]
    score: float


class Store(Protocol):
    """One collection, open."""

    def count(self) -> int:
        """Points it holds."""

    def ids(self) -> npt.NDArray[np.uint64]:
        """The ids of all points, in no order, shape (count,)."""

    def upsert(self, points: Sequence[Point]) -> None:
        """Keep points; when this returns, a kill loses none of them."""

    def take(self, ids: Sequence[int]) -> list[Point]:
        """Those of the points with these ids that it holds, in no order."""

    def search(self, queries: Sequence[Query], limit: int) -> list[list[Found]]:
        """The best ``limit`` points of each query, best first, in one batch."""

    def settle(self) -> None:
        """Called once all points are there: make searching quick."""

    def close(self) -> None:
        """Let go of it."""


def all_ids(page: Callable[[Any], tuple[Sequence[Any], Any]]) -> npt.NDArray[np.uint64]:
    """The ids of all records, from pages.

    Args:
        page: takes an offset, None for the first, and gives records and the next offset.
    """
    records, offset = page(None)
    pages = [_ids(records)]
    while offset is not None:
        records, offset = page(offset)
        pages.append(_ids(records))
    return np.concatenate(pages)


def point_of(record: Any) -> Point:
    """A point from a record of either library, with payload and vectors."""
    sparse = record.vector.get(SPARSE)
    return Point(
        id=int(record.id),
        dense=record.vector[DENSE],
        sparse=Sparse(sparse.indices, sparse.values) if sparse else Sparse([], []),
        payload=dict(record.payload),
    )


def named_vectors(point: Point, sparse: Callable[..., Any]) -> dict[str, Any]:
    """A point's vectors by name; ``sparse`` is the library's class. A passage without words has no
    sparse one."""
    vectors: dict[str, Any] = {DENSE: list(point.dense)}
    if point.sparse.indices:
        vectors[SPARSE] = sparse_as(sparse, point.sparse)
    return vectors


def sparse_as(sparse: Callable[..., Any], vector: Sparse) -> Any:
    """``vector`` as the library's class ``sparse``."""
    return sparse(indices=list(vector.indices), values=list(vector.values))


def _ids(records: Sequence[Any]) -> npt.NDArray[np.uint64]:
    return np.array([record.id for record in records], dtype=np.uint64)
