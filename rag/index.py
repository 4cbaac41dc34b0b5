"""
Passages → a Qdrant collection → the passages nearest to a question.

The collection is named after the passages' text, the embedder and the layout, so one made from
other text or by another embedder is never taken for it: a change means a new name. Vectors of
passages that did not change are taken over from earlier collections, so only what changed is
embedded. Where it is kept: ``rag.stores.opening``.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property

import numpy as np
import numpy.typing as npt
from more_itertools import chunked

from harness.errors import ConfigError, DataError, IndexStoreError
from harness.files import fingerprint
from harness.progress import Advance, silent
from rag.bm25 import AVERAGE_LENGTH, K1, B, document_vector, query_vector
from rag.corpus import Section
from rag.embedder import Embedder
from rag.stores.opening import Place, place_of, places_like
from rag.stores.store import CANDIDATES, EXACT_UP_TO, Hit, Point, Query, Store

INDEX_LAYOUT = 2
"""Raised when what a collection holds changes."""
MODES = ("hybrid", "dense", "sparse")
"""Cosine and BM25 fused, cosine alone, BM25 alone."""
WINDOW = 4096
"""Passages looked at together: what is held in memory, and sorted by length, of a large corpus."""
INDEX_BATCH = 256
"""Passages embedded and kept before the next: what a kill can cost."""
PREDECESSORS = 8
"""Earlier collections that are asked for vectors of unchanged passages."""
TIES = 8
"""Passages fetched beyond those asked for, at first: equal scores are ordered by id."""


class Index:
    """The collection of some passages under one embedder."""

    def __init__(self, passages: Iterable[Section], embedder: Embedder) -> None:
        """``passages`` are gone through more than once and never held all at once: 8 bytes of each
        are, beside what the store holds."""
        self._passages = passages
        self._embedder = embedder

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that determines the vectors of the passages."""
        return fingerprint([*self._method, self._content[0]])

    @property
    def name(self) -> str:
        """The collection's."""
        return f"{self._prefix}{self.fingerprint[:16]}"

    @property
    def search_kind(self) -> str:
        """The kind of store that searches, and whether it compares every vector or by a graph."""
        kind = "server" if self._place.server else "edge"
        return f"{kind},{'exact' if self._count <= EXACT_UP_TO else 'hnsw'}"

    def build(self, advance: Advance = silent) -> bool:
        """Make the collection unless it is there and whole; True when work was done.

        Killed, it goes on with the passages that are missing, and ends the same: to the last bit in
        a folder, to rounding on a server.

        Args:
            advance: hears passages kept and in all.

        Raises:
            DataError: the passages changed while they were indexed.
            IndexStoreError: the store fails.
        """
        with self._place.open(self._embedder.size) as store:
            was_whole = self._is_whole(store)
            if not was_whole:
                self._fill(store, advance)
            store.settle()  # A kill may have come between.
        return not was_whole

    def missing(self) -> int:
        """Passages that are still to be embedded, or to be taken over; nothing is made."""
        if self._place not in places_like(self._prefix):
            return self._count
        with self._place.open(self._embedder.size) as store:
            return self._count - store.count()

    def search(self, questions: Sequence[str], k: int, mode: str = "hybrid") -> list[list[Hit]]:
        """The ``k`` best passages of each question, best first, in one batched query.

        Raises:
            ConfigError: ``mode`` is none of ``MODES``.
            IndexStoreError: the store fails.
        """
        if mode not in MODES:
            raise ConfigError(f"retrieval mode {mode!r} is none of {', '.join(MODES)}")
        asked = self._queries(questions, mode) if k else {}
        with self._place.open(self._embedder.size) as store:
            if not self._is_whole(store):
                self._fill(store, silent)
            hits = self._best(store, asked, k)
        return [hits.get(i, []) for i in range(len(questions))]

    def _best(self, store: Store, asked: dict[int, Query], k: int) -> dict[int, list[Hit]]:
        """The best ``k`` of each query; where equals stand on both sides of the cut, all are asked
        for, so that it is their ids that decide and not the store."""
        limit = k + TIES
        best: dict[int, list[Hit]] = {}
        while asked:
            found = dict(zip(asked, store.search(list(asked.values()), limit), strict=True))
            best |= {i: _ranked(one, k) for i, one in found.items()}
            undecided = {i for i, one in found.items() if _cut_among_equals(one, k, limit)}
            last = limit >= min(CANDIDATES, self._count)
            asked = {} if last else {i: asked[i] for i in undecided}
            limit *= 4
        return best

    @cached_property
    def _content(self) -> tuple[str, npt.NDArray[np.uint64]]:
        """SHA-256 of the passages, and their point ids, ascending, shape (P,)."""
        content = hashlib.sha256()

        def ids() -> Iterator[int]:
            for passage in self._passages:
                digest = _digest(passage)
                content.update(digest)
                yield _point_id(digest)

        point_ids = np.unique(np.fromiter(ids(), dtype=np.uint64))
        return content.hexdigest(), point_ids

    @property
    def _count(self) -> int:
        return len(self._content[1])

    @property
    def _place(self) -> Place:
        return place_of(self.name)

    @property
    def _prefix(self) -> str:
        """Common to the collections whose vectors can be taken over."""
        return f"policyqa-{fingerprint(self._method)[:8]}-"

    @property
    def _method(self) -> list[str | int | float]:
        """What determines a passage's vectors, beside its text."""
        return [INDEX_LAYOUT, self._embedder.identity, K1, B, AVERAGE_LENGTH]

    def _is_whole(self, store: Store) -> bool:
        """Whether every passage is there; nothing else ever is in a collection of this name."""
        return store.count() == self._count

    def _queries(self, questions: Sequence[str], mode: str) -> dict[int, Query]:
        """What is searched for, by the question's place; not for one that has no word."""
        dense = self._embedder.embed(questions) if mode != "sparse" else None
        queries = {}
        for i, question in enumerate(questions):
            terms = query_vector(question) if mode != "dense" else None
            sparse = terms if terms and terms.indices else None
            if dense is not None or sparse:
                queries[i] = Query(None if dense is None else dense[i], sparse)
        return queries

    def _fill(self, store: Store, advance: Advance) -> None:
        self._take_over(store, advance)
        kept = np.sort(store.ids())
        done = len(kept)
        for window in chunked(self._passages, WINDOW):
            ids = np.array([_point_id(_digest(passage)) for passage in window], dtype=np.uint64)
            if not _among(ids, self._content[1]).all():
                raise DataError("the passages changed while they were being indexed; run it again")
            for batch in _batches(window, ids, kept):
                store.upsert(self._points(batch))
                done += len(batch)
                advance(done, self._count)

    def _take_over(self, store: Store, advance: Advance) -> None:
        """Copy the passages that earlier collections have, but for one another process is at."""
        others = [place for place in places_like(self._prefix) if place != self._place]
        for place in others[:PREDECESSORS]:
            wanted = np.setdiff1d(self._content[1], store.ids())
            if not len(wanted):
                return
            with (
                suppress(TimeoutError, IndexStoreError),
                place.open(self._embedder.size, wait=False) as other,
            ):
                done = self._count - len(wanted)
                for ids in chunked(np.intersect1d(wanted, other.ids()).tolist(), INDEX_BATCH):
                    store.upsert(other.take(ids))
                    done += len(ids)
                    advance(done, self._count)

    def _points(self, batch: Sequence[tuple[int, Section]]) -> list[Point]:
        vectors = self._embedder.embed([passage.text for _, passage in batch]).tolist()
        return [
            Point(
                id_,
                vector,
                document_vector(passage.text),
                {"id": passage.id, "citation": passage.citation, "body": passage.body},
            )
            for (id_, passage), vector in zip(batch, vectors, strict=True)
        ]


def _batches(
    window: Sequence[Section], ids: npt.NDArray[np.uint64], kept: npt.NDArray[np.uint64]
) -> Iterator[list[tuple[int, Section]]]:
    """The passages of a window that are not kept, with their ids, longest first.

    Passages of a batch are of like length; and which are in one does not depend on how far an
    earlier attempt came, since a vector's last bits depend on its batch.
    """
    missing = ~_among(ids, kept)
    found = [(i, p) for i, p, m in zip(ids.tolist(), window, missing, strict=True) if m]
    yield from chunked(sorted(found, key=lambda item: (-len(item[1].text), item[0])), INDEX_BATCH)


def _among(ids: npt.NDArray[np.uint64], known: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Which of the ids are known; those are ascending, and may be many more."""
    if not len(known):
        return np.zeros(len(ids), dtype=np.bool_)
    return np.asarray(known.take(np.searchsorted(known, ids), mode="clip") == ids)


def _digest(passage: Section) -> bytes:
    return hashlib.sha256(json.dumps([passage.id, passage.text]).encode()).digest()


def _point_id(digest: bytes) -> int:
    return int.from_bytes(digest[:8])


def _cut_among_equals(found: Sequence[Hit], k: int, limit: int) -> bool:
    """Whether more passages than were asked for may score what the last of the best ``k`` does."""
    return len(found) == limit and round(found[-1].score, 6) == round(found[k - 1].score, 6)


def _ranked(found: Sequence[Hit], k: int) -> list[Hit]:
    """The best ``k``; scores equal to six decimals, where stores differ, are ordered by id."""
    return sorted(found, key=lambda hit: (-round(hit.score, 6), hit.id))[:k]
