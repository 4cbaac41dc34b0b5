"""
What every store does, and how hybrid search fuses its two rankings.

Both keep one layout: a point a passage, with the vectors ``dense`` (cosine) and ``bm25``
(sparse, IDF by Qdrant) and the payload ``id``, ``citation`` and ``body``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any

import numpy as np
import numpy.typing as npt
from more_itertools import chunked

from rag.bm25 import Sparse
from rag.corpus import cited

DENSE = "dense"
SPARSE = "bm25"
SPARSE_WEIGHT = 0.02
"""A hybrid score is cosine + this × BM25. Chosen, as is this kind of fusion, on ObliQA's dev
questions (CONTRIBUTING.md, "Retrieval")."""
CANDIDATES = 1000
"""Of each ranking, that are fused: a passage that one ranking has not among them scores 0 there."""
QUERIES = 64
"""Searched together: Qdrant Edge has the candidates of all in memory, 1 MB a query, and is as quick
with few."""
LISTED = 10_000
"""Ids asked for at a time."""
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

    dense: npt.NDArray[np.float32] | None
    sparse: Sparse | None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query."""

    id: str
    """Section id."""
    score: float
    """Hybrid: cosine + 0.02 × BM25, and what the question names (``rag.retriever``); dense: cosine,
    in [-1, 1]; sparse: BM25, from 0; reranked: the reranker's."""
    citation: str
    """Where it stands."""
    body: str
    """What it says."""

    @property
    def text(self) -> str:
        """As it was embedded and as a prompt shows it."""
        return cited(self.citation, self.body)


class Store(ABC):
    """One collection, open."""

    @abstractmethod
    def count(self) -> int:
        """Points it holds."""

    def ids(self) -> npt.NDArray[np.uint64]:
        """The ids of all points, in no order, shape (count,)."""
        return np.fromiter((record.id for record in self._records()), dtype=np.uint64)

    @abstractmethod
    def upsert(self, points: Sequence[Point]) -> None:
        """Keep points; when this returns, a kill loses none of them."""

    def take(self, ids: Sequence[int]) -> list[Point]:
        """Those of the points with these ids that it holds, in no order."""
        return [_point_of(record) for record in self._retrieved(ids)]

    def search(self, queries: Sequence[Query], limit: int) -> list[list[Hit]]:
        """The best ``limit`` points of each query, best first, ``QUERIES`` together."""
        exact = self.count() <= EXACT_UP_TO
        return [
            [_hit_of(record) for record in found]
            for batch in chunked(queries, QUERIES)
            for found in self._found(batch, limit, exact)
        ]

    @abstractmethod
    def settle(self) -> None:
        """Called once all points are there: make searching quick."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""

    def _records(self) -> Iterator[Any]:
        records, offset = self._page(None)
        yield from records
        while offset is not None:
            records, offset = self._page(offset)
            yield from records

    @abstractmethod
    def _page(self, offset: Any) -> tuple[Sequence[Any], Any]:
        """``LISTED`` of its library's records, the first for None, and the next offset."""

    @abstractmethod
    def _retrieved(self, ids: Sequence[int]) -> Sequence[Any]:
        """The records with these ids, with payload and vectors."""

    @abstractmethod
    def _found(self, queries: Sequence[Query], limit: int, exact: bool) -> Iterable[Sequence[Any]]:
        """The best records of each query; ``exact`` compares every vector."""


def _hit_of(record: Any) -> Hit:
    # Many queries find the same passage, each of which would have a text of its own.
    return Hit(score=record.score, **{name: intern(said) for name, said in record.payload.items()})


def _point_of(record: Any) -> Point:
    sparse = record.vector.get(SPARSE)
    return Point(
        id=int(record.id),
        dense=record.vector[DENSE],
        sparse=Sparse(sparse.indices, sparse.values) if sparse else Sparse([], []),
        payload=dict(record.payload),
    )


def named_vectors(one: Point | Query, sparse: Callable[..., Any]) -> dict[str, Any]:
    """The vectors there are, by name; ``sparse`` is the library's class. A passage without words
    has no sparse one."""
    vectors: dict[str, Any] = {}
    if one.dense is not None:
        vectors[DENSE] = np.asarray(one.dense).tolist()
    if one.sparse and one.sparse.indices:
        values = list(one.sparse.values)
        vectors[SPARSE] = sparse(indices=list(one.sparse.indices), values=values)
    return vectors
