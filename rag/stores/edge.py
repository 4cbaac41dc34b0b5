"""A collection in Qdrant Edge: Qdrant's engine in this process, in a folder."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import qdrant_edge as edge

from rag.stores.sealed import is_sealed, seal, unseal
from rag.stores.store import (
    CANDIDATES,
    DENSE,
    EXACT_UP_TO,
    LISTED,
    SPARSE,
    SPARSE_WEIGHT,
    Point,
    Query,
    Store,
    named_vectors,
)


class EdgeStore(Store):
    """A shard of Qdrant Edge in a folder."""

    def __init__(self, folder: Path, size: int) -> None:
        """Open the shard in ``folder``, of vectors of ``size``, made if it is not there.

        Raises:
            IndexStoreError: a file of it is damaged.
        """
        self._config = edge.EdgeConfig(
            vectors={DENSE: edge.EdgeVectorParams(size=size, distance=edge.Distance.Cosine)},
            sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        )
        self._folder = folder
        self._whole = is_sealed(folder)
        self._settled = self._whole
        self._shard = _opened(folder, self._config)

    def count(self) -> int:
        """See ``Store``."""
        return int(self._shard.count(edge.CountRequest(exact=True)))

    def upsert(self, points: Sequence[Point]) -> None:
        """See ``Store``; the shard's log is written before this returns."""
        unseal(self._folder)
        self._whole = self._settled = False
        kept = [
            edge.Point(point.id, named_vectors(point, edge.SparseVector), point.payload)
            for point in points
        ]
        self._shard.update(edge.UpdateOperation.upsert_points(kept))

    def settle(self) -> None:
        """See ``Store``; above ``EXACT_UP_TO`` passages this builds the graph."""
        if self._settled:
            return
        if self.count() > EXACT_UP_TO:
            self._shard.optimize()
        self._shard.flush()
        self._settled = True

    def close(self) -> None:
        """See ``Store``."""
        self._shard.close()
        if self._settled and not self._whole:
            edge.EdgeShard.load(str(self._folder), self._config).close()  # Drops its journals.
            seal(self._folder)

    def _page(self, offset: Any) -> Any:
        return self._shard.scroll(
            edge.ScrollRequest(offset=offset, limit=LISTED, with_payload=False, with_vector=False)
        )

    def _retrieved(self, ids: Sequence[int]) -> Any:
        return self._shard.retrieve(list(ids), with_payload=True, with_vector=[DENSE, SPARSE])

    def _found(self, queries: Sequence[Query], limit: int, exact: bool) -> Any:
        requests = [_request(query, limit, exact) for query in queries]
        return self._shard.query_batch(edge.QueryBatchRequest(requests))


def _opened(folder: Path, config: edge.EdgeConfig) -> edge.EdgeShard:
    if not folder.exists():
        beside = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(beside, ignore_errors=True)  # A kill may have left half of one.
        edge.EdgeShard.create(str(beside), config).close()
        beside.rename(folder)
    return edge.EdgeShard.load(str(folder), config)


def _request(query: Query, limit: int, exact: bool) -> Any:
    params = edge.SearchParams(exact=exact)
    vectors = named_vectors(query, edge.SparseVector)
    nearest = [edge.Query.Nearest(vector, using=name) for name, vector in vectors.items()]
    if len(nearest) == 1:
        return edge.QueryRequest(limit=limit, query=nearest[0], params=params, with_payload=True)
    candidates = max(limit, CANDIDATES)
    # ``$score[i]`` is what a passage scored in the i-th ranking.
    term = edge.Expression
    weighted = term.Mult([term.Constant(SPARSE_WEIGHT), term.Variable("$score[1]")])
    return edge.QueryRequest(
        prefetches=[edge.Prefetch(limit=candidates, query=one, params=params) for one in nearest],
        query=edge.Formula(
            term.Sum([term.Variable("$score[0]"), weighted]),
            defaults={"$score[0]": 0.0, "$score[1]": 0.0},
        ),
        limit=limit,
        with_payload=True,
    )
