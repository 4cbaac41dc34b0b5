"""
One call to a server, bounded in time and in size, that goes nowhere but where it is sent.

lm-eval's class says what is sent and how the sender is known. Its own call waits as long as a byte
comes now and then, reads whatever comes, and follows a redirect with the question and every header
but one, so the call itself is made here.
"""

import copy
import time
from typing import Any

import requests
from lm_eval.models.api_models import TemplateAPI

from harness.threads import made_within

_LARGEST = 64 * 2**20
"""Bytes of an answer, at most: the longest texts of today's models are a hundredth of it."""
_PIECE = 2**16
"""Bytes read at a time."""
_GRACE = 1.0
"""Seconds that the library has to tell by itself that time is up, and which part of it was."""


class TooLargeError(Exception):
    """An answer that does not end."""


def sent(lm: Any, prompt: Any, settings: dict[str, Any]) -> Any:
    """What the server of ``lm`` answers to a prompt, read from JSON.

    Raises:
        TimeoutError: it has not come, whole, within the seconds that ``lm`` has as ``timeout``.
        TooLargeError: it is larger than any answer.
        requests.RequestException: no connection, a status that is no success, or no JSON; of a
            status, with the ``response``.
    """
    theirs = type(lm).model_call is not TemplateAPI.model_call  # LiteLLM's sends by its own ways.
    return made_within(
        lm.timeout + _GRACE,
        lambda: (
            lm.model_call([prompt], generate=True, gen_kwargs=settings)
            if theirs
            else _answer(lm, prompt, settings)
        ),
    )


def _answer(lm: Any, prompt: Any, settings: dict[str, Any]) -> Any:
    until = time.monotonic() + lm.timeout
    body = lm._create_payload(
        lm.create_message([prompt]),
        generate=True,
        gen_kwargs=copy.deepcopy(settings),  # It takes out what it reads.
        seed=lm._seed,
        eos=lm.eos_string,
    )
    with requests.post(
        lm.base_url,
        json=body,
        headers=lm.header,
        verify=lm.verify_certificate,
        timeout=lm.timeout,
        allow_redirects=False,
        stream=True,
    ) as response:
        # Where the library looks for it, as it does itself.
        response._content = _whole_body(response, until)
        if not 200 <= response.status_code < 300:  # A redirect is no error to the library.
            raise requests.HTTPError(response=response)
        return response.json()


def _whole_body(response: requests.Response, until: float) -> bytes:
    pieces, size = [], 0
    for piece in response.iter_content(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST:
            raise TooLargeError
        if time.monotonic() > until:
            raise TimeoutError
    return b"".join(pieces)
