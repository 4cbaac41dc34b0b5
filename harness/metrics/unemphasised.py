"""
A text as the rules read it: with the usual quotes, spaces and hyphens, and without Markdown's marks
of emphasis, which may stand within a number or between it and its unit.
"""

import re
from dataclasses import dataclass

USUAL = str.maketrans("\u00a0\u2009\u202f\u2010\u2011’“”\u0131\u0130\u017f", '   --\'""iis')
"""Spaces, hyphens, quotes and letters of all kinds as those that patterns mean, one for one."""
EMPHASIS = re.compile(r"(?<!\d)\*+(?=\S)|(?<=\S)\*+(?!\d)|`+|~~|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)")
"""The marks; a product as ``2*3`` has none."""
_OF_MARKS = re.compile(r"[*`~_]")


@dataclass(frozen=True)
class Unemphasised:
    """A text, and where each of its characters stands in the one that was written."""

    text: str
    places: tuple[int, ...] | None
    """Of each character; None where they stand as they were written."""

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters from ``start`` to before ``end``, one at least, were written."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def unemphasised(text: str) -> Unemphasised:
    """A text as the rules read it."""
    usual = text.translate(USUAL)
    marks = EMPHASIS.finditer(text) if _OF_MARKS.search(text) else ()
    marked = {place for mark in marks for place in range(*mark.span())}
    if not marked:
        return Unemphasised(usual, None)
    kept = tuple(place for place in range(len(text)) if place not in marked)
    return Unemphasised("".join(usual[place] for place in kept), kept)
