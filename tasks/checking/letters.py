"""
Copies, by the letters they have in common.

Two texts are alike by the share of their groups of letters that both have (Jaccard; Broder 1997),
which neither case and punctuation nor the order of sentences has much say in. A copy of a question
is one that is alike by itself, or with its answer. What tells two questions apart however alike
they are, a number or where their answers stand, does so unless their answers are alike as well.
"""

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


class Letters:
    """How alike questions and their answers are by their letters."""

    def __init__(self, rows: AnswerRows, apart: Apart) -> None:
        asked = [row.question for row in rows.questions]
        self._apart = apart
        self._questions = incidence([shingles(text) for text in asked])
        self._answers = incidence([shingles(text) if text else [] for text in rows.answers])
        self._answered = np.array([bool(text) for text in rows.answers])
        self._telling = np.array([len(plain(text)) >= TELLING for text in rows.answers])
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
        apart = self._apart.pairs(rows, columns)
        for row, column in np.argwhere(copied | copied_answer).tolist():
            first, second = int(rows[row]), int(columns[column])
            same_numbers = self._answer_numbers[first] == self._answer_numbers[second]
            says_the_same = bool(copied_answer[row, column]) and same_numbers
            told_apart = bool(apart[row, column] & comparable[row, column])
            if copied[row, column] and self._asks_the_same(first, second, says_the_same):
                if says_the_same or not told_apart:
                    exact = self._words[first] == self._words[second]
                    share = max(asked[row, column], together[row, column])
                    measure = "exact" if exact else "letters"
                    yield NearDuplicate(first, second, float(share), measure)
            elif says_the_same and not told_apart:
                yield NearDuplicate(first, second, float(answered[row, column]), "answer")

    def _asks_the_same(self, first: int, second: int, says_the_same: bool) -> bool:
        """Of two questions that are alike: "Article 12" and "Article 13" are no copies."""
        same_words = self._words[first] == self._words[second]
        return says_the_same or same_words or self._numbers[first] == self._numbers[second]
