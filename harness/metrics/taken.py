"""
Where facts are lost: before the answer, that it was not shown, or in it, that it was not taken.

A yes or no is nothing that a context has: it is left out of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.metrics.fact import RULES, Fact, judged
from harness.metrics.facts import facts_of
from harness.metrics.metric import MetricKind, Row, Value


@dataclass(frozen=True)
class FactsShown:
    """The share of the facts of a right answer that its context has."""

    name: ClassVar[str] = "facts_shown"
    title: ClassVar[str] = "facts shown"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"
    signature: ClassVar[str] = f"facts_shown:recall,{RULES}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """A share in [0, 1]; None without facts, or where nothing is known to be shown."""
        return [_share(row, _stated(row)) for row in rows]


@dataclass(frozen=True)
class FactsTaken:
    """Of the facts that its context has, the share that an answer has, too."""

    name: ClassVar[str] = "facts_taken"
    title: ClassVar[str] = "facts taken"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"
    signature: ClassVar[str] = f"facts_taken:recall of shown,{RULES}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """A share in [0, 1]; None where no fact is shown."""
        return [_taken(row) for row in rows]


def _stated(row: Row) -> list[Fact]:
    """The facts that a context could have; none where there is no context."""
    return [one for one in facts_of(row) if one.kind != "yes-no"] if row.context else []


def _shown(row: Row, facts: Sequence[Fact]) -> list[Fact]:
    found = judged(facts, "", row.context or "")
    return [one.fact for one in found if one.found is not None]


def _share(row: Row, facts: Sequence[Fact]) -> float | None:
    return len(_shown(row, facts)) / len(facts) if facts else None


def _taken(row: Row) -> float | None:
    shown = _shown(row, _stated(row))
    found = [one.found is not None for one in judged(shown, row.question, row.answer)]
    return sum(found) / len(found) if found else None
