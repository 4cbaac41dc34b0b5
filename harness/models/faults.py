"""
Why a server gave no answer: whether to try again, when, and what to tell.

Nothing told or logged here has a key in it: servers repeat it, and libraries print it.
"""

import json
import logging
import os
import ssl
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
import urllib3

from harness.models.sending import TooLargeError
from harness.redaction import without
from harness.waiting import retry_after, wait_before

_Kind = TypeVar("_Kind", bound=BaseException)

_FOR_THIS_PROMPT = (400, 413, 422)
"""Statuses by which a server refuses one prompt, and may answer others."""
_RETRYABLE = (408, 409, 425, 429)
"""Statuses that a later try may change, as those from 500; the others none does."""
_SECRETS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "QDRANT_API_KEY",
)
"""Variables of the environment whose values are never shown."""
_SHORTEST_SECRET = 8
"""Characters; what is shorter is none, as the EMPTY that servers without keys are given."""
_WRAPPED = 8
"""Libraries' errors looked into, one within the other."""
_LOGGER = "lm_eval.models.api_models"
"""Prints what a server says to a failed call."""

ADDRESS = "the full address, as http://localhost:8000/v1/completions"
"""What ``base_url`` of a served model's options must be."""
_KEPT = "then run this again: what came is kept"
_RUNS = f"see that it runs, {_KEPT}"
_PATH = f"see base_url of its options, which must be {ADDRESS}"
_REMEDIES = {
    401: "set its key: OPENAI_API_KEY",
    403: "set a key that may use it: OPENAI_API_KEY",
    404: f"see base of its row, the name the server knows; {_PATH}",
    405: _PATH,
    429: f"send fewer at once (num_concurrent of its options) or later, {_KEPT}",
    **dict.fromkeys(_FOR_THIS_PROMPT, "if it is too long, show less context (k and budget)"),
}


@dataclass(frozen=True)
class Fault:
    """Why one call has no answer."""

    what: str
    remedy: str = _RUNS
    again: bool = False
    """Whether a later try may have one."""
    after: float | None = None
    """Seconds that the server asks to be left alone for."""
    of_prompt: bool = False
    """Whether other prompts may have answers all the same."""

    def wait(self, tries: int) -> float:
        """Seconds until the next try, after so many."""
        return wait_before(tries + 1, self.after)


_SLOW = Fault(
    "no answer in time",
    f"set a longer timeout (seconds) or a smaller num_concurrent in its options, {_KEPT}",
    again=True,
)
_LOST = {
    requests.exceptions.SSLError: Fault(
        "no connection by TLS",
        "see base_url of its options: it begins with http:// where the server has no certificate",
    ),
    requests.exceptions.ConnectTimeout: Fault("no connection in time", again=True),
    requests.exceptions.ReadTimeout: _SLOW,
    TimeoutError: _SLOW,
    TooLargeError: Fault("an answer that does not end", _PATH),
    requests.exceptions.ConnectionError: Fault("no connection", again=True),
    requests.exceptions.ChunkedEncodingError: Fault("an answer that broke off", again=True),
    requests.exceptions.JSONDecodeError: Fault("an answer that is not JSON", _PATH, again=True),
    RecursionError: Fault("an answer nested too deep to read"),
}
"""What is raised where no status tells what failed, the special before the general."""


def fault_of(error: Exception) -> Fault:
    """What a call that raised ``error`` means."""
    response = getattr(error, "response", None)
    if response is not None:
        return _of_response(response)
    if untrusted := _found(error, ssl.SSLCertVerificationError):
        return Fault(
            f"its certificate is not trusted{short(untrusted.verify_message)}",
            "set REQUESTS_CA_BUNDLE in the environment to a file of the certificates to trust",
        )
    # While an answer is read, the library calls that lost, too.
    if _found(error, urllib3.exceptions.ReadTimeoutError):
        return _SLOW
    for kind, fault in _LOST.items():
        if isinstance(error, kind):
            return fault
    # Its text may have the key, as that of an invalid header has.
    return Fault(f"the call failed ({type(error).__name__})", "see the options of its row")


def _found(error: BaseException, kind: type[_Kind]) -> _Kind | None:
    """What of that kind the libraries have wrapped into ``error``, if any."""
    for _ in range(_WRAPPED):
        if isinstance(error, kind):
            return error
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        if not isinstance(inner, BaseException):
            return None
        error = inner
    return None


def other_form(response: Any) -> Fault:
    """Of an answer that is not in OpenAI's form, as an error sent with status 200."""
    error = response.get("error") if isinstance(response, dict) else None
    said = short(json.dumps(error or response, default=str))
    return Fault(f"an answer in another form than OpenAI's{said}", again=True)


def _of_response(response: Any) -> Fault:
    status = int(response.status_code)
    if 300 <= status < 400:
        where = response.headers.get("Location", "")
        return Fault(
            f"HTTP {status}, which sends elsewhere{short(_without_query(where))}: not followed, "
            "since questions and key would go there",
            f"if that is the server you mean, put its address into base_url: {ADDRESS}",
        )
    again = status in _RETRYABLE or status >= 500
    return Fault(
        f"HTTP {status}{short(response.text)}",
        _REMEDIES.get(status, _RUNS if again else "see what it says, and its row"),
        again,
        after=retry_after(response.headers.get("Retry-After")),
        of_prompt=status in _FOR_THIS_PROMPT,
    )


def _without_query(address: str) -> str:
    """An address up to where it may hold a user or a key."""
    scheme, _, rest = address.partition("//")
    place = rest.split("?")[0].split("#")[0]
    host, slash, path = place.partition("/")
    return f"{scheme}//{host.rpartition('@')[2]}{slash}{path}" if rest else address.split("?")[0]


def short(text: str) -> str:
    """The beginning of what a server said, in parentheses: one line, harmless to a terminal."""
    plain = "".join(one if one.isprintable() else " " for one in without_secrets(text))
    line = " ".join(plain.split())
    return f" ({line[:200]})" if line else ""


def without_secrets(text: str) -> str:
    """``text`` without the keys that the environment holds."""
    for name in _SECRETS:
        secret = os.environ.get(name, "").strip()
        if len(secret) >= _SHORTEST_SECRET:
            text = without((secret,), text, f"[{name}]")
    return text


def keep_secrets_out_of_logs() -> None:
    """lm-eval logs what a server says to a failed call, which may be the header with its key."""
    logging.getLogger(_LOGGER).addFilter(_without_secrets)


def _without_secrets(record: logging.LogRecord) -> bool:
    record.msg, record.args = without_secrets(record.getMessage()), ()
    return True
