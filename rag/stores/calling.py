"""
How a Qdrant server is called: within a time, again where that may help, and nowhere else.

qdrant-client's time limit is of one read, so that a server which sends a byte now and then is never
over it, and it calls once. Every call of ours may be made twice: points have ids, and a collection
that is there already is no failure to ``ClientStore``.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx
from qdrant_client import QdrantClient
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from harness.threads import made_within
from harness.waiting import retry_after, wait_before
from rag.stores.settings import Server

TIMEOUT = 60
"""Seconds a server has for an answer."""
TRIES = 4
"""Times a call is made, of a server that has answered before: one that never did may not be one."""
GRACE = 1.0
"""Seconds that the client has to tell by itself that time is up, and which part of it was."""
LARGEST = 2**29
"""Bytes of an answer, at most: of the points that are asked for together, a hundred times that."""
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
"""Statuses that a later try may change, as those from 500."""

Send = Callable[[httpx.Request], httpx.Response]


class FailedCallError(Exception):
    """What a call came to at last, ``source``, after so many ``tries``."""

    def __init__(self, source: Exception, tries: int) -> None:
        super().__init__(str(source))
        self.source = source
        self.tries = tries


class OtherFormError(Exception):
    """An answer that is no JSON, or does not end."""


class Caller:
    """Makes the calls of one client; given to it as what stands between it and the server."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        """``sleep`` waits between tries."""
        self._sleep = sleep
        self._answered = False

    def __call__(self, request: httpx.Request, send: Send) -> httpx.Response:
        """What the server answers.

        Raises:
            FailedCallError: nothing, or at last nothing but that it cannot now.
        """
        tries = 1
        while True:
            failed, asked = None, None
            try:
                response = made_within(TIMEOUT + GRACE, lambda: send(request))
            except (ResponseHandlingException, TimeoutError) as error:
                failed = getattr(error, "source", error)
            else:
                if response.status_code not in _PASSING and response.status_code < 500:
                    self._answered = True
                    return response
                failed = UnexpectedResponse.for_response(response)
                asked = retry_after(response.headers.get("Retry-After"))
            may_pass = self._answered or isinstance(failed, UnexpectedResponse)
            if tries == TRIES or not may_pass or isinstance(failed, OtherFormError):
                raise FailedCallError(failed, tries) from None
            tries += 1
            self._sleep(wait_before(tries, asked))


class _Bounded(httpx.SyncByteStream):
    """An answer that is read no longer, and to no greater size, than any takes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._until = time.monotonic() + TIMEOUT

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for piece in self._stream:
            size += len(piece)
            if size > LARGEST:
                raise OtherFormError("an answer that does not end")
            if time.monotonic() > self._until:
                raise TimeoutError
            yield piece

    def close(self) -> None:
        self._stream.close()


def _bound(response: httpx.Response) -> None:
    response.stream = _Bounded(response.stream)


def called(where: Server, sleep: Callable[[float], None] = time.sleep) -> Any:
    """A client of the server, which is not called yet."""
    client = QdrantClient(
        url=where.url.get_secret_value(),
        api_key=where.key.get_secret_value() if where.key else None,
        timeout=TIMEOUT,
        # It would ask for the version by a call of its own, with the key.
        check_compatibility=False,
        event_hooks={"response": [_bound]},
    )
    client.http.client.add_middleware(Caller(sleep))
    return client


@contextmanager
def understood() -> Iterator[None]:
    """Calls of the client within it; it lets errors of JSON out as they are.

    Raises:
        OtherFormError: an answer is no JSON.
    """
    try:
        yield
    except ValueError:  # Pydantic's own, of JSON in another form, come wrapped.
        raise OtherFormError("its answer is no JSON") from None
