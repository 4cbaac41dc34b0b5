"""What a document is read into, whatever kind it is: headings and paragraphs, in reading order."""

import re
from dataclasses import dataclass

from harness.errors import DataError

HEADING_WORDS = 16
"""A line of more words is no heading."""
_KEYWORD = re.compile(
    r"(?i:article|art\.|section|sec\.|chapter|part|title|annex|appendix|schedule|rule|clause)\s+"
    r"(?:\d[\w.-]*|[IVXLC]+|[A-Z])(?!\w)"
)
_ITEM = re.compile(r"\(?\d+(?:\.\d+)*[.:)]+\s")
_NUMBERED = re.compile(r"§+\s*\d|\d+(?:\.\d+)*\.?\s+(?=[^\W\d_])(?=\S*[^a-z\W\d_])")


class DocumentError(DataError):
    """A document that is broken, encrypted, empty or scanned; the message says which."""


@dataclass(frozen=True)
class Block:
    """A heading, or a paragraph, list or table."""

    text: str
    level: int = 0
    """1 is a document's highest heading; 0 is no heading."""
    pages: tuple[int, ...] = ()
    """It stands on, from 1, ascending; empty where a document has none to tell."""


def looks_like_heading(line: str) -> bool:
    """Whether a line by itself reads as a heading: numbered, or all in capitals, and short."""
    words = line.split()
    if not 0 < len(words) <= HEADING_WORDS or line.rstrip()[-1] in ".;,":
        return False
    numbered = _KEYWORD.match(line) or _NUMBERED.match(line)
    return numbered is not None or (line.isupper() and len(line) > 3)


def stands_above(line: str, rest: str, width: int) -> bool:
    """Whether a line that reads as a heading is that of the lines right below it.

    It is not the first of a list, whose other lines are numbered too, nor of a sentence that goes
    on: in lower case, or in the next line for want of room, in a text of that ``width``.
    """
    if _KEYWORD.fullmatch(line.strip()):
        return True
    word, *_ = rest.split(maxsplit=1)
    if word[0].islower() or word[0] in "(0123456789" or len(f"{line.rstrip()} {word}") > width:
        return False
    below = [one.strip() for one in rest.split("\n")]
    return not any(_ITEM.match(s) or _NUMBERED.match(s) or looks_like_heading(s) for s in below)
