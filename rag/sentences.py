"""Passages → their sentences, nearest to a question first: what a search box would show of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from more_itertools import unique_everseen

from rag.corpus import said
from rag.embedder import Embedder
from rag.stores.store import Hit

SECTION_WEIGHT = 0.5
"""A sentence scores its cosine to the question + this × the score of its section. Chosen on the
policy set's validation split (docs/results)."""
KEPT_VECTORS = 50_000
"""Texts whose vectors are kept, 1.5 kB each by the default embedder; beyond, all are made anew."""
_END = re.compile(r"(?<=[.!?;])\s+(?=[\"'(“]?[A-Z])")
"""Where a sentence ends: before what begins another, so that "No. 5" and "e.g. a" stay whole."""


@dataclass(frozen=True, slots=True)
class Sentence(Hit):
    """One sentence of a passage, ``body``, headed by the passage's citation."""

    place: int = 0
    """In the passage, from 0."""
    nearness: float = 0.0
    """Its cosine to the question, in [-1, 1]."""


def sentences(text: str) -> list[str]:
    """The sentences of ``text`` in order, none of them blank."""
    return [part.strip() for part in _END.split(text) if part.strip()]


def split(hit: Hit) -> list[Sentence]:
    """The sentences of a passage in order, each with its passage's score; of a blank one nothing,
    under its citation."""
    return [
        Sentence(hit.id, hit.score, hit.citation, text, place)
        for place, text in enumerate(sentences(hit.body) or [""])
    ]


class SentenceRanker:
    """Ranks sentences by an embedder; each is embedded once, however often it is asked about."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, npt.NDArray[np.float32]] = {}

    def rank(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[list[Sentence]]:
        """The sentences of each question's hits, best first; equal ones in their order.

        A sentence scores its cosine to the question, under its passage's citation, plus
        ``SECTION_WEIGHT`` times what the passage scores. None that says what a better one says.
        """
        if len(self._vectors) > KEPT_VECTORS:
            self._vectors.clear()
        found = [[one for hit in some for one in split(hit)] for some in hits]
        self._embed([*questions, *(one.text for some in found for one in some)])
        return [
            list(unique_everseen(sorted(scored, key=lambda one: -one.score), said))
            for scored in map(self._scored, questions, found)
        ]

    def _scored(self, question: str, found: Sequence[Sentence]) -> list[Sentence]:
        asked = self._vectors[question]
        cosines = [float(asked @ self._vectors[one.text]) for one in found]
        return [
            replace(one, score=cosine + SECTION_WEIGHT * one.score, nearness=cosine)
            for one, cosine in zip(found, cosines, strict=True)
        ]

    def _embed(self, texts: Sequence[str]) -> None:
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors |= dict(zip(new, self._embedder.embed(new), strict=True))
