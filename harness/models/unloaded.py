"""A model without its weights: what its configuration and tokenizer alone can tell."""

from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any

from lm_eval.api.model import LM

from harness.errors import ModelError
from harness.models import catalogue
from harness.models.windowed import Windowed
from harness.variants import CHAT_OPTIONS


class Unloaded(Windowed):
    """The same model without its weights: what needs configuration and tokenizer alone.

    Renders chats, counts tokens and knows the window as the loaded model does.
    """

    def __init__(self, pretrained: str, options: Mapping[str, Any] = MappingProxyType({})) -> None:
        """``pretrained`` is a catalogue name, a Hugging Face id or a folder; of the engine's
        ``options``, ``CHAT_OPTIONS`` count.

        Raises:
            ModelError: there is no such model, it has no tokenizer, or its chat template cannot be
                told these options.
        """
        LM.__init__(self)
        where = catalogue.loadable(pretrained)
        self.pretrained = pretrained
        self._get_config(where)
        self._model = SimpleNamespace(config=self._config)
        self._get_backend(config=self.config, backend="default", trust_remote_code=False)
        self._create_tokenizer(where, None)
        self.add_bos_token = self._max_length = self.custom_prefix_token_id = None
        self.chat_template_args: dict[str, Any] = {}
        if told := {name: options[name] for name in CHAT_OPTIONS if options.get(name) is not None}:
            self._tell_template(told)

    def _tell_template(self, told: Mapping[str, Any]) -> None:
        """What ``CHAT_OPTIONS`` say goes to the template whenever a chat is rendered."""
        given, thinks = told.get("chat_template_args", {}), told.get("enable_thinking")
        if not isinstance(given, Mapping) or not isinstance(thinks, bool | None):
            raise ModelError(
                f"{self.pretrained}: its options have {dict(told)!r:.100}; chat_template_args must "
                "be a table, as {enable_thinking: false}, and enable_thinking true or false"
            )
        self.chat_template_args = {
            **given,
            **({} if thinks is None else {"enable_thinking": thinks}),
        }
        if not self.tokenizer.chat_template:
            return
        try:
            self.apply_chat_template([{"role": "user", "content": "?"}])
        except Exception as error:  # A template may do anything with what it is told.
            reason = " ".join(str(error).split())[:200]
            raise ModelError(
                f"{self.pretrained}: its chat template cannot be told "
                f"{self.chat_template_args!r:.100}: {reason}; see the options of its row"
            ) from error

    def refuse_chat(self, system: str | None) -> None:
        """lm-eval would leave a system text out where the model's template takes none.

        Raises:
            ModelError: the model has no chat template, or its template refuses a system text or
                leaves it out.
        """
        from jinja2 import TemplateError

        if not self.tokenizer.chat_template:
            raise ModelError(
                f"{self.pretrained} has no chat template, so it cannot be asked in a chat: it is a "
                "base model, or its tokenizer lacks it; ask it with a prompt without chat: true"
            )
        if system is None:
            return
        turns = [{"role": "system", "content": system}, {"role": "user", "content": "?"}]
        rendered = reason = ""
        try:
            rendered = self.tokenizer.apply_chat_template(
                turns, tokenize=False, **self.chat_template_args
            )
        except TemplateError as error:
            reason = f" ({error})"
        if system.strip() not in rendered:
            raise ModelError(
                f"the chat template of {self.pretrained} takes no system text{reason}: leave "
                "system out of the prompt, and put its words into the template"
            )
