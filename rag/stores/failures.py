"""What a store's library raised: whether it is one's, what it says, and what mends it."""

from http import HTTPStatus
from typing import Any

import httpx
from pydantic import ValidationError
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import (
    ApiException,
    ResponseHandlingException,
    UnexpectedResponse,
)

from rag.stores.calling import TIMEOUT, FailedCallError, OtherFormError

FOLDER = "is the disk full? If the folder is damaged, delete it: it is made again"
"""What mends a collection in a folder."""
_AGAIN = "then run this again: what is indexed is kept"
_IS_IT = "is QDRANT_URL the address of a Qdrant server?"
_REMEDIES: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "set its key: QDRANT_API_KEY",
    HTTPStatus.FORBIDDEN: "set a key that may write: QDRANT_API_KEY",
    HTTPStatus.NOT_FOUND: _IS_IT,
    HTTPStatus.METHOD_NOT_ALLOWED: _IS_IT,
    HTTPStatus.TOO_MANY_REQUESTS: f"wait until fewer ask it, {_AGAIN}",
}


def is_a_stores(error: BaseException) -> bool:
    """Whether a store's library raised it; Qdrant Edge raises nothing narrower than Exception, and
    wider where it did not expect what its files hold."""
    kinds = (ApiException, QdrantException, FailedCallError, OtherFormError)
    panics = type(error).__name__ == "PanicException"
    return isinstance(error, kinds) or type(error) is Exception or panics


def said_by(error: BaseException) -> str:
    """What it says, whole: the client cuts answers short, and perhaps within a secret."""
    if isinstance(error, FailedCallError):
        often = f", in {error.tries} tries" if error.tries > 1 else ""
        return f"{said_by(error.source)}{often}"
    if isinstance(error, UnexpectedResponse):
        return _status(error)
    source = _source(error)
    if isinstance(source, ValidationError):
        # Where an answer departs from its form, without the answer itself.
        faults = source.errors(include_input=False, include_url=False, include_context=False)
        places = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults)
        return f"its answer is none of Qdrant's: {'; '.join(places)}"
    if isinstance(source, TimeoutError | httpx.TimeoutException):
        return f"no answer within {TIMEOUT} seconds"
    return str(error) or type(source).__name__


def mending_of(error: BaseException) -> str:
    """What a user can do about a server's."""
    source = _source(error)
    if isinstance(source, UnexpectedResponse):
        status = source.status_code or 0
        if 300 <= status < 400:
            return "if that is the server you mean, name it in QDRANT_URL"
        return _REMEDIES.get(status, f"see what it says and its log, {_AGAIN}")
    if isinstance(source, ValidationError | OtherFormError):
        return _IS_IT
    if isinstance(source, httpx.ConnectError) and "CERTIFICATE" in str(source):
        return "set SSL_CERT_FILE in the environment to a file of the certificates to trust"
    if isinstance(source, httpx.ConnectError) and "SSL" in str(source):
        return "see QDRANT_URL: it begins with http:// where the server has no certificate"
    return f"is the server running? See QDRANT_URL (without a port, it is 6333), {_AGAIN}"


def _status(error: UnexpectedResponse) -> str:
    status = error.status_code or 0
    said = error.content.decode("utf-8", "replace")
    where = error.headers.get("Location", "").split("?")[0] if 300 <= status < 400 else ""
    to = f" and sends to {where}, not followed since the key would go there" if where else ""
    return f"it answers {status} ({error.reason_phrase}){to}{f': {said}' if said else ''}"


def _source(error: Any) -> Any:
    """What a library has wrapped."""
    while isinstance(error, FailedCallError | ResponseHandlingException):
        error = error.source
    return error
