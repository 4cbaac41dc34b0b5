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
_COUNTED = re.compile(r"(?P<before>\(?(?:\d+\.)*)(?P<number>\d+)(?P<after>[.:)]*)\s")
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
    return is_numbered(line) or (line.isupper() and len(line) > 3)


def is_numbered(line: str) -> bool:
    """Whether a line begins with a number, or a word that counts, as ``Article 5``."""
    return bool(_KEYWORD.match(line) or _NUMBERED.match(line))


def stands_above(line: str, rest: str, width: int) -> bool:
    """Whether a line that reads as a heading is that of the lines right below it.

    It is not the first of a list, which counts on, nor of a sentence that goes on: in lower case,
    or in the next line for want of room, in a text of that ``width``.
    """
    if _KEYWORD.fullmatch(line.strip()):
        return True
    word, below = rest.split(maxsplit=1)[0], [one.strip() for one in rest.split("\n")]
    goes_on = word[0].islower() or len(f"{line.rstrip()} {word}") > width
    if goes_on or word[0] in "(0123456789" or looks_like_heading(below[0]):
        return False
    counted = _COUNTED.match(line)
    if counted is None:
        return True
    before, number, after = counted.groups()
    others = tuple(f"{before}{n}{after} " for n in (int(number), int(number) + 1))
    return not any(one.startswith(others) for one in below)
