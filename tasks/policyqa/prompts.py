"""
The one place prompts live: the tasks ask with them and fine-tuning trains on them.

``prompts.yaml`` is the table. Text that is filled in is put on one line and never rendered again.
"""

import string
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from harness.errors import ConfigError
from harness.reading import read_yaml
from harness.validation import validated
from harness.variants import Prompt
from rag.context import inert

PROMPTS = Path(__file__).with_name("prompts.yaml")
"""The prompts this project ships."""
_PLACES = {"question", "context"}


class PromptRow(BaseModel):
    """A row of the table, as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: str = Field(min_length=1)
    context: str | None = None
    """A row of the table of contexts; None is ``retrieved`` where there is a place for it."""
    chat: bool = False
    """Whether the template is the user's turn in the model's own chat template."""
    system: str | None = Field(default=None, min_length=1)
    """Of a chat: the system's turn."""
    shots: int = Field(default=0, ge=0)
    """Questions of the train split shown before, with their answers: of a chat as turns."""

    @field_validator("template")
    @classmethod
    def _has_its_places(cls, template: str) -> str:
        try:
            parts = list(string.Formatter().parse(template))
        except ValueError as error:
            raise ValueError(f"{error}; write {{{{ and }}}} for braces") from error
        if any(how or conversion for _, _, how, conversion in parts):
            raise ValueError("a place is filled in as it is: write {question}, with no : or !")
        places = [name for _, name, _, _ in parts if name is not None]
        if "question" not in places or not _PLACES.issuperset(places):
            raise ValueError(
                f"the places {sorted(_PLACES)} can be filled in, question must be; found {places}"
            )
        return template

    @model_validator(mode="after")
    def _shows_what_it_names(self) -> "PromptRow":
        if self.context not in (None, "none") and "{context}" not in self.template:
            raise ValueError(f"context is {self.context}, and the template has no {{context}}")
        if self.system and not self.chat:
            raise ValueError("system is a chat's: set chat: true, or put it into the template")
        return self

    def prompt(self, name: str) -> Prompt:
        """The row as a value."""
        default = "retrieved" if "{context}" in self.template else "none"
        return Prompt(name, **self.model_dump() | {"context": self.context or default})


def prompt_table(own: Mapping[str, PromptRow] | None = None) -> dict[str, Prompt]:
    """The shipped prompts by name, with rows of a user's ``own`` added or put in their place."""
    return shipped_prompts() | {name: row.prompt(name) for name, row in (own or {}).items()}


@lru_cache(maxsize=1)
def shipped_prompts() -> dict[str, Prompt]:
    """The prompts this project ships, by name."""
    rows: dict[str, Any] = read_yaml(PROMPTS)
    return {
        name: validated(PromptRow, row, f"{PROMPTS}: {name}", ConfigError).prompt(name)
        for name, row in rows.items()
    }


def shipped_prompt(name: str) -> Prompt:
    """The shipped prompt of that name.

    Raises:
        ConfigError: there is none.
    """
    found = shipped_prompts()
    if name not in found:
        raise ConfigError(f"no prompt {name!r}; there are {', '.join(found)}")
    return found[name]


def render(prompt: Prompt, question: str, context: str = "") -> str:
    """The text a model is asked; of a chat, the user's turn. ``rag.context.assemble`` has made the
    context inert."""
    return prompt.template.format(question=inert(question), context=context)


def completion(answer: str) -> str:
    """What follows a prompt when ``answer`` is given: what fine-tuning trains on."""
    return f" {inert(answer)}"


def next_begins(prompt: Prompt) -> str:
    """What a model that goes on with another example would begin it with, after shots in plain."""
    literal = prompt.template.split("{")[0].split("\n")[0].rstrip()
    return f"\n{literal}" if literal else "\n\n"
