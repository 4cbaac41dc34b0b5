"""
What a model thinks before it answers, and is no part of its answer.

Many models write their thoughts between marks of their own, as ``<think>…</think>``, where nothing
between them and us takes them away. A user is not shown them, so nothing scores them.
"""

import re

BEGIN_THOUGHTS = (
    *(f"<{name}>" for name in ("think", "thinking", "thought", "reasoning", "seed:think")),
    *("[THINK]", "◁think▷"),
)
"""The marks that models begin a thought with."""
ONLY_THOUGHTS = "it ends in its thoughts, which are no answer"
"""Why a question is unanswered to which a model wrote nothing else."""
_END_THOUGHTS = [f"{mark[0]}/{mark[1:]}" for mark in BEGIN_THOUGHTS]
_OPENS, _CLOSES = ("|".join(map(re.escape, marks)) for marks in (BEGIN_THOUGHTS, _END_THOUGHTS))
_THOUGHTS = re.compile(rf"(?:{_OPENS}).*?(?:{_CLOSES}|\Z)", re.DOTALL)
_CLOSE = re.compile(_CLOSES)
_OPENED = re.compile(rf"(?:{_OPENS})\s*\Z")


def answer_of(text: str, prompt: str = "") -> str:
    """What of a model's text is its answer, stripped; empty where all of it is thoughts.

    Args:
        text: what it wrote. Thoughts that have no end go to the end of the text; where one ends
            that began nowhere, as the prompt may have begun it, all before is thought.
        prompt: what it went on from, if that is known: some end with the mark that begins a
            thought.
    """
    opened = _OPENED.search(prompt[-40:])
    said = _THOUGHTS.sub("", f"{opened[0]}{text}" if opened else text)
    return _CLOSE.split(said)[-1].strip()


def only_thoughts(text: str, prompt: str = "") -> bool:
    """Whether a model wrote something, and none of it is its answer."""
    return bool(text.strip()) and not answer_of(text, prompt)
