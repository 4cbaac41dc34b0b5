"""
A collection through qdrant-client: on a server, or in its local mode for small sets.

The local mode is Python and compares every vector: its search grows with the corpus.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
from more_itertools import chunked
from qdrant_client import QdrantClient, models

from rag.bm25 import Sparse
from rag.stores.store import (
    CANDIDATES,
    DENSE,
    EXACT_UP_TO,
    PAGE,
    SPARSE,
    SPARSE_WEIGHT,
    UNRANKED_COSINE,
    Found,
    Point,
    Query,
    all_ids,
    named_vectors,
    point_of,
)

REQUEST = 128
"""Points in one request."""
UPLOADS = 4
"""Requests to a server at a time."""


class ClientStore:
    """A collection of a server or of a local folder."""

    def __init__(
        self, client: QdrantClient, name: str, size: int, shards: int = 1, replicas: int = 1
    ) -> None:
        """Open the collection ``name`` of vectors of ``size``, made if it is not there.

        ``shards`` and ``replicas`` are for one that is made on a cluster.
        """
        self._client = client
        self._name = name
        self._remote = client.init_options.get("url") is not None
        if client.collection_exists(name) and not self._has_our_layout(size):
            # A collection is named after its layout: this one is damaged.
            client.delete_collection(name)
        if not client.collection_exists(name):
            client.create_collection(
                name,
                vectors_config={DENSE: models.VectorParams(size=size, distance="Cosine")},
                sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier="idf")},
                shard_number=shards,
                replication_factor=replicas,
            )

    def count(self) -> int:
        """See ``Store``."""
        return int(self._client.count(self._name, exact=True).count)

    def ids(self) -> npt.NDArray[np.uint64]:
        """See ``Store``."""
        return all_ids(
            lambda offset: self._client.scroll(
                self._name, limit=PAGE, offset=offset, with_payload=False, with_vectors=False
            )
        )

    def upsert(self, points: Sequence[Point]) -> None:
        """See ``Store``; to a server, in parallel requests."""
        requests = [[_struct(point) for point in batch] for batch in chunked(points, REQUEST)]
        with ThreadPoolExecutor(UPLOADS if self._remote else 1) as pool:
            for _ in pool.map(lambda r: self._client.upsert(self._name, r, wait=True), requests):
                pass

    def take(self, ids: Sequence[int]) -> list[Point]:
        """See ``Store``."""
        records = self._client.retrieve(
            self._name, list(ids), with_payload=True, with_vectors=[DENSE, SPARSE]
        )
        return [point_of(record) for record in records]

    def search(self, queries: Sequence[Query], limit: int) -> list[list[Found]]:
        """See ``Store``."""
        params = None
        if self._remote:
            params = models.SearchParams(exact=self.count() <= EXACT_UP_TO)
        requests = [_request(query, limit, params) for query in queries]
        answers = self._client.query_batch_points(self._name, requests) if requests else []
        return [[Found(dict(p.payload or {}), p.score) for p in a.points] for a in answers]

    def settle(self) -> None:
        """See ``Store``; a server builds its graph by itself."""

    def close(self) -> None:
        """See ``Store``."""
        self._client.close()

    def _has_our_layout(self, size: int) -> bool:
        params = self._client.get_collection(self._name).config.params
        dense = params.vectors.get(DENSE) if isinstance(params.vectors, dict) else None
        return dense is not None and dense.size == size and SPARSE in (params.sparse_vectors or {})


def _struct(point: Point) -> Any:
    vectors = named_vectors(point, models.SparseVector)
    return models.PointStruct(id=point.id, vector=vectors, payload=point.payload)


def _sparse(vector: Sparse) -> Any:
    return models.SparseVector(indices=list(vector.indices), values=list(vector.values))


def _request(query: Query, limit: int, params: models.SearchParams | None) -> Any:
    if query.dense is None or query.sparse is None:
        vector = query.sparse and _sparse(query.sparse)
        return models.QueryRequest(
            query=list(query.dense) if query.dense is not None else vector,
            using=DENSE if query.dense is not None else SPARSE,
            limit=limit,
            params=params,
            with_payload=True,
        )
    candidates = max(limit, CANDIDATES)
    return models.QueryRequest(
        prefetch=[
            models.Prefetch(query=list(query.dense), using=DENSE, limit=candidates, params=params),
            models.Prefetch(query=_sparse(query.sparse), using=SPARSE, limit=candidates),
        ],
        query=models.FormulaQuery(
            formula=models.SumExpression(
                sum=["$score[0]", models.MultExpression(mult=[SPARSE_WEIGHT, "$score[1]"])]
            ),
            defaults={"$score[0]": UNRANKED_COSINE, "$score[1]": 0.0},
        ),
        limit=limit,
        with_payload=True,
    )
