"""What speaks against a draft: another asks the same, or another section answers it as well."""

import re
from collections import defaultdict
from collections.abc import Sequence

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
    every = range(len(questions))
    return sorted(pair for pair in _alike(questions, every, every) if pair[0] < pair[1])


def asked_already(questions: Sequence[Question], others: Sequence[Question]) -> set[int]:
    """The places of ``others`` that ask what one of ``questions`` does, told as above."""
    both, count = [*questions, *others], len(questions)
    pairs = _alike(both, range(count), range(count, len(both)))
    return {max(pair) - count for pair in pairs}


def _alike(questions: Sequence[Question], ours: range, theirs: range) -> set[tuple[int, int]]:
    """Pairs of which one is of ``ours`` and one of ``theirs``, by place."""
    if not ours or not theirs:
        return set()
    # What nothing answers is told by what it asks alone, however many such questions there are.
    asked = [
        one if one.answerable else one.model_copy(update={"answer": None}) for one in questions
    ]
    rows = answer_rows(asked, [str(place) for place in range(len(asked))])
    sides = [np.flatnonzero(np.isin(rows.places, np.array(side))) for side in (ours, theirs)]
    found = Letters(rows, Apart(rows.questions)).pairs(*sides)
    pairs = {(int(rows.places[one.first]), int(rows.places[one.second])) for one in found}
    same: dict[str, list[int]] = defaultdict(list)
    for place in theirs:
        same[in_plain_letters(questions[place].question)].append(place)
    return pairs | {
        (place, other)
        for place in ours
        for other in same[in_plain_letters(questions[place].question)]
        if place != other
    }


def answered_elsewhere(
    questions: Sequence[Question], sections: Sequence[Section]
) -> list[list[str]]:
    """Of each question the other sections that have what it asks, and all that its answer says.

    By words alone, in the form they have: what is said in other words is not found. The provision
    that an answer names is not looked for.
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
