"""A collection on a Qdrant server, through qdrant-client."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from more_itertools import constrained_batches
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from rag.stores.calling import understood
from rag.stores.settings import Server
from rag.stores.store import (
    CANDIDATES,
    DENSE,
    LISTED,
    SPARSE,
    SPARSE_WEIGHT,
    Point,
    Query,
    Store,
    named_vectors,
)

REQUEST = 128
"""Points in one request, at most."""
REQUEST_CHARACTERS = 4_000_000
"""Of the text of these points: a server takes 32 MB."""
UPLOADS = 4
"""Requests to a server at a time."""


class ClientStore(Store):
    """A collection of a server."""

    def __init__(self, client: QdrantClient, name: str, size: int, server: Server) -> None:
        """Open the collection ``name`` of vectors of ``size``, made on ``server`` if it is not
        there."""
        self._client = client
        self._name = name
        try:
            with understood():
                self._prepare(size, server)
        except BaseException:
            client.close()
            raise

    def count(self) -> int:
        """See ``Store``."""
        with understood():
            return int(self._client.count(self._name, exact=True).count)

    def upsert(self, points: Sequence[Point]) -> None:
        """See ``Store``; in parallel requests."""
        # Not strict: a passage longer than that is sent alone.
        batches = constrained_batches(
            points,
            REQUEST_CHARACTERS,
            REQUEST,
            lambda point: sum(map(len, point.payload.values())),
            strict=False,
        )
        with ThreadPoolExecutor(UPLOADS) as pool:
            list(pool.map(self._send, batches))

    def settle(self) -> None:
        """See ``Store``; a server builds its graph by itself."""

    def close(self) -> None:
        """See ``Store``."""
        self._client.close()

    def _page(self, offset: Any) -> Any:
        with understood():
            return self._client.scroll(
                self._name, limit=LISTED, offset=offset, with_payload=False, with_vectors=False
            )

    def _retrieved(self, ids: Sequence[int]) -> Any:
        with understood():
            return self._client.retrieve(
                self._name, list(ids), with_payload=True, with_vectors=[DENSE, SPARSE]
            )

    def _found(self, queries: Sequence[Query], limit: int, exact: bool) -> Any:
        requests = [_request(query, limit, models.SearchParams(exact=exact)) for query in queries]
        with understood():
            answers = self._client.query_batch_points(self._name, requests)
        return (answer.points for answer in answers)

    def _send(self, points: Sequence[Point]) -> None:
        structs = [
            models.PointStruct(
                id=point.id, vector=named_vectors(point, models.SparseVector), payload=point.payload
            )
            for point in points
        ]
        with understood():
            self._client.upsert(self._name, structs, wait=True)

    def _prepare(self, size: int, server: Server) -> None:
        if self._client.collection_exists(self._name):
            if self._has_our_layout(size):
                return
            # A collection is named after its layout: this one is damaged.
            self._client.delete_collection(self._name)
        try:
            self._client.create_collection(
                self._name,
                vectors_config={DENSE: models.VectorParams(size=size, distance="Cosine")},
                sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier="idf")},
                shard_number=server.shards,
                replication_factor=server.replicas,
            )
        except UnexpectedResponse as error:
            if error.status_code != HTTPStatus.CONFLICT:  # Another process has just made it.
                raise

    def _has_our_layout(self, size: int) -> bool:
        params = self._client.get_collection(self._name).config.params
        dense = params.vectors.get(DENSE) if isinstance(params.vectors, dict) else None
        return dense is not None and dense.size == size and SPARSE in (params.sparse_vectors or {})


def _request(query: Query, limit: int, params: models.SearchParams) -> Any:
    vectors = named_vectors(query, models.SparseVector)
    if len(vectors) == 1:
        ((using, vector),) = vectors.items()
        return models.QueryRequest(
            query=vector, using=using, limit=limit, params=params, with_payload=True
        )
    candidates = max(limit, CANDIDATES)
    return models.QueryRequest(
        prefetch=[
            models.Prefetch(query=vector, using=using, limit=candidates, params=params)
            for using, vector in vectors.items()
        ],
        query=models.FormulaQuery(
            formula=models.SumExpression(
                sum=["$score[0]", models.MultExpression(mult=[SPARSE_WEIGHT, "$score[1]"])]
            ),
            defaults={"$score[0]": 0.0, "$score[1]": 0.0},
        ),
        limit=limit,
        with_payload=True,
    )
