"""What the environment says of a Qdrant server, checked before any work. The key is never shown."""

import os
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from harness.errors import ConfigError


@dataclass(frozen=True)
class Server:
    """A Qdrant server, or one node of a cluster."""

    url: str = field(repr=False)
    key: str | None = field(repr=False)
    shards: int
    """Parts a new collection is in."""
    replicas: int
    """Copies of each part."""

    def __str__(self) -> str:
        """Where it is, without what a URL may hold of names and passwords."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"

    @property
    def secrets(self) -> set[str]:
        """What must be in no message: the key, and what the URL holds of names and passwords."""
        parts = urlsplit(self.url)
        named, _, _ = parts.netloc.rpartition("@")
        # A name by itself is a token; before a password it may be any word, as "me" is.
        raw = {named, parts.password or ""}
        return {self.key or ""} | raw | {unquote(secret) for secret in raw}


def server() -> Server | None:
    """The server that ``QDRANT_URL`` names; None if it is unset.

    ``QDRANT_API_KEY`` is its key; ``QDRANT_SHARDS`` and ``QDRANT_REPLICAS`` are for collections
    that are made.

    Raises:
        ConfigError: one of them is not what it should be.
    """
    url = os.environ.get("QDRANT_URL", "").strip()
    if not url:
        return None
    _check_url(url)
    key = os.environ.get("QDRANT_API_KEY", "").strip() or None
    if key and not (key.isascii() and key.isprintable()):
        raise ConfigError("QDRANT_API_KEY holds characters that no HTTP header may: set it anew")
    return Server(url, key, _number("QDRANT_SHARDS"), _number("QDRANT_REPLICAS"))


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or any(c.isspace() for c in url):
        raise ConfigError(
            "QDRANT_URL is no URL of a server: it must be like http://localhost:6333 "
            "(unset it for an index in the cache folder)"
        )


def _number(variable: str) -> int:
    text = os.environ.get(variable, "").strip() or "1"
    if not (text.isascii() and text.isdecimal() and int(text) >= 1):
        raise ConfigError(f"{variable} is {text!r}; it must be a whole number from 1")
    return int(text)
