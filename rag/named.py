"""
Of a corpus's frameworks, those that a question names: "under DORA", "the UK's Equality Act".

A framework's names are the words of its id and title, and the title's initials. A word counts the
more the fewer frameworks have it in their names, and nothing where the text of more sections has it
than a framework has on average: "data" and "act" say nothing of what is asked about. One of two
letters counts in capitals alone: "US" names a country, and "us" those who ask.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable

from rag.corpus import Section

COUNTED = 20
"""Sections of each framework, the first, whose words are counted."""
MOST_NAMED = 3.0
"""What the words of a question count together at most."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_SHORT = re.compile(r"\b\w\w\b")
_SMALL = frozenset(("a", "an", "and", "for", "in", "of", "on", "the", "to"))


class FrameworkNames:
    """The names of the frameworks of a corpus."""

    def __init__(self, sections: Iterable[Section]) -> None:
        """``sections`` are gone through once and none is held."""
        titles: dict[str, str] = {}
        read: Counter[str] = Counter()
        written: Counter[str] = Counter()
        for section in sections:
            titles.setdefault(section.framework, section.framework_title)
            if read[section.framework] < COUNTED:
                read[section.framework] += 1
                written.update(set(_words(section.body)))
        names = {one: _names(one, title) for one, title in titles.items()}
        having = Counter(word for words in names.values() for word in words)
        own = read.total() / len(names) if names else 0.0
        self._weights = {
            word: math.log(len(names) / having[word]) for word in having if written[word] <= own
        }
        self._named = {
            one: {word for word in words if self._weights.get(word)} for one, words in names.items()
        }

    def in_question(self, question: str) -> dict[str, float]:
        """How clearly a question names each framework, above 0 to ``MOST_NAMED``.

        The sum over words of ln(frameworks / frameworks so named); those it does not name are not
        there.
        """
        asked = set(_words(_SHORT.sub(_in_capitals, question)))
        found = {one: asked & words for one, words in self._named.items()}
        return {
            one: min(sum(self._weights[word] for word in sorted(words)), MOST_NAMED)
            for one, words in found.items()
            if words
        }


def _names(framework: str, title: str) -> set[str]:
    in_title = _words(title)
    initials = "".join(word[0] for word in in_title)
    return {*_words(framework.replace("-", " ")), *in_title, *_words(initials)}


def _in_capitals(short: re.Match[str]) -> str:
    return short[0] if short[0] == short[0].upper() else ""


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in _SMALL]
