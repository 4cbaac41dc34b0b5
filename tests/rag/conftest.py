"""Every kind of store; qdrant-client's mode in memory stands in for a server."""

import os
import warnings

import pytest
from qdrant_client import QdrantClient

SERVER = os.environ.get("QDRANT_URL")
"""Taken before the session's own environment drops it."""


@pytest.fixture(params=["edge", "memory", "server"])
def each_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Collections are kept in each kind of store in turn."""
    if request.param == "memory":
        keep_in_memory(monkeypatch)
    if request.param == "server":
        if not SERVER:
            pytest.skip("set QDRANT_URL to a Qdrant server to run this")
        monkeypatch.setenv("QDRANT_URL", SERVER)


def keep_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collections are kept as by a server that is new, until the test ends."""
    # Its search is exact whatever it is asked.
    warnings.filterwarnings("ignore", "Local mode performs exact")
    client = QdrantClient(":memory:")
    monkeypatch.setenv("QDRANT_URL", "http://memory")
    monkeypatch.setattr("rag.stores.opening._connected", lambda _: client)
    monkeypatch.setattr(client, "close", lambda: None)  # Opened again, it has what it had.
    monkeypatch.setattr("rag.stores.client.UPLOADS", 1)  # It is not made for several threads.
