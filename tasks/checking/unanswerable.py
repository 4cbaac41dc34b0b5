"""
Questions marked unanswerable that some section does answer.

Two ways to retrieve an answer that should not be there: the question is what an answerable one
asks in other words, whose evidence then answers it; or a section is so near to it that a person
should look. The second finds few: to an embedding, a question on a section's subject is as near
to it whether or not the section answers it (tasks/policyqa/DATASHEET.md has the figures).
"""

from collections.abc import Iterator

import numpy as np

from rag.embedder import Embedder
from rag.index import Index
from tasks.checking.findings import Finding, Folder
from tasks.checking.likeness import TextEmbedder

SAME_QUESTION = 0.8
"""Cosine to an answerable question, at least."""
SECTION = 0.73
"""Cosine to a section, at least: more than for any unanswerable question of the shipped set."""


def answered_findings(folder: Folder, embedder: Embedder, known: TextEmbedder) -> Iterator[Finding]:
    """Questions marked unanswerable, each with the section that seems to answer it.

    Args:
        folder: a data folder.
        embedder: of the index of its sections.
        known: the same for questions, which may have been embedded already.
    """
    asked = [one for one in folder.questions if not one.question.answerable]
    answered = [one for one in folder.questions if one.question.evidence]
    if not asked or not folder.sections:
        return
    texts = [one.question.question for one in asked]
    hits = Index(list(folder.sections.values()), embedder).search(texts, 1, mode="dense")
    others = [one.question.question for one in answered]
    same = known.embed(texts) @ known.embed(others).T if others else np.zeros((len(texts), 0))
    for index, one in enumerate(asked):
        nearest = hits[index][0]
        if answered and same[index].max() >= SAME_QUESTION:
            other = answered[int(same[index].argmax())].question
            message = (
                f"{other.evidence[0]} answers it, as it answers {other.id} "
                f"(cosine {same[index].max():.2f}): {other.question!r}"
            )
            yield Finding("answered", one.place, message)
        elif nearest.score >= SECTION:
            message = f"{nearest.id} seems to answer it (cosine {nearest.score:.2f})"
            yield Finding("answered", one.place, message)
