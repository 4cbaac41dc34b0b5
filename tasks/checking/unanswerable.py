"""
Questions marked unanswerable that some section does answer.

Two ways to retrieve an answer that should not be there: the question is what an answerable one
asks in other words, whose evidence then answers it; or a sentence of a section is so near to it
that a person should look. The second finds few: a sentence on the topic is near a question it
does not answer, too.
"""

import re
from collections.abc import Iterator

from rag.embedder import Embedder
from tasks.checking.findings import Finding, Folder

SAME_QUESTION = 0.8
"""Cosine to an answerable question, at least."""
SENTENCE = 0.8
"""Cosine of a sentence (with its framework and heading), at least."""


def answered_findings(folder: Folder, embedder: Embedder) -> Iterator[Finding]:
    """Questions marked unanswerable, each with the section that seems to answer it."""
    asked = [one for one in folder.questions if not one.question.answerable]
    answered = [one for one in folder.questions if one.question.evidence]
    sentences = [
        (section.id, f"{section.framework_title}, {section.heading}: {sentence}")
        for section in folder.sections.values()
        for sentence in re.split(r"(?<=[.!?])\s+", section.body)
    ]
    if not asked or not sentences:
        return
    questions = embedder.embed([one.question.question for one in asked])
    near = questions @ embedder.embed([text for _, text in sentences]).T
    same = questions @ embedder.embed([one.question.question for one in answered]).T
    for index, one in enumerate(asked):
        if answered and same[index].max() >= SAME_QUESTION:
            other = answered[int(same[index].argmax())]
            message = (
                f"{other.question.evidence[0]} answers it, as it answers {other.question.id} "
                f"(cosine {same[index].max():.2f}): {other.question.question!r}"
            )
            yield Finding("answered", one.place, message)
        elif near[index].max() >= SENTENCE:
            section, sentence = sentences[int(near[index].argmax())]
            message = f"{section} seems to answer it (cosine {near[index].max():.2f}): {sentence!r}"
            yield Finding("answered", one.place, message)
