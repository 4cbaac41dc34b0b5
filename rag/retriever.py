"""
Questions → the context each is answered from.

    retriever = Retriever.of(Path("tasks/policyqa/data"))
    contexts = retriever.contexts(["Who must appoint a data protection officer?"])
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rag.context import assemble, distinct
from rag.corpus import Corpus, Section
from rag.embedder import Embedder
from rag.index import Hit, Index
from rag.reranker import Reranker

K = 2
"""Sections retrieved for a question. Chosen on the validation split (tasks/policyqa/README.md)."""
BUDGET = 400
"""Tokens of context, in the embedder's tokens."""
RERANKED = 50
"""Passages a reranker reads for each question."""


@dataclass(frozen=True)
class Context:
    """What a prompt shows of the documents."""

    text: str
    ids: list[str]
    """Section ids, best first."""
    scores: list[float]
    """What they scored (``Hit.score``); 1.0 for sections that were given, not retrieved."""


class Retriever:
    """Finds the sections nearest to a question and fits them to a token budget."""

    def __init__(
        self,
        sections: Iterable[Section],
        embedder: str = "minilm-l6",
        reranker: str | None = None,
        mode: str = "hybrid",
        k: int = K,
        budget: int = BUDGET,
    ) -> None:
        """A retriever over ``sections``, which are gone through more than once.

        Args:
            sections: what is searched.
            embedder: a name of the catalogue, a Hugging Face id or a folder.
            reranker: a cross-encoder that orders the best ``RERANKED`` anew, named likewise.
            mode: one of ``rag.index.MODES``.
            k: sections of a context, from 0.
            budget: tokens of a context, in the embedder's tokens, from 0.
        """
        self.k = k
        self.budget = budget
        self.mode = mode
        self._corpus = sections
        self._embedder = Embedder(embedder)
        self._reranker = Reranker(reranker) if reranker else None
        self.index = Index(sections, self._embedder)

    @classmethod
    def of(
        cls,
        data: Path,
        embedder: str = "minilm-l6",
        reranker: str | None = None,
        mode: str = "hybrid",
        k: int = K,
        budget: int = BUDGET,
    ) -> "Retriever":
        """A retriever over the corpus of a data folder."""
        return cls(Corpus(data), embedder, reranker, mode, k, budget)

    def with_limits(self, k: int, budget: int) -> "Retriever":
        """The same retriever, showing other amounts of what it finds."""
        other = copy(self)
        other.k, other.budget = k, budget
        return other

    @property
    def identity(self) -> list[str | int | None]:
        """All that determines its contexts, as JSON."""
        reranker = self._reranker.identity if self._reranker else None
        return [self.index.fingerprint, self.mode, reranker, self.k, self.budget]

    @property
    def given_identity(self) -> list[str | int | None]:
        """All that determines the contexts of sections that are named, as JSON."""
        return [self.index.fingerprint, self.budget]

    @property
    def signature(self) -> str:
        """What determines which sections are found, for a line beside a figure."""
        reranker = f",{self._reranker.identity}" if self._reranker else ""
        return f"index:{self.index.fingerprint[:8]},{self._embedder.identity},{self.mode}{reranker}"

    def search(self, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """The ``k`` best sections of each question, best first.

        Raises:
            ConfigError: the mode is none of ``rag.index.MODES``.
            IndexStoreError: the store fails.
        """
        if self._reranker is None:
            return self.index.search(questions, k, self.mode)
        hits = self.index.search(questions, max(k, RERANKED) if k else 0, self.mode)
        return [found[:k] for found in self._reranker.rerank(questions, hits)]

    def contexts(self, questions: Sequence[str]) -> list[Context]:
        """The context of each question, all retrieved in one batched query."""
        # Twice as many, since a corpus may say a thing more than once.
        found = self.search(questions, 2 * self.k)
        return [self._context(distinct(hits)[: self.k]) for hits in found]

    def given(self, section_ids: Sequence[str]) -> Context:
        """The context of sections that are named rather than searched for, within the budget."""
        sections = [self._sections[section_id] for section_id in section_ids]
        return self._context([Hit(s.id, 1.0, s.citation, s.body) for s in sections])

    @cached_property
    def _sections(self) -> dict[str, Section]:
        return {section.id: section for section in self._corpus}

    def _context(self, hits: Sequence[Hit]) -> Context:
        text, shown = assemble(hits, self.budget, self._embedder)
        return Context(text, [hit.id for hit in shown], [hit.score for hit in shown])
