"""Questions → the excerpt of the documents that each is asked with, whatever its source."""

from collections.abc import Iterable, Sequence

from harness.groups import others_without
from harness.variants import Context, Source
from rag.corpus import Section
from rag.retriever import Excerpt, Retriever
from tasks.policyqa.questions import Question


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
            retrieved, but for the sections that hold the answer.
        retriever: over the corpus the questions are about.
        among: the split they were drawn from, so that what one is misled by does not depend on how
            many were drawn; None is the questions themselves.
    """
    if source == "retrieved":
        return retriever.contexts([question.question for question in questions])
    if source == "withheld":
        return [retriever.given(ids[: retriever.k]) for ids in distractors(questions, retriever)]
    if source == "oracle":
        return [retriever.given(question.evidence) for question in questions]
    if source == "misled":
        evidence = {one.id: one.evidence for one in (questions if among is None else among)}
        rows = list(evidence.values())
        others = dict(zip(evidence, others_without(rows), strict=True))
        places = [others[question.id] for question in questions]
        return [retriever.given([] if p is None else rows[p]) for p in places]
    return [Excerpt()] * len(questions)


def distractors(questions: Sequence[Question], retriever: Retriever) -> list[list[str]]:
    """Ids of the sections retrieved for each question that hold no answer to it, best first.

    As many as the retriever's ``k``, or more.
    """
    most = max((len(question.evidence) for question in questions), default=0)
    hits = retriever.search([question.question for question in questions], retriever.k + most)
    return [
        [hit.id for hit in found if hit.id not in question.evidence]
        for question, found in zip(questions, hits, strict=True)
    ]


def retriever_for(context: Context, sections: Iterable[Section]) -> Retriever:
    """The retriever that finds what a context shows among ``sections``."""
    return Retriever(
        sections, context.embedder, context.reranker, context.mode, context.k, context.budget
    )
