"""Prompts that are answered together, and what each is as text."""

from collections.abc import Sequence
from dataclasses import dataclass

from lm_eval.api.instance import Instance


@dataclass(frozen=True)
class Batch:
    """Prompts that are answered together."""

    key: str
    """Fingerprint of who answers, how, and the prompts."""
    requests: Sequence[Instance]
    keys: Sequence[str]
    """Of each answer: fingerprint of who answers, how, and its prompt."""

    @property
    def seed(self) -> int:
        """Of what is drawn in it: the same whenever it is asked."""
        return int(self.key[:7], 16)  # Of 28 bits: some servers take no more than 31.


def prompt_of(request: Instance) -> str:
    """What is asked, as text: for a server that renders chats itself, their turns in JSON."""
    asked = request.args[0]
    return asked if isinstance(asked, str) else str(asked.prompt)
