"""
The same asked in other words.

The likeness of two questions with their answers is the mean of the embeddings' cosine of the
questions, that of the answers, twice the TF-IDF cosine of the answers' letter groups, and the share
of numbers they have in common. Questions on one subject are all alike to an embedding: only the
likest count, of those that are not told apart by where their answers stand. Weights and thresholds
were set on one set of written paraphrases and are tested on another
(``tests/tasks/checking/test_shipped_set.py``).
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from harness.groups import incidence
from tasks.checking.apart import Apart
from tasks.checking.matching import (
    BLOCK,
    SHINGLE,
    AnswerRows,
    Matrix,
    NearDuplicate,
    Rows,
    numbers,
    shares,
)

LIKENESS = 0.49
"""Of two questions with their answers, at least."""
COSINE = 0.8
"""Of two questions, at least, where one has no answer."""


class TextEmbedder(Protocol):
    """What makes unit vectors of texts: ``rag.embedder.Embedder``."""

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of N texts, shape (N, d)."""


class Remembering:
    """An embedder that embeds each text once."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self._known: dict[str, npt.NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of N texts, shape (N, d)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])


class Likeness:
    """How alike questions are that could be the same, a row an answer.

    An answerable question and one that is not are not the same; nor are questions of different
    provisions or documents.
    """

    def __init__(self, rows: AnswerRows, apart: Apart, embedder: TextEmbedder) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        answers = [row.answer or "" for row in rows.questions]
        self._apart = apart
        self._places = rows.places
        self._answerable = np.array([row.answerable for row in rows.questions])
        self._answered = np.array([bool(answer) for answer in rows.answers])
        self._questions = embedder.embed([row.question for row in rows.questions])
        self._answers = embedder.embed(answers)
        groups = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(SHINGLE, SHINGLE), sublinear_tf=True
        )
        self._groups = groups.fit_transform([*answers, "some text"])[:-1].astype(np.float32)
        self._numbers = incidence([sorted(numbers(answer)) for answer in answers])

    def nearest(self, ours: Rows, theirs: Rows, slack: float = 0.0) -> Iterator[NearDuplicate]:
        """What of ``theirs`` each question of ``ours`` is likest to, if it is like enough.

        Args:
            ours: rows; of the pairs yielded, ``first`` is the index of their question.
            theirs: the rows they are compared with; ``second`` is of these.
            slack: in [0, 1): those that are as like as the likest but for this share count too.
        """
        # Likeness in units of the least that counts, so that those with and without answers are on
        # one scale; and likeness itself.
        found: dict[int, dict[int, tuple[float, float]]] = {}
        for start in range(0, len(ours), BLOCK):
            rows = ours[start : start + BLOCK]
            likeness, least = self._compared(rows, theirs)
            ratio = likeness / least
            near = (ratio >= 1) & (ratio >= (1 - slack) * ratio.max(axis=1, initial=0)[:, None])
            for row, column in np.argwhere(near).tolist():
                matches = found.setdefault(int(self._places[rows[row]]), {})
                match = (float(ratio[row, column]), float(likeness[row, column]))
                second = int(self._places[theirs[column]])
                matches[second] = max(matches.get(second, match), match)
        for first, matches in found.items():
            best = max(matches.values())[0]
            for second, (ratio_, value) in matches.items():
                if ratio_ >= (1 - slack) * best:
                    yield NearDuplicate(first, second, value, "embedding")

    def _compared(self, rows: Rows, columns: Rows) -> tuple[Matrix, Matrix]:
        """Likeness of questions, and the least that counts; shapes (rows, columns)."""
        asked = self._questions[rows] @ self._questions[columns].T
        answered = self._answers[rows] @ self._answers[columns].T
        lettered = (self._groups[rows] @ self._groups[columns].T).toarray()
        numbered = shares(self._numbers, rows, columns)
        both = self._answered[rows, None] & self._answered[None, columns]
        likeness = np.where(both, (asked + answered + 2 * lettered + numbered) / 5, asked)
        likeness[self._answerable[rows, None] != self._answerable[None, columns]] = -1
        likeness[self._apart.pairs(rows, columns)] = -1
        return likeness.astype(np.float32), np.where(both, LIKENESS, COSINE).astype(np.float32)
