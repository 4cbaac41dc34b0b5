"""
Where a collection is, and opening it.

On a server when ``QDRANT_URL`` names one; else in a folder of the cache, by Qdrant Edge.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import ConfigError, IndexStoreError
from harness.files import cache_folder, locked
from rag.stores.redaction import without
from rag.stores.settings import Server, server
from rag.stores.store import Store

EDGE = "-edge"
"""What the name of an embedded collection's folder ends in."""
TIMEOUT = 60
"""Seconds a server has to answer."""
SHOWN = 500
"""Characters of what a store says in an error, at most."""


@dataclass(frozen=True)
class Place:
    """Where a collection is, or would be."""

    kind: str
    """``server`` or ``edge``."""
    name: str
    """The collection's."""

    @property
    def folder(self) -> Path:
        """Of an embedded collection."""
        return cache_folder("index", f"{self.name}{EDGE}")

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
                closing(_embedded(self.folder, size)) as store,
            ):
                yield store


def place_of(name: str) -> Place:
    """Where the collection ``name`` belongs.

    Raises:
        ConfigError: ``QDRANT_URL`` names no server.
    """
    return Place("server" if server() else "edge", name)


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
    folders = cache_folder("index").glob(f"{prefix}*{EDGE}")
    newest = sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)
    return [Place("edge", folder.name.removesuffix(EDGE)) for folder in newest]


@contextmanager
def _speaking_plainly(place: Place) -> Iterator[None]:
    """What the stores' libraries raise, as an error of ours that says where."""
    from qdrant_client.common.client_exceptions import QdrantException
    from qdrant_client.http.exceptions import ApiException

    try:
        yield
    except Exception as error:
        # Qdrant Edge raises nothing narrower than Exception itself.
        if not isinstance(error, ApiException | QdrantException) and type(error) is not Exception:
            raise
        mending = (
            "is the server running?"
            if place.kind == "server"
            else "is the disk full? If the folder is damaged, delete it: it is made again"
        )
        message = f"the Qdrant store at {place} fails: {_shown(error, place)}; {mending}"
        # What a server said may hold the key: no traceback shows it as the cause.
        raise IndexStoreError(message) from (None if place.kind == "server" else error)


def _shown(error: Exception, place: Place) -> str:
    """What the error says, on one line, without the server's secrets."""
    where = server() if place.kind == "server" else None
    text = " ".join(without(where.secrets if where else (), _said(error)).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"


def _said(error: Exception) -> str:
    """What the error says, whole: the client cuts answers short, and perhaps within a secret."""
    from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

    if isinstance(error, UnexpectedResponse):
        said = error.content.decode("utf-8", "replace")
        return f"it answers {error.status_code} ({error.reason_phrase}): {said}"
    if isinstance(error, ResponseHandlingException) and isinstance(error.source, ValidationError):
        return f"its answer is none of Qdrant's: {_faults(error.source)}"
    return str(error)


def _faults(error: ValidationError) -> str:
    """Where an answer departs from its form, without the answer itself."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults)


def _connected(where: Server) -> Any:
    from qdrant_client import QdrantClient

    key = where.key.get_secret_value() if where.key else None
    return QdrantClient(url=where.url.get_secret_value(), api_key=key, timeout=TIMEOUT)


def _of_server(name: str, size: int) -> Store:
    from rag.stores.client import ClientStore

    where = server()
    if where is None:
        raise ConfigError("QDRANT_URL is unset, and the collection is on a server")
    return ClientStore(_connected(where), name, size, where)


def _embedded(folder: Path, size: int) -> Store:
    from rag.stores.edge import EdgeStore

    return EdgeStore(folder, size)
