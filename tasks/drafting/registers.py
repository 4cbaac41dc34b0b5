"""
The registers a question is asked in: as a question, in passing as in a chat, as an instruction.

Rules ask questions, and readers do not always: a model that was trained on, or is chosen by, one
way of asking is not known to answer the others. What is asked stays the same.
"""

import hashlib
from collections.abc import Callable, Mapping

from tasks.drafting.asked import Drafted
from tasks.drafting.wording import lowered

_OPENINGS = {"chat": "Quick question: ", "instruction": "Please tell me "}
_REGISTERS: Mapping[str, Callable[[Drafted], str]] = {
    "question": lambda asked: asked.question,
    "chat": lambda asked: f"{_OPENINGS['chat']}{lowered(asked.question)}",
    "instruction": lambda asked: f"{_OPENINGS['instruction']}{asked.told}.",
}
_OWN_WORDS = ("faq", "drafted")
"""Kinds whose question a document or a model has worded: it stands in the register it has."""


def in_a_register(asked: Drafted, key: str) -> str:
    """What is asked, in one of the registers it can be asked in, drawn by ``key``."""
    if asked.kind in _OWN_WORDS:
        return asked.question
    possible = [name for name in _REGISTERS if name != "instruction" or asked.told]
    drawn = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16)
    return _REGISTERS[possible[drawn % len(possible)]](asked)


def register_of(question: str) -> str:
    """The register of a question: ``question`` where it begins as none of the others does."""
    return next((name for name, text in _OPENINGS.items() if question.startswith(text)), "question")


def bare(question: str) -> str:
    """A question without what its register begins with, to be compared with others."""
    return question.removeprefix(_OPENINGS.get(register_of(question), ""))
