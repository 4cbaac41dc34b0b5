"""
Questions → the context each is answered from.

    retriever = Retriever.of(Path("tasks/policyqa/data"))
    contexts = retriever.contexts(["Who must appoint a data protection officer?"])
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.progress import Advance, silent
from rag.context import assemble, distinct
from rag.corpus import Corpus, Section
from rag.embedder import EMBEDDER, Embedder
from rag.index import Index
from rag.reranker import Reranker
from rag.stores.store import CANDIDATES, SPARSE_WEIGHT, Hit

K = 2
"""Sections retrieved for a question; tasks/policyqa/README.md says why two."""
BUDGET = 400
"""Tokens of context, in the embedder's tokens."""
RETRIEVAL_LIBRARIES = ("qdrant-client", "qdrant-edge-py", "sentence-transformers")
"""Whose versions can change what is found."""
RERANKED = 50
"""Passages a reranker reads for each question."""


@dataclass(frozen=True)
class Excerpt:
    """What a prompt shows of the documents."""

    text: str = ""
    ids: tuple[str, ...] = ()
    """Section ids, best first."""
    scores: tuple[float, ...] = ()
    """What they scored (``Hit.score``); 1.0 for sections that were given, not retrieved."""
    best: str = ""
    """What the first of them says, whole and without its citation."""


class Retriever:
    """Finds the sections nearest to a question and fits them to a token budget."""

    def __init__(
        self,
        sections: Iterable[Section],
        embedder: str = EMBEDDER,
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
    def of(cls, data: Path, **options: Any) -> "Retriever":
        """A retriever over the corpus of a data folder; with ``options`` of the class."""
        return cls(Corpus(data), **options)

    @property
    def identity(self) -> list[str | int]:
        """All that determines its contexts, as JSON."""
        versions = [f"{name}-{version(name)}" for name in RETRIEVAL_LIBRARIES]
        how = [self.index.fingerprint, self._how, self.index.search_kind]
        return [*how, *versions, self.k, self.budget]

    @property
    def signature(self) -> str:
        """What determines which sections are found, for a line beside a figure."""
        parts = (self._embedder.identity, self._how, self.index.search_kind)
        return f"index:{self.index.fingerprint[:8]},{','.join(parts)}"

    @property
    def _how(self) -> str:
        """How what the index holds is ranked."""
        fused = f"cosine+{SPARSE_WEIGHT}bm25/{CANDIDATES}" if self.mode == "hybrid" else ""
        reranked = f"{RERANKED}>{self._reranker.identity}" if self._reranker else ""
        return ",".join(part for part in (self.mode, fused, reranked) if part)

    def build(self, advance: Advance = silent) -> bool:
        """Make the index unless it is there; True when work was done.

        Raises:
            ModelError: the reranker is none, which is found out first.
            DataError: the sections changed meanwhile.
            IndexStoreError: the store fails.
        """
        if self._reranker:
            self._reranker.load()
        return self.index.build(advance)

    def search(self, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """The ``k`` best sections of each question, best first; raises as ``Index.search``."""
        if self._reranker is None:
            return self.index.search(questions, k, self.mode)
        hits = self.index.search(questions, max(k, RERANKED) if k else 0, self.mode)
        return [found[:k] for found in self._reranker.rerank(questions, hits)]

    def contexts(self, questions: Sequence[str]) -> list[Excerpt]:
        """The context of each question, all retrieved in one batched query."""
        return [self._context(hits) for hits in self._distinct(questions, 2 * self.k)]

    def _distinct(self, questions: Sequence[str], fetched: int) -> list[list[Hit]]:
        """The best ``k`` sections of each question that say different things.

        More are fetched for questions whose first ``fetched`` repeat each other too often.
        """
        found = self.search(questions, fetched)
        best = [distinct(hits)[: self.k] for hits in found]
        short = [
            i
            for i, hits in enumerate(found)
            if len(best[i]) < self.k and 0 < fetched == len(hits) < CANDIDATES
        ]
        if short:
            again = self._distinct([questions[i] for i in short], 4 * fetched)
            for i, one in zip(short, again, strict=True):
                best[i] = one
        return best

    def given(self, section_ids: Sequence[str]) -> Excerpt:
        """The context of sections that are named rather than searched for, within the budget."""
        sections = [self.sections[section_id] for section_id in section_ids]
        return self._context([Hit(s.id, 1.0, s.citation, s.body) for s in sections])

    @cached_property
    def sections(self) -> dict[str, Section]:
        """What is searched, by id."""
        return {section.id: section for section in self._corpus}

    def _context(self, hits: Sequence[Hit]) -> Excerpt:
        text, shown = assemble(hits, self.budget, self._embedder)
        ids, scores = tuple(hit.id for hit in shown), tuple(hit.score for hit in shown)
        return Excerpt(text, ids, scores, shown[0].body if shown else "")
