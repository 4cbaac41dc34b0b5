"""
An assistant that already exists as a Python function.

    def answer(question: str, context: str = "") -> str | dict: ...

It gets the question, and ``context=`` where its variant has one, and returns the answer, or what a
line of a file of answers holds (``harness.models.answers``).
"""

import inspect
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from lm_eval.api.instance import Instance

from harness.errors import ConfigError, told
from harness.imported import imported
from harness.kept import Answer
from harness.models.answers import Given
from harness.models.engines import Engine, UnansweredError
from harness.validation import validated
from harness.variants import Variant


class CalledEngine(Engine):
    """A function that is called question by question; it knows itself what it takes."""

    def __init__(self, variant: Variant) -> None:
        """An engine of the function that the variant's model names.

        Raises:
            ConfigError: it cannot be imported, or not be called so.
        """
        self._name = variant.model.base
        self._function = imported(variant.model.base)
        self._with_context = variant.context.source != "none"
        self._check_call()

    def _check_call(self) -> None:
        """Refuse before any work what every call would fail by."""
        if not callable(self._function):
            what = type(self._function).__name__
            raise ConfigError(f"{self._name} is no function, it is of type {what}")
        given = {"context": ""} if self._with_context else {}
        try:
            inspect.signature(self._function).bind("", **given)
        except TypeError as error:
            call = f"{self._name}(question{', context=…' if given else ''})"
            raise ConfigError(
                f"{call} is how it is called, and it does not fit: {error}"
            ) from error
        except ValueError:
            return  # Of what is built in, nobody knows what it takes.

    def ask(self, requests: Sequence[Instance], seed: int) -> list[Answer]:
        """As ``Engine.ask``, of one question: what the function returns."""
        del seed
        (request,) = requests
        given = {"context": request.doc["context"]} if self._with_context else {}
        start = time.perf_counter()
        try:
            returned = self._function(request.doc["question"], **given)
        except Exception as error:  # The user's own code: one answer, and a line.
            raise UnansweredError(f"{self._name} raised {told(error)}") from error
        seconds = time.perf_counter() - start
        answer = self._read(returned).as_answer()
        seconds = seconds if answer.seconds is None else answer.seconds
        day = datetime.now(UTC).date().isoformat()
        return [replace(answer, seconds=seconds, served_by=self._name, day=day)]

    def _read(self, returned: object) -> Given:
        value = {"answer": returned} if isinstance(returned, str) else returned
        if not isinstance(value, dict):
            raise UnansweredError(
                f"{self._name} returned {type(returned).__name__}; it must return the answer as "
                'text, or a dict with "answer" in it'
            )
        place = f"what {self._name} returned"
        return validated(Given, {**value, "id": "its answer"}, place, UnansweredError)
