"""
Does an answer commit to what it must, and to nothing else in its place?

The facts are those of the question where it has them, else those that its references share, drawn
by rules (``harness.metrics.fact``).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.metrics.fact import RULES, Fact, Judged, ReadText, Span, judged
from harness.metrics.marks import Mark
from harness.metrics.metric import MetricKind, Row, Value
from harness.metrics.once import read_once
from harness.metrics.provisions import named, paths

_NEXT_WORD = re.compile(r"[ -][^\W\d_][\w'’-]*")


@dataclass(frozen=True)
class FactRecall:
    """The share of an answer's facts that it has, averaged over the questions that have some."""

    name: ClassVar[str] = "facts"
    title: ClassVar[str] = "facts"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"
    signature: ClassVar[str] = f"facts:recall,{RULES}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """A share in [0, 1] of each row; None of one without facts."""
        found = [[one.found is not None for one in judged_of(row)] for row in rows]
        return [sum(those) / len(those) if those else None for those in found]

    def marks(self, row: Row) -> list[Mark]:
        """What is found, where it stands; what is not, as a note."""
        return [
            _mark(one.found, "fact found", one.fact)
            for one in judged_of(row)
            if one.contradicted is None
        ]


@dataclass(frozen=True)
class Contradicted:
    """Answers that have another number, or the opposite verdict, where a fact should be."""

    name: ClassVar[str] = "contradicted"
    title: ClassVar[str] = "contradicted"
    higher_is_better: ClassVar[bool] = False
    kind: ClassVar[MetricKind] = "rate"
    signature: ClassVar[str] = f"contradicted:any,{RULES}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """1 or 0 of each row; None of one none of whose facts could be contradicted."""
        return [
            float(any(one.contradicted for one in those)) if those else None
            for those in map(_contradictable, rows)
        ]

    def marks(self, row: Row) -> list[Mark]:
        """What stands in the place of a fact."""
        return [
            _mark(one.contradicted, "contradicted", one.fact)
            for one in _contradictable(row)
            if one.contradicted
        ]


def judged_of(row: Row) -> list[Judged]:
    """What of each of its facts a row's answer has; nothing of one that no section answers."""
    return judged(facts_of(row), row.question, row.answer)


def facts_of(row: Row) -> tuple[Fact, ...]:
    """What a right answer to a row's question has; nothing of one that no section answers."""
    if not row.answerable:
        return ()
    return row.facts or drawn_facts(tuple(row.references), row.question)


@read_once
def drawn_facts(references: tuple[str, ...], question: str) -> tuple[Fact, ...]:
    """The facts of the first reference that all others have, too, and the question has not.

    A verdict that it begins with, and the numbers, dates, amounts and provisions that it names.
    """
    if not references:
        return ()
    stated = list(_stated(references[0]))
    asked = judged(stated, "", question)
    others = [judged(stated, "", other) for other in references[1:]]
    return tuple(
        fact
        for place, fact in enumerate(stated)
        if (fact.kind == "yes-no" or not asked[place].found)
        and all(those[place].found for those in others)
    )


def _stated(reference: str) -> Iterator[Fact]:
    """All facts of a text that rules can draw, each once."""
    read = ReadText(reference)
    if verdict := read.verdict():
        yield Fact("yes-no", verdict.says)
    seen: set[str] = set()
    found = [
        (one.kind, _with_nouns(reference, one.end, one.kind), one.start) for one in read.quantities
    ]
    for kind, end, start in found:
        value = reference[start:end]
        if value.lower() not in seen:
            seen.add(value.lower())
            yield Fact(kind, value)
    for one in read.provisions:
        value = reference[one.start : one.end]
        if paths([value]) != {one.path}:  # Of a list: "and 34" of "Articles 33 and 34".
            value = named(one.path)
        if value.lower() not in seen and value[0].isalpha():
            seen.add(value.lower())
            yield Fact("provision", value)


def _with_nouns(text: str, end: int, kind: str) -> int:
    """Where a bare number ends with the word behind it, which says what it counts."""
    following = _NEXT_WORD.match(text, end) if kind == "number" else None
    return following.end() if following else end


def _contradictable(row: Row) -> list[Judged]:
    return [one for one in judged_of(row) if one.fact.kind not in ("provision", "term")]


def _mark(span: Span | None, kind: str, fact: Fact) -> Mark:
    said = f"{fact.kind}: {fact.value}"
    if span is None:
        return Mark("answer", 0, 0, "fact missed", note=said)
    return Mark("answer", *span, kind, note=said)
