"""
The same question asked again, in other words, in another split.

Two measures. The share of letter groups two questions have in common (Jaccard; Broder 1997) finds
copies that were edited. The likeness of two questions with their answers finds the same thing asked
by someone else: it is the mean of the embeddings' cosine of the questions, that of the answers,
twice the TF-IDF cosine of the answers' letter groups, and the share of numbers they have in common;
of several answers the most alike count. A pair counts only if each is the other's best match, since
questions on one subject are all alike to an embedding, and if their citations do not tell them
apart. Weights and thresholds were set on one set of written paraphrases and are tested on another
(``tests/tasks/checking/test_shipped_set.py``).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.groups import incidence
from rag.embedder import Embedder
from tasks.checking.findings import Finding, Folder
from tasks.policyqa.questions import Question

SHINGLE = 4
"""Letters in a row that two texts are compared by."""
JACCARD = 0.6
"""Share of shingles in common, at least, of an edited copy."""
LIKENESS = 0.49
"""Of two questions with their answers, at least."""
COSINE = 0.8
"""Of two questions, at least, where one has no answer."""
BLOCK = 1024
"""Questions compared with all others at a time."""

_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_PROVISION = re.compile(r"\d[\w.-]*(?:\([^()]*\))*")
"""As in ``Article 5(1)``, ``Art. 5(1)`` and ``Article 5(1) and (2)``: 5(1)."""
_Matrix = npt.NDArray[np.float32]
_Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NearDuplicate:
    """Two questions, by index, that ask the same."""

    first: int
    second: int
    likeness: float
    measure: str
    """``letters`` or ``embedding``."""


def duplicate_findings(folder: Folder, embedder: Embedder) -> Iterator[Finding]:
    """Questions that are asked again in another split."""
    questions = [one.question for one in folder.questions]
    for pair in near_duplicates(questions, embedder):
        first, second = folder.questions[pair.first], folder.questions[pair.second]
        yield Finding(
            "duplicate",
            second.place,
            f"asks in {second.question.split} what {first.question.id} (line {first.line}) asks "
            f"in {first.question.split} ({pair.measure} {pair.likeness:.2f}): "
            f"{second.question.question!r} and {first.question.question!r}",
        )


def near_duplicates(questions: Sequence[Question], embedder: Embedder) -> list[NearDuplicate]:
    """Pairs of questions of different splits that ask the same, in order."""
    if len({question.split for question in questions}) < 2:
        return []
    found = (*_by_embedding(questions, embedder), *_by_letters(questions))
    pairs = {(pair.first, pair.second): pair for pair in found}
    return [pairs[key] for key in sorted(pairs)]


def _by_letters(questions: Sequence[Question]) -> Iterator[NearDuplicate]:
    letters = incidence([_shingles(question.question) for question in questions])
    numbers = [set(_NUMBER.findall(question.question)) for question in questions]
    every = np.arange(len(questions))
    for start in range(0, len(questions), BLOCK):
        shares = _shares(letters, every[start : start + BLOCK], every)
        for row, second in np.argwhere(shares >= JACCARD).tolist():
            first = start + row
            # "Article 12" and "Article 13" are no copies, however like their questions are.
            same = numbers[first] == numbers[second]
            if first < second and same and questions[first].split != questions[second].split:
                yield NearDuplicate(first, second, float(shares[row, second]), "letters")


def _by_embedding(questions: Sequence[Question], embedder: Embedder) -> Iterator[NearDuplicate]:
    # A row an answer: of a question that has several, the most alike counts.
    rows = [
        (place, question.model_copy(update={"answer": answer}))
        for place, question in enumerate(questions)
        for answer in (question.answer, *question.answers)
    ]
    places = np.array([place for place, _ in rows])
    likeness = _Likeness([row for _, row in rows], embedder)
    for split, other in combinations(sorted({question.split for question in questions}), 2):
        forth, back = (likeness.best(*pair, places) for pair in ((split, other), (other, split)))
        for first, (ratio, second, value) in forth.items():
            if ratio >= 1 and back[second][1] == first:
                yield NearDuplicate(min(first, second), max(first, second), value, "embedding")


class _Likeness:
    """How alike questions of different splits are that could be the same, by their first answers.

    An answerable question and one that is not are not the same; nor are questions that cite
    different provisions (``Article 5`` and ``Article 5(1)`` are not different).
    """

    def __init__(self, questions: Sequence[Question], embedder: Embedder) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        answers = [question.answer or "" for question in questions]
        self._splits = np.array([question.split for question in questions])
        self._answerable = np.array([question.answerable for question in questions])
        # What several that nothing answers are answered with says nothing of what they ask.
        said = Counter(question.answer for question in questions if not question.answerable)
        self._answered = np.array([q.answer is not None and said[q.answer] < 2 for q in questions])
        self._questions = embedder.embed([question.question for question in questions])
        self._answers = embedder.embed(answers)
        groups = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(SHINGLE, SHINGLE), sublinear_tf=True
        )
        self._groups = groups.fit_transform([*answers, "some text"])[:-1].astype(np.float32)
        self._numbers = incidence([_NUMBER.findall(answer) for answer in answers])
        cited = [_cited(question) for question in questions]
        self._cited = np.array([bool(names) for names in cited])
        both = incidence([*cited, *([p for c in names for p in _outer(c)] for names in cited)])
        self._exactly, self._within = both[: len(cited)], both[len(cited) :]

    def best(self, split: str, other: str, places: _Rows) -> dict[int, tuple[float, int, float]]:
        """For each question of one split, by its place, its best match in another.

        The match is a likeness in units of the least that counts (so that those with and without
        answers are on one scale), the place of the other question, and the likeness itself.
        """
        ours, theirs = (np.flatnonzero(self._splits == name) for name in (split, other))
        found: dict[int, tuple[float, int, float]] = {}
        for start in range(0, len(ours), BLOCK):
            rows = ours[start : start + BLOCK]
            likeness, least = self._compared(rows, theirs)
            ratio = likeness / least
            for row, column in enumerate(ratio.argmax(axis=1)):
                match = (
                    float(ratio[row, column]),
                    int(places[theirs[column]]),
                    float(likeness[row, column]),
                )
                place = int(places[rows[row]])
                found[place] = max(found.get(place, match), match, key=lambda one: one[0])
        return found

    def _compared(self, rows: _Rows, columns: _Rows) -> tuple[_Matrix, _Matrix]:
        """Likeness of questions, and the least that counts; shapes (rows, columns)."""
        asked = self._questions[rows] @ self._questions[columns].T
        answered = self._answers[rows] @ self._answers[columns].T
        lettered = (self._groups[rows] @ self._groups[columns].T).toarray()
        numbers = _shares(self._numbers, rows, columns)
        both = self._answered[rows, None] & self._answered[None, columns]
        likeness = np.where(both, (asked + answered + 2 * lettered + numbers) / 5, asked)
        likeness[self._answerable[rows, None] != self._answerable[None, columns]] = -1
        likeness[self._cite_differently(rows, columns)] = -1
        return likeness.astype(np.float32), np.where(both, LIKENESS, COSINE).astype(np.float32)

    def _cite_differently(self, rows: _Rows, columns: _Rows) -> npt.NDArray[np.bool_]:
        """Whether both cite, and no citation of one is, or is part of, one of the other."""
        agree = self._exactly[rows] @ self._within[columns].T
        agree = agree + self._within[rows] @ self._exactly[columns].T
        both = self._cited[rows, None] & self._cited[None, columns]
        return np.asarray((agree.toarray() == 0) & both)


def _shares(has: Any, rows: _Rows, columns: _Rows) -> _Matrix:
    """Of two things the share of their names (``incidence``) that both have; 0 where neither has
    any. Shape (rows, columns)."""
    common = (has[rows] @ has[columns].T).toarray()
    counts = np.asarray(has.sum(axis=1)).ravel()
    either = counts[rows, None] + counts[None, columns] - common
    return np.asarray(common / np.maximum(either, 1), dtype=np.float32)


def _cited(question: Question) -> list[str]:
    """The provisions a question cites, by number where they have one, each with its framework."""
    frameworks = question.evidence_frameworks or {question.framework}
    provisions = [" ".join(_PROVISION.findall(c)) or c.casefold() for c in question.citations]
    return [f"{framework} {provision}" for framework in frameworks for provision in provisions]


def _outer(provision: str) -> list[str]:
    """A provision and those it is part of: ``5(1)(a)``, ``5(1)``, ``5``."""
    provisions = [provision]
    while (outer := re.sub(r"\([^()]*\)$", "", provisions[-1])) not in ("", provisions[-1]):
        provisions.append(outer)
    return provisions


def _shingles(text: str) -> list[str]:
    plain = " ".join(re.findall(r"\w+", text.lower()))
    return [plain[i : i + SHINGLE] for i in range(max(1, len(plain) - SHINGLE + 1))]
