"""Facts against what they are of: their evidence has them, and so has their answer."""

from collections.abc import Iterator

from harness.metrics.fact import Fact, judged
from tasks.checking.findings import Finding, Folder
from tasks.policyqa.questions import Question


def fact_findings(folder: Folder) -> Iterator[Finding]:
    """Numbers, dates, amounts and provisions that stand nowhere in the evidence; and facts of
    which the question's first reference says the opposite."""
    for one in folder.questions:
        question, evidence = one.question, folder.evidence(one.question)
        for fact in _missing(question, evidence) if evidence else ():
            message = f"{fact.kind} {fact.value!r} stands nowhere in its evidence"
            yield Finding("fact", one.place, message)
        for found in judged(question.facts, question.question, question.answer or ""):
            if found.contradicted:
                message = f"{found.fact.kind} {found.fact.value!r} is contradicted by its answer"
                yield Finding("fact", one.place, message)


def _missing(question: Question, evidence: str) -> list[Fact]:
    stated = [fact for fact in question.facts if fact.kind not in ("yes-no", "term")]
    return [one.fact for one in judged(stated, "", evidence) if not one.found]
