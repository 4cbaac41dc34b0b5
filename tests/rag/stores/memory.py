"""Qdrant-client's mode in memory, in place of a server."""

import warnings

import pytest
from qdrant_client import QdrantClient


def keep_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collections are kept as by a server that is new, until the test ends."""
    # Its search is exact whatever it is asked.
    warnings.filterwarnings("ignore", "Local mode performs exact")
    client = QdrantClient(":memory:")
    monkeypatch.setenv("QDRANT_URL", "http://memory")
    monkeypatch.setattr("rag.stores.opening._connected", lambda _: client)
    monkeypatch.setattr(client, "close", lambda: None)  # Opened again, it has what it had.
    monkeypatch.setattr("rag.stores.client.UPLOADS", 1)  # It is not made for several threads.
