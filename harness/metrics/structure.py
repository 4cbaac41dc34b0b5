"""How an answer is built, whatever it says: does it repeat itself, is it long, does it end?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.metrics.metric import MetricKind, Row, Value

ORDER = 4
"""Words in a row that count as said again."""
_ENDS_BACKWARDS = re.compile(r"\W*?[.!?…:;\"'”’)\]。？！|]")
_ITEM = re.compile(r"[ \t]*(?:[-*•+]|\d{1,3}[.)])[ \t]+\S")


@dataclass(frozen=True)
class Repetition:
    """The share of an answer's runs of four words that it has said before."""

    name: ClassVar[str] = "repetition"
    title: ClassVar[str] = "repetition"
    higher_is_better: ClassVar[bool] = False
    kind: ClassVar[MetricKind] = "mean"
    signature: ClassVar[str] = f"repetition:{ORDER}-grams,lower-case"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """A share in [0, 1) of each row; 0 of an answer of fewer words."""
        return [_repeated(row.answer) for row in rows]


@dataclass(frozen=True)
class Length:
    """An answer's words over those of the reference whose length is nearest to it."""

    name: ClassVar[str] = "length"
    title: ClassVar[str] = "length / reference"
    higher_is_better: ClassVar[bool | None] = None
    kind: ClassVar[MetricKind] = "mean"
    signature: ClassVar[str] = "length:words,nearest-reference"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """A quotient from 0 of each row; None where no reference has a word."""
        return [_length(row) for row in rows]


@dataclass(frozen=True)
class Unfinished:
    """Answers that do not end as a sentence does: cut at the limit of tokens, or broken off.

    A list whose items before the last do without full stops ends as they do, and a table with its
    row.
    """

    name: ClassVar[str] = "unfinished"
    title: ClassVar[str] = "unfinished"
    higher_is_better: ClassVar[bool] = False
    kind: ClassVar[MetricKind] = "rate"
    signature: ClassVar[str] = "unfinished:no-final-punctuation,of-lists-as-before"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """1 or 0 of each row; None of an empty answer, which is counted elsewhere."""
        return [float(not _ended(row.answer)) if row.answer.strip() else None for row in rows]


@dataclass(frozen=True)
class Empty:
    """Answers without a word."""

    name: ClassVar[str] = "empty"
    title: ClassVar[str] = "empty"
    higher_is_better: ClassVar[bool] = False
    kind: ClassVar[MetricKind] = "rate"
    signature: ClassVar[str] = "empty:no-word"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """1 or 0 of each row."""
        return [float(not _words(row.answer)) for row in rows]


def _ended(text: str) -> bool:
    if _ENDS_BACKWARDS.match(text[::-1]):
        return True
    *before, last = text.strip().splitlines()
    items = [line for line in before if _ITEM.match(line)]
    return bool(_ITEM.match(last) and items and not _ENDS_BACKWARDS.match(items[-1][::-1]))


def _repeated(text: str) -> float:
    words = _words(text)
    runs = [tuple(words[i : i + ORDER]) for i in range(len(words) - ORDER + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def _length(row: Row) -> float | None:
    ours = len(_words(row.answer))
    theirs = [count for count in map(len, map(_words, row.references)) if count]
    return ours / min(theirs, key=lambda count: (abs(count - ours), count)) if theirs else None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
