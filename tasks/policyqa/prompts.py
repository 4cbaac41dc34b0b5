"""
The one place prompts live: the tasks ask with them and fine-tuning trains on them.

A template has ``{question}`` and may have ``{context}``. Text that is filled in stays in its
place: it is put on one line and never rendered again.
"""

from harness.errors import ConfigError
from rag.context import inert

TEMPLATES = {
    "plain": "Answer the following question:\nQuestion: {question}\n---\nAnswer:",
    "rag": (
        "Answer the following question using the provided context:\n"
        "Context: {context}\nQuestion: {question}\n---\nAnswer:"
    ),
    # Candidates for the engineered prompt. How one was chosen, and their scores on the
    # validation split: README.md beside this file.
    "short": "Question: {question}\n---\nAnswer:",
    "expert": (
        "You are an expert in policy and regulation. Answer in one to three sentences and name "
        "the provision.\nQuestion: {question}\n---\nAnswer:"
    ),
    "provision": (
        "Answer the following question, naming the provision:\nQuestion: {question}\n---\nAnswer:"
    ),
    "stepwise": (
        "Answer the following question. First name the provision that governs it, then state "
        "what it says.\nQuestion: {question}\n---\nAnswer:"
    ),
}

ENGINEERED = "stepwise"
"""The candidate that ``policyqa_engineered`` asks with."""
STOP = ("\nQuestion:",)
"""Strings that end an answer, beside the model's own end: the same for every arm. The YAML of the
tasks repeats them; why no blank line is among them is said in README.md."""


def template(prompt: str) -> str:
    """The template of that name, or the chosen one for ``engineered``.

    Raises:
        ConfigError: there is none.
    """
    name = ENGINEERED if prompt == "engineered" else prompt
    if name not in TEMPLATES:
        raise ConfigError(f"no prompt {prompt!r}; there are engineered, {', '.join(TEMPLATES)}")
    return TEMPLATES[name]


def render(prompt: str, question: str, context: str = "") -> str:
    """The text a model is asked, ending in ``Answer:``.

    Args:
        prompt: a name in ``TEMPLATES``, or ``engineered``.
        question: made inert here.
        context: from ``rag.context.assemble``, which made it inert.

    Raises:
        ConfigError: no template has that name.
    """
    return template(prompt).format(question=inert(question), context=context)


def completion(answer: str) -> str:
    """What follows a prompt when ``answer`` is given: what fine-tuning trains on."""
    return f" {inert(answer)}"
