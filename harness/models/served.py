"""
A model behind a server, through lm-eval's API model classes, one prompt at a time.

lm-eval's own concurrency loses finished answers when one call fails, tries a wrong key again, and
logs the key; so each prompt is a call of its own here, in as many threads as ``num_concurrent``
says. What a server did beside the answer (tokens, the model's name, why it ended) is read from its
response.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from harness.errors import ModelError
from harness.kept import Answer
from harness.models.engines import UnansweredError
from harness.models.kinds import engine_class
from harness.models.policyqa_hf import Unloaded
from harness.variants import Model

TRIES = 6
"""Times a prompt is sent, unless the options have ``max_retries``."""
TIMEOUT = 120
"""Seconds until a call counts as failed, unless the options have ``timeout``."""
LONGEST_WAIT = 120.0
"""Seconds waited before a call is tried again, also where a server asks for more."""
FOR_THIS_PROMPT = (400, 413, 422)
"""Statuses by which a server refuses one prompt, and may answer others."""
REFUSED = (401, 403, 404, 405)
"""Statuses that no later try changes."""
SECRETS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "HF_TOKEN")
"""Variables of the environment whose values are never shown."""
_QUIET = ("lm_eval", "asyncio")
"""Loggers that would print a call's header with its key."""


class ServedEngine:
    """A server that is asked prompt by prompt."""

    size = 1

    def __init__(self, model: Model, sleep: Callable[[float], None] = time.sleep) -> None:
        """An engine of a server that is not called yet.

        Args:
            model: who answers; its ``options`` are the model class's, and ``num_concurrent`` how
                many prompts are sent at once.
            sleep: waits between tries.

        Raises:
            ModelError: the options are not those of the model class.
        """
        options = dict(model.options)
        self.at_once = int(options.pop("num_concurrent", 1))
        self._tries = int(options.pop("max_retries", TRIES))
        self._name = model.name
        self._sleep = sleep
        self._url = str(options.get("base_url", "its address"))
        # Chats are rendered here for a server of completions; one of chats renders them itself.
        self._unloaded = Unloaded(model.tokenizer) if model.tokenizer else None
        options.pop("tokenizer", None)
        own = {"tokenizer_backend": None, "tokenized_requests": False, "timeout": TIMEOUT}
        self._lm = _made(model, {**own, **options, "max_retries": 1, "num_concurrent": 1})
        self._heard = threading.local()
        _listen(self._lm, self._heard)

    @property
    def renderer(self) -> LM:
        """The server's own, or the tokenizer that its options name."""
        return self._unloaded or self._lm

    def length(self, prompt: str) -> int:
        """Characters."""
        return len(prompt)

    def check(self, requests: Sequence[Instance]) -> None:
        """Nobody but the server knows its window: it refuses what is too long."""

    def ask(self, requests: Sequence[Instance], seed: int) -> list[Answer]:
        """The answer to one prompt, tried again where that may help.

        Raises:
            UnansweredError: the server refuses this prompt, or gives no answer to it.
            ModelError: it cannot be reached, refuses us, or fails time and again.
        """
        (request,) = requests
        settings = dict(request.args[1])
        if settings.get("do_sample"):
            settings["seed"] = seed
        sent = Instance("generate_until", request.doc, (request.args[0], settings), 0)
        for attempt in range(1, self._tries + 1):
            start = time.perf_counter()
            try:
                text = self._lm.generate_until([sent], disable_tqdm=True)[0]
                return [self._answer(text, settings, time.perf_counter() - start)]
            except UnansweredError:
                raise
            except Exception as error:  # Of requests, of JSON, or of what lm-eval reads in it.
                wait = self._wait(error, attempt)
                if wait is None:
                    raise self._explained(error, attempt) from None
                self._sleep(wait)
        raise AssertionError("a last try that is not answered raises")

    def _answer(self, text: str, settings: dict[str, Any], seconds: float) -> Answer:
        heard = self._heard.response
        said = heard.get("error") if isinstance(heard, dict) else None
        choices = heard.get("choices") if isinstance(heard, dict) else None
        if said or not choices:
            raise ValueError(f"an answer without choices: {json.dumps(said or heard)}")
        if _content(choices[0]) is None:
            raise UnansweredError(
                f"{self._url} gave no text (finish_reason {choices[0].get('finish_reason')!r})"
            )
        usage = heard.get("usage") or {}
        # Not every server ends where it is told to.
        for stop in settings["until"]:
            text = text.split(stop)[0]
        reason = choices[0].get("finish_reason")
        return Answer(
            text,
            usage.get("prompt_tokens"),
            usage.get("completion_tokens"),
            seconds,
            cut=None if reason is None else reason == "length",
            served_by=str(heard["model"]) if heard.get("model") else None,
            day=datetime.now(UTC).date().isoformat(),
        )

    def _wait(self, error: Exception, attempt: int) -> float | None:
        """Seconds until the next try; None where there is none."""
        if attempt >= self._tries or _status(error) in (*REFUSED, *FOR_THIS_PROMPT):
            return None
        asked = _retry_after(error)
        return min(LONGEST_WAIT, 2.0 ** (attempt - 1) if asked is None else asked)

    def _explained(self, error: Exception, attempts: int) -> ModelError:
        """What failed, without the key, which servers repeat and libraries print."""
        status, said = _status(error), without_secrets(_said(error))
        if status in FOR_THIS_PROMPT:
            return UnansweredError(f"{self._url} refused its prompt: HTTP {status}{said}")
        what = f"HTTP {status}" if status else _what_failed(error)
        remedy = {
            401: "set its key: OPENAI_API_KEY",
            403: "set a key that may use it: OPENAI_API_KEY",
            404: "see base_url and base of its row",
        }.get(status or 0, "see that it runs, then run this again: what came is kept")
        return ModelError(
            f"{self._name} at {self._url}: {what}{said}, in {attempts} of {self._tries} tries; "
            f"{remedy}"
        )


def _silence() -> None:
    """Keep lm-eval from logging a failed call: it prints the header, with its key.

    For good: threads that end at different times cannot put levels back.
    """
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def without_secrets(text: str) -> str:
    """``text`` without the keys that the environment holds."""
    for name in SECRETS:
        secret = os.environ.get(name, "").strip()
        if secret:
            text = text.replace(secret, f"[{name}]")
    return text


def _made(model: Model, options: dict[str, Any]) -> LM:
    _silence()
    try:
        return engine_class(model.engine)(model=model.base, **options)
    except (TypeError, ValueError, ImportError, AssertionError) as error:
        raise ModelError(
            f"{model.name}: {model.engine} does not take these options: "
            f"{without_secrets(str(error))}"
        ) from error


def _listen(lm: LM, heard: threading.local) -> None:
    """Remember each response that ``lm`` reads an answer from, of the thread that reads it."""
    parse = lm.parse_generations

    def parse_and_remember(outputs: Any, **more: Any) -> Any:
        heard.response = outputs[0] if isinstance(outputs, list) and outputs else outputs
        if not (isinstance(outputs, dict) and outputs.get("choices")):
            return [""]  # Said in full where the response is looked at.
        return parse(outputs=outputs, **more)

    lm.parse_generations = parse_and_remember


def _content(choice: Any) -> Any:
    return choice["message"].get("content") if "message" in choice else choice.get("text")


def _status(error: Exception) -> int | None:
    """The status of the response that failed; None where none came."""
    response = getattr(error, "response", None)
    return getattr(response, "status_code", None)


def _retry_after(error: Exception) -> float | None:
    """Seconds that a server asks to be left alone for: a number, or a date (RFC 9110, 10.2.3)."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    asked = headers.get("Retry-After")
    if asked is None:
        return None
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _said(error: Exception) -> str:
    """What the server said, in short; nothing of what a library makes of it."""
    response = getattr(error, "response", None)
    text = (
        response.text if response is not None else str(error) if type(error) is ValueError else ""
    )
    text = " ".join(text.split())
    return f" ({text[:200]})" if text else ""


def _what_failed(error: Exception) -> str:
    names = {"ConnectionError": "no connection", "ReadTimeout": "no answer in time"}
    names |= {"ConnectTimeout": "no connection in time", "JSONDecodeError": "an answer not in JSON"}
    names |= {"ValueError": "an answer of another form", "KeyError": "an answer of another form"}
    return names.get(type(error).__name__, type(error).__name__)
