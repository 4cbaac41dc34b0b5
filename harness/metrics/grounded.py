"""Do the numbers, dates, amounts and provisions of an answer stand in what it was shown?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.metrics.fact import RULES, Span
from harness.metrics.marks import Mark
from harness.metrics.metric import MetricKind, Row, Value
from harness.metrics.provisions import named_by, paths, provisions
from harness.metrics.quantities import quantities


@dataclass(frozen=True)
class Grounded:
    """The share of an answer's numbers, dates, amounts and provisions that the context or the
    question has; an answer without any says nothing that could be looked up."""

    name: ClassVar[str] = "grounded"
    title: ClassVar[str] = "grounded"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"
    signature: ClassVar[str] = f"grounded:context-or-question,{RULES}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """A share in [0, 1] of each row; None where nothing was shown, or nothing is stated."""
        shares: list[Value | None] = []
        for row in rows:
            stated = _stated(row)
            grounded = sum(there for _, there in stated)
            shares.append(grounded / len(stated) if stated else None)
        return shares

    def marks(self, row: Row) -> list[Mark]:
        """What stands nowhere in what was shown."""
        missing = [span for span, there in _stated(row) if not there]
        return [Mark("answer", *span, "not in the context") for span in missing]


def _stated(row: Row) -> list[tuple[Span, bool]]:
    """Where an answer states something of the kind, and whether it was shown."""
    if not row.context:
        return []
    found = [one for text in (row.context, row.question) for one in quantities(text)]
    shown = {(one.kind, one.unit, one.value): one for one in found}.values()
    known = paths([row.context, row.question])
    return [
        *(
            ((one.start, one.end), any(one.same(other) for other in shown))
            for one in quantities(row.answer)
        ),
        *(((one.start, one.end), named_by(one.path, known)) for one in provisions(row.answer)),
    ]
