"""A collection in Qdrant Edge: Qdrant's engine in this process, in a folder."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import qdrant_edge as edge
from more_itertools import chunked

from rag.stores.store import (
    CANDIDATES,
    DENSE,
    EXACT_UP_TO,
    LISTED,
    QUERIES,
    SPARSE,
    SPARSE_WEIGHT,
    Hit,
    Point,
    Query,
    all_ids,
    hits_of,
    named_vectors,
    point_of,
)


class EdgeStore:
    """A shard of Qdrant Edge in a folder."""

    def __init__(self, folder: Path, size: int) -> None:
        """Open the shard in ``folder``, of vectors of ``size``, made if it is not there."""
        config = edge.EdgeConfig(
            vectors={DENSE: edge.EdgeVectorParams(size=size, distance=edge.Distance.Cosine)},
            sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        )
        self._shard = _opened(folder, config)

    def count(self) -> int:
        """See ``Store``."""
        return int(self._shard.count(edge.CountRequest(exact=True)))

    def ids(self) -> npt.NDArray[np.uint64]:
        """See ``Store``."""
        return all_ids(
            lambda offset: self._shard.scroll(
                edge.ScrollRequest(
                    offset=offset, limit=LISTED, with_payload=False, with_vector=False
                )
            )
        )

    def upsert(self, points: Sequence[Point]) -> None:
        """See ``Store``; the shard's log is written before this returns."""
        kept = [
            edge.Point(point.id, named_vectors(point, edge.SparseVector), point.payload)
            for point in points
        ]
        self._shard.update(edge.UpdateOperation.upsert_points(kept))

    def take(self, ids: Sequence[int]) -> list[Point]:
        """See ``Store``."""
        records = self._shard.retrieve(list(ids), with_payload=True, with_vector=[DENSE, SPARSE])
        return [point_of(record) for record in records]

    def search(self, queries: Sequence[Query], limit: int) -> list[list[Hit]]:
        """See ``Store``."""
        exact = self.count() <= EXACT_UP_TO
        found: list[list[Hit]] = []
        for batch in chunked(queries, QUERIES):
            requests = [_request(query, limit, exact) for query in batch]
            found += map(hits_of, self._shard.query_batch(edge.QueryBatchRequest(requests)))
        return found

    def settle(self) -> None:
        """See ``Store``; above ``EXACT_UP_TO`` passages this builds the graph."""
        if self.count() > EXACT_UP_TO:
            self._shard.optimize()
        self._shard.flush()

    def close(self) -> None:
        """See ``Store``."""
        self._shard.close()


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
