"""Text of others, made harmless where it goes: to a terminal, a file or a chat."""

from collections.abc import Sequence
from typing import Any

Turn = dict[str, str]
"""Of a chat: ``role`` and ``content``."""


def printable(text: object) -> str:
    """``text`` on one line, with nothing that steers a terminal: such characters escaped."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in str(text))


def whole(text: str) -> str:
    """``text`` without halves of characters, which a server may give and no file can hold."""
    return text.encode(errors="replace").decode()


def harmless(turns: Sequence[Turn], tokenizer: Any) -> list[Turn]:
    """The same turns, with no special token of the tokenizer in what they say.

    A document, a question or an answer that holds ``<|im_end|>`` would end its turn there, and
    begin another in somebody else's name. A space after its first character makes it text.
    """
    marks = [str(one) for one in tokenizer.added_tokens_decoder.values() if one.special]
    made = []
    for turn in turns:
        content = turn["content"]
        for mark in marks:
            if len(mark) > 1:
                content = content.replace(mark, f"{mark[0]} {mark[1:]}")
        made.append(turn | {"content": content})
    return made
