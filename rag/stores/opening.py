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
from rag.stores.settings import Server, server
from rag.stores.store import Store

LOCAL_UP_TO = 100
"""Passages. The local mode fuses in Python: beyond this a query takes it longer than embedding does
(28 ms at 398 passages, where Edge takes a tenth of that)."""
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
        return str(server()) if self.kind == "server" else str(self.folder)

    @contextmanager
    def open(self, size: int, wait: bool = True) -> Iterator[Store]:
        """The collection, open; made if it is not there, of dense vectors of ``size``.

        A second process waits for an embedded one; without ``wait`` it raises ``TimeoutError``.

        Raises:
            IndexStoreError: the store fails.
            ConfigError: the environment's settings of a server are wrong.
        """
        if self.kind == "server":
            with _speaking_plainly(self), closing(_of_server(self.name, size)) as store:
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
        ConfigError: ``POLICYQA_STORE`` names no kind of store, or ``QDRANT_URL`` no server.
    """
    if server():
        return Place("server", name)
    kind = os.environ.get("POLICYQA_STORE") or ("local" if passages <= LOCAL_UP_TO else "edge")
    if kind not in KINDS:
        raise ConfigError(f"POLICYQA_STORE is {kind!r}; it must be {' or '.join(KINDS)}")
    return Place(kind, name)


def places_like(prefix: str) -> list[Place]:
    """The collections there are whose name begins with ``prefix``; of folders the newest first.

    Raises:
        IndexStoreError: the server does not answer.
    """
    found_server = server()
    if found_server:
        with (
            _speaking_plainly(Place("server", prefix)),
            closing(_connected(found_server)) as client,
        ):
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
    """What the stores' libraries raise, as an error of ours that says where."""
    from qdrant_client.http.exceptions import ApiException

    try:
        yield
    except Exception as error:
        # Qdrant Edge raises nothing narrower than Exception itself.
        if not isinstance(error, ApiException | sqlite3.Error) and type(error) is not Exception:
            raise
        mending = (
            "is the server running?"
            if place.kind == "server"
            else "is the disk full? If the folder is damaged, delete it: it is made again"
        )
        raise IndexStoreError(f"the Qdrant store at {place} fails: {error}; {mending}") from error


def _connected(where: Server) -> Any:
    from qdrant_client import QdrantClient

    return QdrantClient(url=where.url, api_key=where.key, timeout=TIMEOUT)


def _of_server(name: str, size: int) -> Store:
    from rag.stores.client import ClientStore

    where = server()
    if where is None:
        raise ConfigError("QDRANT_URL is unset, and the collection is on a server")
    return ClientStore(_connected(where), name, size, where)


def _embedded(place: Place, size: int) -> Store:
    if place.kind == "edge":
        from rag.stores.edge import EdgeStore

        return EdgeStore(place.folder, size)
    from rag.stores.client import ClientStore

    return ClientStore(_local(place.folder), place.name, size, place.folder)


def _local(folder: Path) -> Any:
    """The local mode's client; a folder a kill left unreadable is begun anew: it is a cache."""
    from qdrant_client import QdrantClient

    try:
        return QdrantClient(path=str(folder))
    except (ValueError, sqlite3.DatabaseError) as error:
        # A full or locked disk is operational: nothing is wrong with what is kept.
        if isinstance(error, sqlite3.OperationalError):
            raise
        shutil.rmtree(folder)
        return QdrantClient(path=str(folder))
