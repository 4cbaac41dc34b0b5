"""
The provisions that an answer names: do the documents have them, and do they hold the answer?

Of which law a provision is, answers seldom say; so those of the documents in question count: the
ones that have the evidence, and the ones that were shown. A part that the documents do not name of
a provision that they do is not held against an answer: they are shorter than the law.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.metrics.marks import Mark
from harness.metrics.metric import MetricKind, Row, Value
from harness.metrics.provisions import (
    Path,
    Provision,
    named_by,
    paths,
    provisions,
    read_path,
    within,
)

CITATION_RULES = "rules-4"
"""In signatures: raised with any change here or in ``harness.metrics.provisions``."""


@dataclass(frozen=True)
class FabricatedCitation:
    """Answers that name a provision which neither the documents nor the question have."""

    name: ClassVar[str] = "fabricated_citation"
    title: ClassVar[str] = "made-up citations"
    higher_is_better: ClassVar[bool] = False
    kind: ClassVar[MetricKind] = "rate"
    signature: ClassVar[str] = f"fabricated_citation:any,{CITATION_RULES}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """1 or 0 of each row; None where the documents name no provision."""
        return [float(bool(_made_up(row))) if row.provisions else None for row in rows]

    def marks(self, row: Row) -> list[Mark]:
        """Those provisions."""
        return [_mark(one, "made-up citation") for one in _made_up(row)]


@dataclass(frozen=True)
class CitationPrecision:
    """Of the provisions that an answer names, the share that its evidence has, too."""

    name: ClassVar[str] = "citation_precision"
    title: ClassVar[str] = "citation precision"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"
    signature: ClassVar[str] = f"citation_precision:evidence,{CITATION_RULES}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """A share in [0, 1]; None of an answer that names none, or of no known evidence."""
        return [_share(*_supported(row)) for row in rows]

    def marks(self, row: Row) -> list[Mark]:
        """The provisions that the evidence has; and that it has not, but the documents do."""
        named, supported = _supported(row)
        told = {*supported, *_made_up(row)}
        others = [one for one in named if one not in told]
        return [
            *(_mark(one, "evidence cited") for one in supported),
            *(_mark(one, "other provision cited") for one in others),
        ]


@dataclass(frozen=True)
class CitationRecall:
    """Of the provisions that the reference names as governing, the share that an answer names."""

    name: ClassVar[str] = "citation_recall"
    title: ClassVar[str] = "citation recall"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"
    signature: ClassVar[str] = f"citation_recall:reference,{CITATION_RULES}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """A share in [0, 1]; None where the reference names none but those that the question names.
        Naming a part of one counts, and naming what it is a part of does not."""
        return [_recall(row) for row in rows]


@dataclass(frozen=True)
class CitationShown:
    """Of the provisions that an answer names, the share that the model was shown, or asked of."""

    name: ClassVar[str] = "citation_shown"
    title: ClassVar[str] = "citations shown"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"
    signature: ClassVar[str] = f"citation_shown:context-or-question,{CITATION_RULES}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """A share in [0, 1]; None of an answer that names none, or where nothing was shown."""
        return [_shown(row) for row in rows]


def _made_up(row: Row) -> list[Provision]:
    if not row.provisions:
        return []
    known = {read_path(word) for _, words in row.provisions for word in words}
    known |= paths([row.question])
    # A paragraph alone is one of whatever was named before, unless the documents are cited so.
    relative = {"paragraph"} - {path[0] for path in known}
    named = [one for one in provisions(row.answer) if one.path[0] not in relative]
    return [one for one in named if not named_by(one.path, known)]


def _supported(row: Row) -> tuple[Sequence[Provision], Sequence[Provision]]:
    """The provisions an answer names, and those of them that its evidence has."""
    of_evidence = (words for section, words in row.provisions if section in row.evidence)
    held = {read_path(word) for words in of_evidence for word in words}
    named = provisions(row.answer) if held else ()
    return named, [one for one in named if named_by(one.path, held)]


def _shown(row: Row) -> float | None:
    if not row.context:
        return None
    shown = paths([row.context, row.question])
    named = provisions(row.answer)
    return _share(named, [one for one in named if named_by(one.path, shown)])


def _recall(row: Row) -> float | None:
    asked_of = paths([row.question])
    wanted = [one for one in paths(row.citations) if not any(within(x, one) for x in asked_of)]
    named = paths([row.answer])
    return _share(wanted, [one for one in wanted if any(within(x, one) for x in named)])


def _share(all_of: Sequence[Provision] | Sequence[Path], some: Sequence[object]) -> float | None:
    return len(some) / len(all_of) if all_of else None


def _mark(one: Provision, kind: str) -> Mark:
    return Mark("answer", one.start, one.end, kind)
