"""What lm-eval knows of a Hugging Face model without its weights: chats, and how much is read."""

from collections.abc import Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

from harness.errors import ModelError
from harness.models import catalogue
from harness.models.failures import load_explained
from harness.text import Turn, harmless


class Windowed(HFLM):  # type: ignore[misc]
    """lm-eval's Hugging Face model that refuses a prompt rather than cut it, and whose chats stay
    whole whatever is said in them."""

    def _get_config(self, pretrained: str, **options: Any) -> None:
        with load_explained("configuration", pretrained):
            super()._get_config(pretrained, **options)
            catalogue.check_layers(self._config)

    def _get_backend(self, config: Any, **options: Any) -> None:
        with load_explained("configuration", config.name_or_path):
            super()._get_backend(config, **options)

    def _create_tokenizer(self, pretrained: Any, *rest: Any, **options: Any) -> None:
        with load_explained("tokenizer", pretrained):
            super()._create_tokenizer(pretrained, *rest, **options)
            self.tokenizer("a")  # Some that are damaged can be read, and do nothing.
        if self.tokenizer.eos_token is None:
            raise ModelError(
                f"{pretrained} writes no answers: its tokenizer has no end-of-text token; name a "
                "model that does: policyqa model list"
            )

    def apply_chat_template(
        self, chat_history: list[Turn], add_generation_prompt: bool = True
    ) -> str:
        """A chat as the model reads it; lm-eval calls this."""
        turns = harmless(chat_history, self.tokenizer)
        return str(super().apply_chat_template(turns, add_generation_prompt))

    def refuse_what_would_be_cut(self, requests: Sequence[Instance]) -> None:
        """lm-eval cuts prompts from the left: instruction and best passage would go first.

        Raises:
            ModelError: a prompt and its answer do not fit the model's window.
        """
        for request in requests:
            answer = int(request.args[1].get("max_gen_toks", self.max_gen_toks))
            prompt = len(self.tok_encode(request.args[0]))
            if prompt + answer > self.max_length:
                raise ModelError(
                    f"a prompt has {prompt} tokens, with {answer} of answer more than the "
                    f"{self.max_length} that {self.pretrained} reads: show less context (k and "
                    "budget of the suite or variant), or name a model with a longer window"
                )
