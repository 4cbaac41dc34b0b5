"""
Passages → a Qdrant collection → the passages nearest to a question.

The collection is named after a fingerprint of the passages' text, the embedder and the layout, so
one made from other text or by another embedder is never taken for it: a change means a new name
and a new build. Embedded in a folder of the cache unless ``QDRANT_URL`` names a server
(``QDRANT_API_KEY`` its key); the same code drives both.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import IndexStoreError
from harness.files import cache_folder, fingerprint, locked
from harness.progress import Advance, silent
from rag.corpus import Section
from rag.embedder import Embedder

LAYOUT = 1
"""Raised when what a collection holds changes."""


@dataclass(frozen=True)
class Hit:
    """A passage found for a question."""

    id: str
    """Section id."""
    score: float
    """Cosine similarity, in [-1, 1]."""
    text: str


class Index:
    """The collection of one data folder's passages under one embedder."""

    def __init__(self, passages: Sequence[Section], embedder: Embedder) -> None:
        self._passages = list(passages)
        self._embedder = embedder
        self.fingerprint = fingerprint(
            [LAYOUT, embedder.identity, [(passage.id, passage.text) for passage in passages]]
        )
        self.name = f"policyqa-{self.fingerprint[:16]}"

    @property
    def location(self) -> str:
        """Where the collection is kept: a server's URL or a folder."""
        return os.environ.get("QDRANT_URL") or str(cache_folder("index", self.name))

    def build(self, advance: Advance = silent) -> bool:
        """Make the collection unless it is there and whole; True when work was done."""
        with self._client() as client:
            if self._is_whole(client):
                return False
            self._fill(client, advance)
        return True

    def search(self, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """The ``k`` nearest passages of each question, best first, in one batched query."""
        from qdrant_client import models

        vectors = self._embedder.embed(questions)
        requests = [
            models.QueryRequest(query=vector.tolist(), limit=k, with_payload=True)
            for vector in vectors
        ]
        with self._client() as client:
            if not self._is_whole(client):
                self._fill(client, silent)
            answers = client.query_batch_points(self.name, requests) if requests else []
        return [
            [Hit(str(p.payload["id"]), float(p.score), str(p.payload["text"])) for p in a.points]
            for a in answers
        ]

    def _is_whole(self, client: Any) -> bool:
        """Whether the collection has every passage and vectors of the right size."""
        if not client.collection_exists(self.name):
            return False
        size = client.get_collection(self.name).config.params.vectors.size
        count = client.count(self.name, exact=True).count
        return bool(size == self._embedder.size and count == len(self._passages))

    def _fill(self, client: Any, advance: Advance) -> None:
        from qdrant_client import models

        vectors = self._embedder.embed([passage.text for passage in self._passages], advance)
        if client.collection_exists(self.name):
            client.delete_collection(self.name)
        params = models.VectorParams(size=self._embedder.size, distance=models.Distance.COSINE)
        client.create_collection(self.name, vectors_config=params)
        client.upload_points(
            self.name,
            (
                models.PointStruct(id=i, vector=vector, payload={"id": p.id, "text": p.text})
                for i, (p, vector) in enumerate(zip(self._passages, vectors.tolist(), strict=True))
            ),
            wait=True,
        )

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """A client on the server or the folder; a second process waits for the folder."""
        from qdrant_client import QdrantClient

        url = os.environ.get("QDRANT_URL")
        if url:
            yield from self._connected(
                lambda: QdrantClient(url=url, api_key=os.environ.get("QDRANT_API_KEY"))
            )
        else:
            folder = cache_folder("index", self.name)
            with locked(folder):
                yield from self._connected(lambda: _open_folder(folder))

    def _connected(self, connect: Callable[[], Any]) -> Iterator[Any]:
        from qdrant_client.http.exceptions import ApiException

        try:
            client = connect()
            try:
                yield client
            finally:
                client.close()
        except (ApiException, OSError) as error:
            raise IndexStoreError(f"the Qdrant store at {self.location} fails: {error}") from error


def _open_folder(folder: Path) -> Any:
    """An embedded store; one that a kill left unreadable is begun anew, since it is a cache."""
    from qdrant_client import QdrantClient

    try:
        return QdrantClient(path=str(folder))
    except (ValueError, sqlite3.Error):
        shutil.rmtree(folder)
        return QdrantClient(path=str(folder))
