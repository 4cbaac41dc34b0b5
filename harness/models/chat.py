"""Turns of a chat whose texts cannot end their own turn."""

from collections.abc import Sequence
from typing import Any

Turn = dict[str, str]
"""``role`` and ``content``."""


def harmless(turns: Sequence[Turn], tokenizer: Any) -> list[Turn]:
    """The same turns, with no special token of the tokenizer in what they say.

    A document, a question or an answer that holds ``<|im_end|>`` would end its turn there, and
    begin another in somebody else's name. A space after its first character makes it text.
    """
    marks = [str(one) for one in tokenizer.added_tokens_decoder.values() if one.special]
    return [turn | {"content": _as_text(turn["content"], marks)} for turn in turns]


def _as_text(content: str, marks: Sequence[str]) -> str:
    for mark in marks:
        if len(mark) > 1:
            content = content.replace(mark, f"{mark[0]} {mark[1:]}")
    return content
