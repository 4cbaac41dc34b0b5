"""
Questions → the context each is answered from.

    retriever = Retriever.of(Path("tasks/policyqa/data"))
    contexts = retriever.contexts(["Who must appoint a data protection officer?"])
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.context import assemble
from rag.corpus import Section, load_corpus
from rag.embedder import Embedder
from rag.index import Hit, Index

K = 2
"""Sections retrieved for a question. Chosen on the validation split (tasks/policyqa/README.md)."""
BUDGET = 400
"""Tokens of context, in the embedder's tokens."""


@dataclass(frozen=True)
class Context:
    """What a prompt shows of the documents."""

    text: str
    ids: list[str]
    """Section ids, best first."""
    scores: list[float]
    """Their cosine similarities; 1.0 for sections that were given, not retrieved."""


class Retriever:
    """Finds the sections nearest to a question and fits them to a token budget."""

    def __init__(
        self,
        sections: Sequence[Section],
        embedder: Embedder | None = None,
        k: int = K,
        budget: int = BUDGET,
    ) -> None:
        self.k = k
        self.budget = budget
        self._embedder = embedder or Embedder()
        self._sections = {section.id: section for section in sections}
        self.index = Index(sections, self._embedder)

    @classmethod
    def of(cls, data: Path, k: int = K, budget: int = BUDGET) -> "Retriever":
        """A retriever over the corpus of a data folder."""
        return cls(load_corpus(data), k=k, budget=budget)

    def contexts(self, questions: Sequence[str]) -> list[Context]:
        """The context of each question, all retrieved in one batched query."""
        return [self._context(hits) for hits in self.index.search(questions, self.k)]

    def given(self, section_ids: Sequence[str]) -> Context:
        """The context of sections that are named rather than searched for, within the budget."""
        return self._context([Hit(i, 1.0, self._sections[i].text) for i in section_ids])

    def _context(self, hits: Sequence[Hit]) -> Context:
        text, shown = assemble(hits, self.budget, self._embedder)
        return Context(text, [hit.id for hit in shown], [hit.score for hit in shown])
