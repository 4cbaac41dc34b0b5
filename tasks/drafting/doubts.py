"""What speaks against a draft: another asks the same, or another section answers it as well."""

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from rag.corpus import Section
from tasks.checking.answers import STOP_WORDS
from tasks.checking.apart import Apart
from tasks.checking.letters import Letters
from tasks.checking.matching import answer_rows
from tasks.checking.matching import plain as in_plain_letters
from tasks.drafting.words import words as words_of
from tasks.policyqa.questions import Question

SHARED = 0.8
"""Share of a question's own words, at least, that a section has which may answer it."""
_WORD = re.compile(r"\d[\d.,]*\d|\w+")


def asked_twice(questions: Sequence[Question]) -> list[tuple[int, int]]:
    """Pairs of questions, by place, of which one asks what the other does, in order.

    By letters: those of different documents where they have the same words, others where they are
    copies (``tasks.checking.letters``).
    """
    if len(questions) < 2:
        return []
    rows = answer_rows(questions, [str(place) for place in range(len(questions))])
    every = np.arange(len(rows.questions))
    found = Letters(rows, Apart(rows.questions)).pairs(every, every)
    pairs = {(int(rows.places[one.first]), int(rows.places[one.second])) for one in found}
    same: dict[str, list[int]] = defaultdict(list)
    for place, question in enumerate(questions):
        same[in_plain_letters(question.question)].append(place)
    pairs |= {pair for places in same.values() for pair in combinations(places, 2)}
    return sorted((first, second) for first, second in pairs if first < second)


def answered_elsewhere(
    questions: Sequence[Question], sections: Sequence[Section]
) -> list[list[str]]:
    """Of each question the other sections that have what it asks, and all that its answer says.

    By words alone, which is too often rather than too seldom; where an answer says that it stands
    is not looked for.
    """
    known = [(one.id, own_words(f"{one.citation} {one.body}")) for one in sections]
    return [
        [id_ for id_, words in known if id_ not in one.evidence and _answers(one, words)]
        for one in questions
    ]


def own_words(text: str) -> set[str]:
    """The words of a text in lower case, but for those that every text has."""
    return set(_WORD.findall(text.lower())) - STOP_WORDS


def _answers(question: Question, words: set[str]) -> bool:
    cited = own_words(" ".join(question.citations))
    asked = own_words(question.question) - words_of("asking")
    said = own_words(question.answer or "") - cited
    return bool(asked) and said <= words and len(asked & words) >= SHARED * len(asked)
