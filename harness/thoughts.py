"""
What a model thinks before it answers, and is no part of its answer.

Many models write their thoughts between marks of their own, as ``<think>…</think>``, where nothing
between them and us takes them away. A user is not shown them, so nothing scores them.
"""

import re
from collections.abc import Sequence

BEGIN_THOUGHTS = (
    *(f"<{name}>" for name in ("think", "thinking", "thought", "reasoning", "seed:think")),
    *("[THINK]", "◁think▷"),
)
"""The marks that models begin a thought with."""
END_THOUGHTS = tuple(f"{mark[0]}/{mark[1:]}" for mark in BEGIN_THOUGHTS)
"""Those that they end it with, each as it was begun."""
NO_ROOM = "its thoughts took all its tokens"
"""Why a question is unanswered to which a model wrote nothing but thoughts, and was cut."""
ONLY_THOUGHTS = "it wrote nothing but thoughts"
"""The same, where it ended by itself or nobody tells."""

_OPENS, _CLOSES = ("|".join(map(re.escape, marks)) for marks in (BEGIN_THOUGHTS, END_THOUGHTS))
_THOUGHTS = re.compile(rf"(?:{_OPENS}).*?(?:{_CLOSES}|\Z)", re.DOTALL)
_CLOSE = re.compile(_CLOSES)
_LAST_MARK = re.compile(rf"(?:{_OPENS})\s*\Z")


def answer_of(text: str, end: str | None = None, begun: bool = False) -> str:
    """What of a model's text is its answer, stripped; empty where all of it is thoughts.

    Args:
        text: what it wrote. Thoughts that have no end go to the end of the text; where one ends
            that began nowhere, all before is thought: the prompt may have begun it.
        end: what ends its thoughts, beside ``END_THOUGHTS``.
        begun: whether a text without any end of thoughts is thoughts.
    """
    _, ended, rest = text.rpartition(end) if end else ("", "", text)
    said = _THOUGHTS.sub("", rest)
    *before, last = _CLOSE.split(said)
    unended = not (ended or before) and said == text
    return "" if begun and unended else last.strip()


def begins_thoughts(prompt: str) -> bool:
    """Whether a prompt ends with the mark that begins a thought, as some chat templates do."""
    return _LAST_MARK.search(prompt[-40:]) is not None


def ends_what_it_did_not_begin(text: str, end: str | None = None) -> bool:
    """Whether thoughts end in a text that begin nowhere in it."""
    return bool(end and end in text) or bool(_CLOSE.search(_THOUGHTS.sub("", text)))


def stopped(text: str, stops: Sequence[str], end: str | None = None) -> str:
    """A text up to the first of ``stops``, of which those in its thoughts stop nothing."""
    ends = [found.end() for found in _CLOSE.finditer(text)]
    ends += [text.rindex(end) + len(end)] if end and end in text else []
    unended = text.lstrip().startswith(BEGIN_THOUGHTS) and not ends
    start = len(text) if unended else max(ends, default=0)
    rest = text[start:]
    for stop in stops:
        rest = rest.split(stop)[0]
    return text[:start] + rest
