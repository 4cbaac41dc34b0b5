"""What the variants of a plan are asked."""

from collections.abc import Sequence
from typing import Any

from harness.variants import Variant
from policyqa.plan import Plan
from rag.retriever import Excerpt
from tasks.policyqa.contexts import excerpts_of
from tasks.policyqa.documents import make_documents
from tasks.policyqa.questions import Question, in_split


class Shown:
    """What variants are asked, with what they show of the documents: retrieved once a context."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._found: dict[Any, Sequence[Excerpt]] = {}

    def documents(self, variant: Variant, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """Questions of one split as a variant is asked them."""
        excerpts = self._excerpts(variant, questions)
        documents = make_documents(questions, variant.prompt, excerpts)
        # Without documents evidence is a label, and whether it is shown says nothing.
        unknown = {} if self._plan.sections else {"context_ids": None}
        return [document | unknown for document in documents]

    def train(self, variant: Variant) -> list[dict[str, Any]]:
        """Questions to draw shots from, likewise; data without a train split has none to show."""
        return self.documents(variant, self._plan.train)

    def _excerpts(self, variant: Variant, questions: Sequence[Question]) -> Sequence[Excerpt]:
        context, plan = variant.context, self._plan
        if context.source == "none":
            return [Excerpt()] * len(questions)
        found = (context, questions[0].split if questions else None)
        if found not in self._found:
            among = in_split(plan.questions, questions[0].split)
            retriever = plan.retrievers[context]
            self._found[found] = excerpts_of(questions, context.source, retriever, among)
        return self._found[found]
