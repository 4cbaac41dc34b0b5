"""What the environment says of a Qdrant server, checked before any work. The key is never shown."""

import os
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from harness.errors import ConfigError
from harness.validation import validated


def _of_a_server(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or any(c.isspace() for c in text):
        raise ValueError(
            "no URL of a server: it must be like http://localhost:6333 "
            "(unset it for an index in the cache folder)"
        )
    return url


def _sendable(key: SecretStr) -> SecretStr:
    text = key.get_secret_value()
    if not (text.isascii() and text.isprintable()):
        raise ValueError("holds characters that no HTTP header may: set it anew")
    return key


class Server(BaseModel):
    """A Qdrant server, or one node of a cluster."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    url: Annotated[SecretStr, AfterValidator(_of_a_server)] = Field(alias="QDRANT_URL")
    key: Annotated[SecretStr, AfterValidator(_sendable)] | None = Field(
        None, alias="QDRANT_API_KEY"
    )
    shards: int = Field(1, ge=1, alias="QDRANT_SHARDS")
    """Parts a new collection is in."""
    replicas: int = Field(1, ge=1, alias="QDRANT_REPLICAS")
    """Copies of each part."""

    def __str__(self) -> str:
        """Where it is, without what a URL may hold of names and passwords."""
        parts = urlsplit(self.url.get_secret_value())
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"

    @property
    def secrets(self) -> set[str]:
        """What must be in no message: the key, and what the URL holds of names and passwords."""
        parts = urlsplit(self.url.get_secret_value())
        named, _, _ = parts.netloc.rpartition("@")
        # A name by itself is a token; before a password it may be any word, as "me" is.
        raw = {named, parts.password or ""}
        key = self.key.get_secret_value() if self.key else ""
        return {key} | raw | {unquote(secret) for secret in raw}


def server() -> Server | None:
    """The server that ``QDRANT_URL`` names; None if it is unset.

    Raises:
        ConfigError: a variable of ``Server``'s is not what it should be.
    """
    said = {name: value.strip() for name, value in os.environ.items() if value.strip()}
    return validated(Server, said, "environment", ConfigError) if "QDRANT_URL" in said else None
