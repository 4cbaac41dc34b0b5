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


def is_bare_number(line: str) -> bool:
    """Whether a line is a number and what it counts alone, as ``Article 5``."""
    return _KEYWORD.fullmatch(line.strip()) is not None
