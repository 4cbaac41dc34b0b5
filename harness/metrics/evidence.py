"""Was the answer's evidence in the context at all? The share of what the retriever got right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.metrics.metric import MetricKind, Row, Value


@dataclass(frozen=True)
class EvidenceShown:
    """Of the questions with known evidence, those whose context shows some of it, even cut."""

    name: ClassVar[str] = "evidence_shown"
    title: ClassVar[str] = "evidence shown"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "rate"
    signature: ClassVar[str] = "evidence_shown:any-section"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """1 or 0 of each row; None where no section is known to hold the answer."""
        return [None if row.evidence_shown is None else float(row.evidence_shown) for row in rows]
