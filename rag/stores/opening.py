"""
Where a collection is, and opening it.

On a server when ``QDRANT_URL`` names one; else in a folder of the cache, by Qdrant Edge.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import IndexStoreError
from harness.files import cache_folder, locked
from harness.redaction import without
from rag.stores.settings import Server, server
from rag.stores.store import Store

EDGE = "-edge"
"""What the name of an embedded collection's folder ends in."""
_SHOWN = 500
"""Characters of what a store says in an error, at most."""


@dataclass(frozen=True)
class Place:
    """Where a collection is, or would be."""

    name: str
    """The collection's."""
    server: Server | None = None
    """That has it; None where a folder of the cache does."""

    @property
    def folder(self) -> Path:
        """Of an embedded collection."""
        return cache_folder("index", f"{self.name}{EDGE}")

    def __str__(self) -> str:
        return str(self.server or self.folder)

    @contextmanager
    def open(self, size: int, wait: bool = True) -> Iterator[Store]:
        """The collection, open; made if it is not there, of dense vectors of ``size``.

        A second process waits for an embedded one; without ``wait`` it raises ``TimeoutError``.

        Raises:
            IndexStoreError: the store fails.
        """
        with (
            nullcontext() if self.server else locked(self.folder, wait),
            _speaking_plainly(self),
            closing(self._store(size)) as store,
        ):
            yield store

    def _store(self, size: int) -> Store:
        if self.server:
            from rag.stores.client import ClientStore

            return ClientStore(_connected(self.server), self.name, size, self.server)
        from rag.stores.edge import EdgeStore

        return EdgeStore(self.folder, size)


def place_of(name: str) -> Place:
    """Where the collection ``name`` belongs; settings are refused as by ``server``."""
    return Place(name, server())


def places_like(prefix: str) -> list[Place]:
    """The collections there are whose name begins with ``prefix``; of folders the newest first.

    Raises:
        IndexStoreError: the server does not answer.
    """
    where = server()
    if where:
        with _speaking_plainly(Place(prefix, where)), closing(_connected(where)) as client:
            from rag.stores.calling import understood

            with understood():
                names = [found.name for found in client.get_collections().collections]
        return [Place(name, where) for name in names if name.startswith(prefix)]
    folders = cache_folder("index").glob(f"{prefix}*{EDGE}")
    newest = sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)
    return [Place(folder.name.removesuffix(EDGE)) for folder in newest]


@contextmanager
def _speaking_plainly(place: Place) -> Iterator[None]:
    """What the stores' libraries raise, as an error of ours that says where."""
    try:
        yield
    except BaseException as error:  # What Qdrant Edge does not expect is no Exception.
        # Imported where something fails: a search in a folder does without the client.
        from rag.stores.failures import FOLDER, is_a_stores, mending_of, said_by

        if not is_a_stores(error):
            raise
        mending = mending_of(error) if place.server else FOLDER
        secrets = place.server.secrets if place.server else ()
        said = " ".join(without(secrets, said_by(error)).split())
        shown = said if len(said) <= _SHOWN else f"{said[:_SHOWN]} …"
        message = f"the Qdrant store at {place} fails: {shown}; {mending}"
        # What a server said may hold the key: no traceback shows it as the cause.
        raise IndexStoreError(message) from (None if place.server else error)


def _connected(where: Server) -> Any:
    from rag.stores.calling import called

    return called(where)
