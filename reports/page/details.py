"""
What the explorer shows of a question that is opened: prompts, passages, costs and marks.

Offsets of marks are those of JavaScript, in UTF-16 units.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.metrics.marks import LoggedMark
from harness.outcomes import Outcome
from reports.page.columns import Column


def details_of(column: Column, outcome: Outcome) -> dict[str, Any]:
    """Of one answer, as JSON."""
    context = str(outcome.document.get("context") or "")
    texts: Mapping[str, Sequence[str]] = {
        "answer": [outcome.text],
        "context": [context],
        "reference": outcome.references,
    }
    return {
        "prompt": outcome.asked,
        "passages": _passages(outcome, context),
        "cost": dict(outcome.cost),
        "replicates": len(column.result.replicates),
        "marks": [_mark(told, texts) for told in outcome.marks],
    }


def _mark(told: LoggedMark, texts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    mark = told.mark
    text = texts[mark.of][mark.reference]
    return {
        "of": mark.of,
        "kind": mark.kind,
        "note": mark.note,
        "metric": told.metric,
        "reference": mark.reference,
        "start": _units(text[: mark.start]),
        "end": _units(text[: mark.end]),
    }


def _passages(outcome: Outcome, context: str) -> list[dict[str, Any]]:
    """The context in the passages that it numbers; in one piece where it does not."""
    ids = outcome.document.get("context_ids") or []
    starts = [found.start() for found in re.finditer(r"^\[\d+\] ", context, re.MULTILINE)]
    if not ids or len(starts) != len(ids):
        whole = {
            "id": ", ".join(ids),
            "text": context,
            "start": 0,
            "evidence": outcome.evidence_shown,
        }
        return [whole] if context else []
    ends = [*starts[1:], len(context)]
    return [
        {
            "id": one,
            "text": context[start:end].rstrip("\n"),
            "start": _units(context[:start]),
            "evidence": one in outcome.evidence,
        }
        for one, start, end in zip(ids, starts, ends, strict=True)
    ]


def _units(text: str) -> int:
    """Its length in UTF-16 units."""
    return len(text) + sum(one > "\uffff" for one in text)
