"""Questions → the excerpt of the documents that each is asked with, whatever its source."""

from collections.abc import Iterable, Sequence

from harness.groups import others_without
from harness.metrics.fact import judged
from harness.metrics.provisions import paths, within
from harness.variants import Context, Source
from rag.context import Excerpt
from rag.corpus import Section, framework_of
from rag.retriever import Retriever
from rag.stores.store import Hit
from tasks.policyqa.questions import Question

REPEATING = 4
"""Sections, at most, that are looked for beyond those that may be shown, since they may repeat the
evidence that is withheld."""


def excerpts_of(
    questions: Sequence[Question],
    source: Source,
    retriever: Retriever,
    among: Sequence[Question] | None = None,
) -> list[Excerpt]:
    """The excerpt each question is asked with.

    Args:
        questions: of one split, in order.
        source: ``none``; ``retrieved``; ``oracle``, the sections that hold the answer; ``misled``,
            those of another question of the split, none of which holds it; ``withheld``, what is
            retrieved, but for the sections that hold the answer and those that repeat it.
        retriever: over the corpus the questions are about.
        among: the split they were drawn from, so that what one is misled by does not depend on how
            many were drawn; None is the questions themselves.
    """
    if source == "none":
        return [Excerpt()] * len(questions)
    asked = [question.question for question in questions]
    if source == "retrieved":
        return retriever.contexts(asked)
    if source == "withheld":
        return retriever.excerpts(asked, distractors(questions, retriever))
    if source == "oracle":
        return retriever.given(asked, [question.evidence for question in questions])
    evidence = {one.id: one.evidence for one in (questions if among is None else among)}
    rows = list(evidence.values())
    others = dict(zip(evidence, others_without(rows), strict=True))
    places = [others[question.id] for question in questions]
    return retriever.given(asked, [[] if place is None else rows[place] for place in places])


def distractors(questions: Sequence[Question], retriever: Retriever) -> list[list[Hit]]:
    """The sections retrieved for each question that hold no answer to it, best first.

    None that repeats the answer: that names a provision which governs it, or has all its facts. As
    many as the retriever's ``k``, where no more than ``REPEATING`` repeat it.
    """
    most = max((len(question.evidence) for question in questions), default=0) + REPEATING
    hits = retriever.search([question.question for question in questions], retriever.k + most)
    return [
        [hit for hit in found if hit.id not in question.evidence and not _repeats(hit, question)][
            : retriever.k
        ]
        for question, found in zip(questions, hits, strict=True)
    ]


def _repeats(hit: Hit, question: Question) -> bool:
    """Whether a section that is not its evidence may well answer a question all the same."""
    governing = paths(question.citations)
    same_law = framework_of(hit.id) in question.evidence_frameworks
    if same_law and any(within(one, path) for one in paths([hit.text]) for path in governing):
        return True
    facts = [one for one in question.facts if one.kind != "yes-no"]
    return bool(facts) and all(one.found for one in judged(facts, "", hit.text))


def retriever_for(context: Context, sections: Iterable[Section]) -> Retriever:
    """The retriever that finds what a context shows among ``sections``."""
    return Retriever(
        sections,
        context.embedder,
        context.reranker,
        context.mode,
        context.k,
        context.budget,
        context.show,
    )
