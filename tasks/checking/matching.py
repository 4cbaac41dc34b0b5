"""What every way of finding a question asked again shares: pairs, rows, what texts are made of."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.policyqa.questions import Question

SHINGLE = 4
"""Letters in a row that two texts are compared by."""
BLOCK = 1024
"""Questions compared with all others at a time."""

_NUMBER = re.compile(r"\d[\d.,]*\d|\d")

Matrix = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NearDuplicate:
    """Two questions, by index, that ask the same."""

    first: int
    second: int
    likeness: float
    measure: str
    """``exact``, ``letters``, ``answer`` (letters of the answers alone) or ``embedding``."""


@dataclass(frozen=True)
class AnswerRows:
    """Questions as rows, one for each reference answer: of several, the most alike counts."""

    questions: list[Question]
    """Each with one answer."""
    places: Rows
    """Of each row, the index of its question."""
    sides: list[str]
    """What is compared with what is of another side."""
    answers: list[str]
    """Empty where there is none, and where nothing answers it and another question is told the
    same: what several are answered with says nothing of what they ask."""


def answer_rows(questions: Sequence[Question], sides: Sequence[str]) -> AnswerRows:
    """The rows of some questions, each of one side."""
    pairs = [
        (place, question.model_copy(update={"answer": answer}))
        for place, question in enumerate(questions)
        for answer in (question.answer, *question.answers)
    ]
    rows = [row for _, row in pairs]
    asked = {(row.answer, plain(row.question)) for row in rows if not row.answerable}
    said = Counter(answer for answer, _ in asked)
    answers = [(row.answer or "") if said[row.answer] < 2 else "" for row in rows]
    places = [place for place, _ in pairs]
    on_sides = [sides[place] for place in places]
    return AnswerRows(rows, np.array(places, dtype=np.int64), on_sides, answers)


def common(has: Any, rows: Rows, columns: Rows) -> tuple[Matrix, Matrix]:
    """How many names two things both have, and how many either has; shapes (R, C).

    Args:
        has: which names each thing has, as from ``incidence``.
        rows: R things that are compared with C ``columns``.
    """
    both = (has[rows] @ has[columns].T).toarray()
    counts = np.asarray(has.sum(axis=1)).ravel()
    return both, counts[rows, None] + counts[None, columns] - both


def shares(has: Any, rows: Rows, columns: Rows) -> Matrix:
    """Of two things the share of their names that both have; 0 where neither has any.

    Args as of ``common``.
    """
    both, either = common(has, rows, columns)
    return np.asarray(both / np.maximum(either, 1), dtype=np.float32)


def numbers(text: str) -> set[str]:
    """The numbers of a text, as they stand there in digits."""
    return set(_NUMBER.findall(text))


def shingles(text: str) -> list[str]:
    """The groups of letters of a text, without case and punctuation."""
    words = " ".join(re.findall(r"\w+", text.lower()))
    return [words[i : i + SHINGLE] for i in range(max(1, len(words) - SHINGLE + 1))]


def plain(text: str) -> str:
    """The letters and digits of a text in a row, without case, spaces and punctuation."""
    return "".join(re.findall(r"[^\W_]+", text.casefold()))
