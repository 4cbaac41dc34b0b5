"""
Which store a collection is in, and opening it.

A server when ``QDRANT_URL`` names one; else a folder of the cache: of qdrant-client's local mode up
to ``LOCAL_UP_TO`` passages, of Qdrant Edge beyond, or of the one ``POLICYQA_STORE`` names.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, IndexStoreError
from harness.files import cache_folder, locked
from rag.stores.store import Store

LOCAL_UP_TO = 2_000
"""Passages. At 13,000, a query takes the local mode a hundred times as long as Edge."""
KINDS = ("local", "edge")
TIMEOUT = 60
"""Seconds a server has to answer."""


@dataclass(frozen=True)
class Place:
    """Where a collection is, or would be."""

    kind: str
    """``server``, or one of ``KINDS``."""
    name: str
    """The collection's."""

    @property
    def folder(self) -> Path:
        """Of an embedded collection."""
        return cache_folder("index", f"{self.name}-{self.kind}")

    def __str__(self) -> str:
        return os.environ.get("QDRANT_URL", "") if self.kind == "server" else str(self.folder)

    @contextmanager
    def open(self, size: int, wait: bool = True) -> Iterator[Store]:
        """The collection, open; made if it is not there, of dense vectors of ``size``.

        A second process waits for an embedded one; without ``wait`` it raises ``TimeoutError``.

        Raises:
            IndexStoreError: the store fails.
        """
        if self.kind == "server":
            with _speaking_plainly(self), closing(_server(self.name, size)) as store:
                yield store
        else:
            with (
                locked(self.folder, wait),
                _speaking_plainly(self),
                closing(_embedded(self, size)) as store,
            ):
                yield store


def place_of(name: str, passages: int) -> Place:
    """Where the collection ``name`` of so many passages belongs.

    Raises:
        ConfigError: ``POLICYQA_STORE`` names no kind of store.
    """
    if os.environ.get("QDRANT_URL"):
        return Place("server", name)
    kind = os.environ.get("POLICYQA_STORE") or ("local" if passages <= LOCAL_UP_TO else "edge")
    if kind not in KINDS:
        raise ConfigError(f"POLICYQA_STORE is {kind!r}; it must be {' or '.join(KINDS)}")
    return Place(kind, name)


def places_like(prefix: str) -> list[Place]:
    """The collections there are whose name begins with ``prefix``, the last made first.

    Raises:
        IndexStoreError: the server does not answer.
    """
    if os.environ.get("QDRANT_URL"):
        place = Place("server", prefix)
        with _speaking_plainly(place), closing(_connected()) as client:
            names = [found.name for found in client.get_collections().collections]
        return [Place("server", name) for name in names if name.startswith(prefix)]
    found = [
        Place(kind, folder.name.removesuffix(f"-{kind}"))
        for kind in KINDS
        for folder in cache_folder("index").glob(f"{prefix}*-{kind}")
    ]
    return sorted(found, key=lambda place: place.folder.stat().st_mtime, reverse=True)


@contextmanager
def _speaking_plainly(place: Place) -> Iterator[None]:
    from qdrant_client.http.exceptions import ApiException

    try:
        yield
    except (ApiException, OSError) as error:
        raise IndexStoreError(f"the Qdrant store at {place} fails: {error}") from error


def _connected() -> Any:
    from qdrant_client import QdrantClient

    return QdrantClient(
        url=os.environ["QDRANT_URL"], api_key=os.environ.get("QDRANT_API_KEY"), timeout=TIMEOUT
    )


def _server(name: str, size: int) -> Store:
    from rag.stores.client import ClientStore

    shards, replicas = _number("QDRANT_SHARDS"), _number("QDRANT_REPLICAS")
    return ClientStore(_connected(), name, size, shards, replicas)


def _number(variable: str) -> int:
    text = os.environ.get(variable, "1")
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError(f"{variable} is {text!r}; it must be a whole number from 1")
    return int(text)


def _embedded(place: Place, size: int) -> Store:
    if place.kind == "edge":
        from rag.stores.edge import EdgeStore

        return EdgeStore(place.folder, size)
    from rag.stores.client import ClientStore

    return ClientStore(_local(place.folder), place.name, size)


def _local(folder: Path) -> Any:
    """The local mode's client; an unreadable folder is begun anew: it is a cache."""
    from qdrant_client import QdrantClient

    try:
        return QdrantClient(path=str(folder))
    except (ValueError, sqlite3.Error):
        shutil.rmtree(folder)
        return QdrantClient(path=str(folder))
