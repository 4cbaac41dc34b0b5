"""
Copies, by the letters they have in common.

Two texts are alike by the share of their groups of letters that both have (Jaccard; Broder 1997),
which neither case and punctuation nor the order of sentences has much say in. A copy of a question
is one that is alike by itself, or with its answer. What tells two questions apart however alike
they are, a number or where their answers stand, does so unless their answers are alike as well.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from harness.groups import incidence
from tasks.checking.apart import Apart
from tasks.checking.matching import (
    BLOCK,
    AnswerRows,
    NearDuplicate,
    Rows,
    common,
    numbers,
    plain,
    shingles,
)

JACCARD = 0.6
"""Share of shingles in common, at least, of an edited copy."""
PART = 0.3
"""Of two questions, at least, where they are a copy with their answers alone."""
TELLING = 40
"""Letters that an answer has, at least, to say what it is the answer to."""
UNLIKE = 0.2
"""Shingles that telling answers have in common, at most, where an edited question is another one.
Of the shipped set, answers about one section have 0.08 (median; one in forty as many)."""


class Letters:
    """How alike questions and their answers are by their letters."""

    def __init__(self, rows: AnswerRows, apart: Apart) -> None:
        asked = [row.question for row in rows.questions]
        self._apart = apart
        self._questions = incidence([shingles(text) for text in asked])
        self._answers = incidence([shingles(text) if text else [] for text in rows.answers])
        self._answered = np.array([bool(text) for text in rows.answers])
        self._telling = np.array(_telling(rows))
        self._words = [plain(text) for text in asked]
        self._numbers = [numbers(text) for text in asked]
        self._answer_numbers = [numbers(text) for text in rows.answers]

    def pairs(self, ours: Rows, theirs: Rows) -> Iterator[NearDuplicate]:
        """Rows of ``ours`` and of ``theirs`` that are copies; ``first`` is of ours."""
        for start in range(0, len(ours), BLOCK):
            yield from self._pairs(ours[start : start + BLOCK], theirs)

    def _pairs(self, rows: Rows, columns: Rows) -> Iterator[NearDuplicate]:
        both, either = common(self._questions, rows, columns)
        both_answers, either_answers = common(self._answers, rows, columns)
        asked, answered = both / np.maximum(either, 1), both_answers / np.maximum(either_answers, 1)
        together = (both + both_answers) / np.maximum(either + either_answers, 1)
        comparable = self._answered[rows, None] & self._answered[None, columns]
        telling = self._telling[rows, None] & self._telling[None, columns]
        copied = (asked >= JACCARD) | (comparable & (together >= JACCARD) & (asked >= PART))
        copied_answer = telling & (answered >= JACCARD)
        unlike = telling & (answered < UNLIKE)
        apart = comparable & self._apart.pairs(rows, columns)
        for row, column in np.argwhere(copied | copied_answer).tolist():
            first, second = int(rows[row]), int(columns[column])
            same_words = self._words[first] == self._words[second]
            same_numbers = self._answer_numbers[first] == self._answer_numbers[second]
            says_the_same = bool(copied_answer[row, column]) and same_numbers
            if apart[row, column] and not says_the_same:
                continue
            if same_words:
                yield NearDuplicate(first, second, 1.0, "exact")
            elif (
                copied[row, column]
                and not unlike[row, column]
                and (says_the_same or self._numbers[first] == self._numbers[second])
            ):
                # "Article 12" and "Article 13" are no copies, however like their questions are.
                share = max(asked[row, column], together[row, column])
                yield NearDuplicate(first, second, float(share), "letters")
            elif says_the_same and not apart[row, column]:
                yield NearDuplicate(first, second, float(answered[row, column]), "answer")


def _telling(rows: AnswerRows) -> list[bool]:
    """Which answers say what they are the answer to: long ones, that no other question has."""
    words = [plain(text) for text in rows.answers]
    asked = {
        (side, answer, plain(row.question))
        for side, answer, row in zip(rows.sides, words, rows.questions, strict=True)
    }
    questions = Counter((side, answer) for side, answer, _ in asked)
    return [
        len(answer) >= TELLING and questions[side, answer] == 1
        for side, answer in zip(rows.sides, words, strict=True)
    ]
