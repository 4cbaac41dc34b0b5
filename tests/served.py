"""Prompts put to a server in this process, by what asks servers."""

from typing import Any

import pytest

from harness.errors import ModelError
from harness.kept import Kept, Use
from harness.models.keeping import KeepingLM
from harness.models.served import ServedEngine
from harness.variants import Model
from tests.asking import asked
from tests.serving import Call, Reply, Server, says

COMPLETIONS, CHATS = ENGINES = ["local-completions", "local-chat-completions"]
PROMPTS = [f"Question {n:02d}" for n in range(12)]
ECHOED = [f"It is {prompt}." for prompt in PROMPTS]
USE = Use("suite", "data", "served")


class Asker:
    """A KeepingLM of a server, with what its user hears and how long it waits."""

    def __init__(
        self,
        server: Server,
        kept: Kept,
        engine: str = COMPLETIONS,
        ask_again: bool = False,
        draw: int = 1,
        **options: Any,
    ) -> None:
        self.waits: list[float] = []
        self.heard: list[str] = []
        self._chats = engine == CHATS
        url = server.chats if self._chats else server.url
        model = Model("served", "small", engine=engine, options={"base_url": url, **options})
        self.lm = KeepingLM(
            model.identity | {"draw": draw},
            ServedEngine(model, self.waits.append),
            kept,
            USE,
            say=self.heard.append,
            ask_again=ask_again,
        )

    def ask(self, prompts: list[str] = PROMPTS, **settings: Any) -> list[str]:
        requests = asked(prompts, **settings)
        for one in requests if self._chats else ():
            turns = [{"role": "user", "content": one.args[0]}]
            one.arguments = (self.lm.apply_chat_template(turns), one.args[1])
        return self.lm.generate_until(requests)

    def refused(self) -> str:
        """What is raised: an error of ours, in one line."""
        with pytest.raises(ModelError) as raised:
            self.ask()
        said = str(raised.value)
        assert "\n" not in said
        assert raised.value.__context__ is None  # Nothing of a library is printed with it.
        return said


def count(kept: Kept) -> int:
    return sum(row["answers"] for row in kept.info())


def echoes(call: Call) -> Reply:
    return says(f"It is {call.asked}.")
