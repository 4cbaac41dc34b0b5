"""
Questions → the context each is answered from.

    retriever = Retriever.of(Path("tasks/policyqa/data"))
    contexts = retriever.contexts(["Who must appoint a data protection officer?"])
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from more_itertools import chunked, unique_everseen

from harness.progress import Advance, silent
from harness.variants import Shown
from rag.context import Excerpt, assemble, assemble_sentences
from rag.corpus import Corpus, Section, framework_of, said
from rag.embedder import EMBEDDER, Embedder
from rag.index import Index
from rag.named import FrameworkNames
from rag.reranker import Reranker
from rag.sentences import SECTION_WEIGHT, Sentence, SentenceRanker
from rag.stores.store import CANDIDATES, SPARSE_WEIGHT, Hit

K = 8
"""Sections retrieved for a question."""
BUDGET = 400
"""Tokens of context, in the embedder's tokens."""
NAMED_WEIGHT = 0.1
"""A hybrid score is cosine + BM25 as fused + this × how clearly the question names the section's
framework. Chosen on the policy set's validation split (docs/results)."""
CONTEXT_METHOD = 2
"""Raised when the same sections make other contexts: by how they are found, split into sentences,
ranked or shown."""
RETRIEVAL_LIBRARIES = ("qdrant-client", "qdrant-edge-py", "sentence-transformers")
"""Whose versions can change what is found."""
RERANKED = 50
"""Passages a reranker reads for each question."""
CONTEXTS_AT_ONCE = 1_024
"""Questions whose hits and sentences are in memory together, 30 kB each."""
NAMED_AMONG = 64
"""Passages of the index that are ordered anew by the framework that a question names."""


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
        show: Shown = "sentences",
    ) -> None:
        """A retriever over ``sections``, which are gone through more than once.

        Args:
            sections: what is searched.
            embedder: a name of the catalogue, a Hugging Face id or a folder.
            reranker: a cross-encoder that orders the best ``RERANKED`` sections anew, named
                likewise.
            mode: one of ``rag.index.MODES``.
            k: sections that a context is made of, from 0.
            budget: tokens of a context, in the embedder's tokens, from 0.
            show: what a context has of them: the sentences nearest to the question, or all.
        """
        self.k = k
        self.budget = budget
        self.mode = mode
        self.show = show
        self._corpus = sections
        self._embedder = Embedder(embedder)
        self._reranker = Reranker(reranker) if reranker else None
        self._ranker = SentenceRanker(self._embedder)
        self.index = Index(sections, self._embedder)

    @classmethod
    def of(cls, data: Path, **options: Any) -> "Retriever":
        """A retriever over the corpus of a data folder; with ``options`` of the class."""
        return cls(Corpus(data), **options)

    @property
    def identity(self) -> list[str | float]:
        """All that determines its contexts, as JSON."""
        versions = [f"{name}-{version(name)}" for name in RETRIEVAL_LIBRARIES]
        how = [self.index.fingerprint, self._how, self.index.search_kind]
        return [*how, *versions, self.k, self.budget, self.show, SECTION_WEIGHT, CONTEXT_METHOD]

    @property
    def signature(self) -> str:
        """What determines which sections are found, for a line beside a figure."""
        parts = (self._embedder.identity, self._how, self.index.search_kind)
        return f"index:{self.index.fingerprint[:8]},{','.join(parts)}"

    @property
    def _how(self) -> str:
        """How what the index holds is ranked."""
        fused = (
            f"cosine+{SPARSE_WEIGHT}bm25+{NAMED_WEIGHT}named/{CANDIDATES}"
            if self.mode == "hybrid"
            else ""
        )
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
        found = self._found(questions, max(k, RERANKED) if k and self._reranker else k)
        if self._reranker:
            found = self._reranker.rerank(questions, found)
        return [hits[:k] for hits in found]

    def _found(self, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """The best as the index has them, those of a framework that a question names first."""
        if self.mode != "hybrid" or not k:
            return self.index.search(questions, k, self.mode)
        found = self.index.search(questions, max(k, NAMED_AMONG), self.mode)
        return [
            _by_name(hits, self._names.in_question(question))[:k]
            for question, hits in zip(questions, found, strict=True)
        ]

    def contexts(self, questions: Sequence[str]) -> list[Excerpt]:
        """The context of each question, retrieved in batched queries."""
        return [
            excerpt
            for some in chunked(questions, CONTEXTS_AT_ONCE)
            for excerpt in self.excerpts(some, self._distinct(some, 2 * self.k))
        ]

    def within(self, budget: int) -> "Retriever":
        """The same retriever, with another budget."""
        other = copy(self)
        other.budget = budget
        return other

    def _distinct(self, questions: Sequence[str], fetched: int) -> list[list[Hit]]:
        """The best ``k`` sections of each question that say different things.

        More are fetched for questions whose first ``fetched`` repeat each other too often.
        """
        found = self.search(questions, fetched)
        best = [list(unique_everseen(hits, said))[: self.k] for hits in found]
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

    def given(
        self, questions: Sequence[str], section_ids: Sequence[Sequence[str]]
    ) -> list[Excerpt]:
        """The context of each question, of sections that are named rather than searched for."""
        return self.excerpts(questions, [self.hits_of(ids) for ids in section_ids])

    def hits_of(self, section_ids: Sequence[str], score: float = 1.0) -> list[Hit]:
        """Sections by their ids, as if each had been found with that score."""
        sections = [self.sections[one] for one in section_ids]
        return [Hit(one.id, score, one.citation, one.body) for one in sections]

    def excerpts(
        self,
        questions: Sequence[str],
        hits: Sequence[Sequence[Hit]],
        first: Sequence[Sequence[Sentence]] = (),
    ) -> list[Excerpt]:
        """What is shown of the hits of each question, within the budget.

        Of sentences those that are named ``first`` for a question come before all others, and pass
        for what ranked best.
        """
        make = assemble_sentences if self.show == "sentences" else assemble
        ranked = self._ranker.rank(questions, list(map(self._on_one_scale, hits)))
        if first:
            both = zip(first, ranked, strict=True)
            ranked = [list(unique_everseen([*some, *rest], said)) for some, rest in both]
        return [
            make(found, sentences, self.budget, self._embedder)
            for found, sentences in zip(hits, ranked, strict=True)
        ]

    def answering(
        self, answers: Sequence[str], hits: Sequence[Sequence[Hit]]
    ) -> list[list[Sentence]]:
        """Of each of the hits of an answer the sentence nearest to it, the nearest first."""
        ranked = self._ranker.rank(answers, hits)
        return [list(unique_everseen(some, lambda one: one.id)) for some in ranked]

    def _on_one_scale(self, hits: Sequence[Hit]) -> Sequence[Hit]:
        """``hits`` with scores that cosines can be added to: of BM25 or a reranker from 0 to 1."""
        if not hits or (self.mode != "sparse" and not self._reranker):
            return hits
        least, most = min(one.score for one in hits), max(one.score for one in hits)
        return [replace(one, score=(one.score - least) / ((most - least) or 1)) for one in hits]

    @cached_property
    def sections(self) -> dict[str, Section]:
        """What is searched, by id."""
        return {section.id: section for section in self._corpus}

    @cached_property
    def _names(self) -> FrameworkNames:
        return FrameworkNames(self._corpus)


def _by_name(hits: Sequence[Hit], named: Mapping[str, float]) -> list[Hit]:
    scored = [
        replace(hit, score=hit.score + NAMED_WEIGHT * named.get(framework_of(hit.id), 0.0))
        for hit in hits
    ]
    return sorted(scored, key=lambda hit: (-hit.score, hit.id))
