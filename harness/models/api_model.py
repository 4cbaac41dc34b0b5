"""
lm-eval's API model classes, made without a call: they write requests and read answers.

What would fail later, or be passed over, is refused here.
"""

from contextlib import suppress
from inspect import signature
from typing import Any
from urllib.parse import urlsplit

from harness.errors import ModelError
from harness.models.faults import ADDRESS, keep_secrets_out_of_logs, without_secrets
from harness.models.kinds import engine_class
from harness.variants import Model

_SET_HERE = {"tokenizer_backend": None, "tokenized_requests": False}
"""Prompts are sent as text."""
_NO_OPTIONS = {"self", "kwargs", "model", "pretrained", "batch_size", *_SET_HERE}
"""Parameters of the classes that are no options here: a prompt is a call of its own."""
_OURS = {"extra_body"}
"""What ``ServedEngine`` takes beside them, and sends."""
_FORM = {"choices": [{"index": 0, "text": "x", "message": {"content": "x"}}]}
"""An answer as OpenAI's servers give it."""


def api_model(model: Model, options: dict[str, Any], timeout: int) -> Any:
    """The object of a served model's class; a call counts as failed after ``timeout`` seconds.

    Raises:
        ModelError: the class does not take these options, or reads answers of another form; they
            name no server, or the environment no key that can be sent; or what the class needs is
            not installed.
    """
    kind = engine_class(model.engine)
    _refuse_unknown(model, kind, options)
    keep_secrets_out_of_logs()
    try:
        lm = kind(model=model.base, **options, **_SET_HERE, timeout=timeout)
        _refuse_unreachable(model, lm)
    except (ImportError, TypeError, ValueError, AssertionError) as error:
        reason = " ".join(without_secrets(str(error)).split())
        raise ModelError(f"{model.name}: {model.engine} cannot be used: {reason}") from error
    return lm


def _refuse_unknown(model: Model, kind: Any, options: dict[str, Any]) -> None:
    """lm-eval passes over what its classes do not know, as a misspelt base_url."""
    makers = [vars(one)["__init__"] for one in kind.__mro__[:-1] if "__init__" in vars(one)]
    known = {name for one in makers for name in signature(one).parameters} - _NO_OPTIONS
    unknown = sorted(set(options) - known)
    if unknown:
        raise ModelError(
            f"{model.name}: {model.engine} takes no option {unknown[0]} here; it takes "
            f"{', '.join(sorted(known | _OURS))}"
        )


def _refuse_unreachable(model: Model, lm: Any) -> None:
    """Look, before any work, at the form of answers, the address and the key."""
    read = None
    with suppress(KeyError, TypeError):
        read = lm.parse_generations(outputs=_FORM)
    if read != ["x"]:
        raise ModelError(
            f"{model.name}: {model.engine} reads no answers in OpenAI's form, which is what is "
            "read here; many servers have it: see local-completions and local-chat-completions"
        )
    url = urlsplit(str(lm.base_url or ""))
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ModelError(
            f"{model.name}: base_url of its options is {lm.base_url!r}; it must be {ADDRESS}"
        )
    if not all(str(one).isascii() and str(one).isprintable() for one in lm.header.values()):
        raise ModelError(
            f"{model.name}: the key in the environment holds what no header takes, as a line "
            "break; set it anew: OPENAI_API_KEY"
        )
