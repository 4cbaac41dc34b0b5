"""Of a passage, the sentence nearest to a question: what a search box would show of it."""

import re
from collections.abc import Sequence

from rag.embedder import Embedder

_END = re.compile(r"(?<=[.!?;])\s+(?=[\"'(“]?[A-Z])")
"""Where a sentence ends: before what begins another, so that "No. 5" and "e.g. a" stay whole."""


def sentences(text: str) -> list[str]:
    """The sentences of ``text`` in order, none of them blank."""
    return [part.strip() for part in _END.split(text) if part.strip()]


def nearest_sentences(
    embedder: Embedder, questions: Sequence[str], passages: Sequence[str]
) -> list[str]:
    """Of each passage the sentence nearest to its question, by cosine; the first of equals.

    Args:
        embedder: whose space is meant.
        questions: N of them.
        passages: N of them; a blank one gives a blank sentence.
    """
    split = [sentences(passage) for passage in passages]
    distinct = list(dict.fromkeys([*questions, *(one for some in split for one in some)]))
    vectors = dict(zip(distinct, embedder.embed(distinct), strict=True))
    return [
        max(some, key=lambda one, asked=question: float(vectors[asked] @ vectors[one]), default="")  # type: ignore[misc]
        for question, some in zip(questions, split, strict=True)
    ]
