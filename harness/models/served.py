"""
A model behind a server, through lm-eval's API model classes, one prompt at a time.

lm-eval's own concurrency loses finished answers when one call fails, tries a wrong key again, and
logs the key; so each prompt is a call of its own here (``sending.py``), in as many threads as
``num_concurrent`` says. The class writes the request and reads the text; what the server says
beside it (tokens, the model's name, why it ended) is read here.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.models.openai_completions import LocalChatCompletion

from harness.errors import ModelError
from harness.kept import Answer
from harness.models.api_model import api_model
from harness.models.engines import Engine, UnansweredError
from harness.models.faults import Fault, fault_of, other_form, short, without_secrets
from harness.models.sending import sent
from harness.models.unloaded import Unloaded
from harness.text import whole
from harness.thoughts import stopped
from harness.variants import CHAT_OPTIONS, Model

_TRIES = 6
"""Times a prompt is sent, unless the options have ``max_retries``."""
_TIMEOUT = 120
"""Seconds until a call whose answer is not there, whole, counts as failed, unless the options have
``timeout``."""
_SET_BY_US = {
    *("model", "messages", "prompt", "n", "best_of", "echo", "stream", "seed", "stop", "until"),
    *("do_sample", "temperature", "max_tokens", "max_completion_tokens", "max_gen_toks"),
}
"""What ``extra_body`` has no say in."""


class ServedEngine(Engine):
    """A server that is asked prompt by prompt; it alone knows its window."""

    def __init__(self, model: Model, sleep: Callable[[float], None] = time.sleep) -> None:
        """An engine of a server that is not called yet; ``sleep`` waits between tries.

        Raises:
            ModelError: the model's options cannot be meant (``api_model``).
        """
        options = model.passed_on
        tokenizer = options.pop("tokenizer", None)
        self._more = _extra_body(model, options)
        self.at_once = _whole(model, options, "num_concurrent", 1)
        self._tries = _whole(model, options, "max_retries", _TRIES)
        timeout = _whole(model, options, "timeout", _TIMEOUT)
        if not tokenizer and (told := [name for name in CHAT_OPTIONS if name in model.options]):
            raise ModelError(
                f"{model.name}: {told[0]} of its options is for a chat template here, and this "
                "server has its own: see extra_body: {chat_template_kwargs: "
                "{enable_thinking: false}}"
            )
        self.thoughts_end = model.thoughts_end
        self._lm = api_model(model, options, timeout)
        self._name = model.name
        self._sleep = sleep
        self._url = str(self._lm.base_url)
        self.takes_chats = isinstance(self._lm, LocalChatCompletion)
        """Whether it renders chats itself; one of completions takes text."""
        if tokenizer and self.takes_chats:
            raise ModelError(
                f"{model.name}: tokenizer has no effect, since the server renders chats itself; "
                "leave it out of the options"
            )
        # A server that takes text has none but of the tokenizer that its options name.
        rendered_here = Unloaded(str(tokenizer), model.options) if tokenizer else None
        self.renderer = self._lm if self.takes_chats else rendered_here

    def ask(self, requests: Sequence[Instance], seed: int) -> list[Answer]:
        """As ``Engine.ask``, of one prompt, tried again where that may help."""
        (request,) = requests
        settings = {**request.args[1], **self._more}
        if settings.get("do_sample"):
            settings["seed"] = seed
        tries = 1
        while not isinstance(came := self._call(request.args[0], settings), Answer):
            if not came.again or tries == self._tries:
                raise self._explained(came, tries)
            self._sleep(came.wait(tries))
            tries += 1
        return [came]

    def _call(self, prompt: Any, settings: dict[str, Any]) -> Answer | Fault:
        start = time.perf_counter()
        try:
            response = sent(self._lm, prompt, settings)
        except Exception as error:  # Of requests, or of whatever class of lm-eval's is named.
            return fault_of(error)
        return self._read(response, settings["until"], time.perf_counter() - start)

    def _read(self, response: Any, stops: Sequence[str], seconds: float) -> Answer | Fault:
        choice = _choice(response)
        content, reason = self._content(choice), choice.get("finish_reason")
        if not isinstance(content, str | None):
            return other_form(response)
        if content is None:
            return Fault(
                f"no text{short(f'finish_reason {reason}')}",
                "a model that thinks first may need more max_tokens",
                of_prompt=True,
            )
        said: str = self._lm.parse_generations(outputs={"choices": [choice | {"index": 0}]})[0]
        text = stopped(said, stops, self.thoughts_end)  # Not every server ends where it is told to.
        usage, name = response.get("usage"), response.get("model")
        tokens = usage if isinstance(usage, dict) else {}
        sent, made = (tokens.get(f"{part}_tokens") for part in ("prompt", "completion"))
        return Answer(
            without_secrets(text),
            sent if isinstance(sent, int) else None,
            made if isinstance(made, int) else None,
            seconds,
            cut=None if reason is None else reason == "length" and text == said,
            # With no half character, which no file can hold.
            served_by=whole(without_secrets(str(name))) if name else None,
            day=datetime.now(UTC).date().isoformat(),
        )

    def _content(self, choice: dict[str, Any]) -> Any:
        """Text, None where there is none, and something else in an answer of another form."""
        if not self.takes_chats:
            return choice.get("text", ())
        message = choice.get("message")
        return message.get("content") if isinstance(message, dict) else ()

    def _explained(self, fault: Fault, tries: int) -> ModelError:
        if fault.of_prompt:
            return UnansweredError(f"{self._url}: {fault.what}; {fault.remedy}")
        often = f", in {tries} tries" if tries > 1 else ""
        return ModelError(f"{self._name} at {self._url}: {fault.what}{often}; {fault.remedy}")


def _whole(model: Model, options: dict[str, Any], name: str, default: int) -> int:
    """An option that counts something, taken out of ``options``."""
    given = options.pop(name, default)
    if not isinstance(given, int) or given < 1:
        raise ModelError(
            f"{model.name}: {name} of its options is {given!r}; it must be a whole number from 1"
        )
    return given


def _extra_body(model: Model, options: dict[str, Any]) -> dict[str, Any]:
    """What is sent beside the prompt and its settings, taken out of ``options``."""
    given = options.pop("extra_body", None)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ModelError(
            f"{model.name}: extra_body of its options is {given!r:.60}; it must be a table of what "
            "is sent beside the prompt, as {reasoning_effort: low}"
        )
    if ours := sorted(_SET_BY_US & set(given)):
        raise ModelError(
            f"{model.name}: extra_body of its options has {ours[0]}, which the suite sets itself: "
            "see its prompts, its decoding and base of the row"
        )
    return given


def _choice(response: Any) -> dict[str, Any]:
    """The first of an answer's choices; empty where it has none."""
    choices = response.get("choices") if isinstance(response, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}
