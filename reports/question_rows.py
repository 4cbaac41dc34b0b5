"""
What each variant answered to each question, and what that scored, as CSV for a spreadsheet.

A row a question and variant, those of a question below each other. Text is made visible and is no
formula (``harness.inert``); what is a number is written as one, and what nobody knows is left
empty. Statistics of corpus metrics, of which a question has no figure, are left out.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from harness.inert import in_spreadsheet
from harness.metrics.evidence import EvidenceShown
from harness.outcomes import Outcome
from harness.pairing import clusters_of
from harness.runs import Result

_ASKED = ("split", "framework", "kind")
_COSTS = ("prompt_tokens", "answer_tokens", "seconds", "price")
_BEFORE = ("id", "group", *_ASKED, "answerable", "question", "references", "variant", "answer")
_AFTER = (EvidenceShown.name, *_COSTS, "replicates")
_Cell = str | float | None


def question_csv(results: Sequence[Result]) -> str:
    """The rows of variants, with a line that names the columns.

    A metric's column has its name, followed by ``(metric)`` where another column is called so. Of
    a variant that answered several times it has the first answer, and the means of values and
    costs that every replicate has.

    Args:
        results: finished variants, of the same questions or of some of them.

    Returns:
        CSV by RFC 4180: commas, CRLF, no character that UTF-8 cannot hold.
    """
    first: dict[str, Outcome] = {}
    for result in results:
        first |= {key: one for key, one in result.outcomes.items() if key not in first}
    groups = dict(zip(first, clusters_of(list(first.values())), strict=True))
    metrics = _metric_names(results)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(map(in_spreadsheet, [*_BEFORE, *map(_column, metrics), *_AFTER]))
    for key, group in groups.items():
        for result in results:
            if key in result.outcomes:
                writer.writerow(map(_written, _row(result, key, group, metrics)))
    return text.getvalue()


def _metric_names(results: Sequence[Result]) -> list[str]:
    """Of the metrics of which some question has a number, in the order they are met; whether the
    evidence was shown has its own column."""
    found = dict.fromkeys(
        name
        for result in results
        for outcome in result.outcomes.values()
        for name, value in outcome.values.items()
        if isinstance(value, float)
    )
    return [name for name in found if name != EvidenceShown.name]


def _column(metric: str) -> str:
    return f"{metric} (metric)" if metric in (*_BEFORE, *_AFTER) else metric


def _row(result: Result, key: str, group: str, metrics: Sequence[str]) -> list[_Cell]:
    outcome = result.outcomes[key]
    document = outcome.document
    asked = [one[key] for one in result.replicates if key in one]
    references = [document.get("answer"), *(document.get("answers") or [])]
    answerable = document.get("answerable")
    return [
        key,
        int(group),
        *(_text(document.get(name)) for name in _ASKED),
        None if answerable is None else int(bool(answerable)),
        _text(document.get("question")),
        "\n".join(_text(one) for one in references if one),
        result.name,
        outcome.text,
        *(_mean(one.values.get(name) for one in asked) for name in metrics),
        _evidence_shown(outcome),
        *(_mean(one.cost.get(name) for one in asked) for name in _COSTS),
        len(asked),
    ]


def _evidence_shown(outcome: Outcome) -> int | None:
    """1 or 0; None where no section is known to hold the answer, or nobody says what was shown."""
    told = outcome.evidence and outcome.document.get("context_ids") is not None
    return int(outcome.evidence_shown) if told else None


def _mean(values: Iterable[Any]) -> float | None:
    """Of all replicates; None where one has no value."""
    found = list(values)
    known = [one for one in found if isinstance(one, float) and math.isfinite(one)]
    return fmean(known) if len(known) == len(found) else None


def _text(found: Any) -> str:
    """A field of a document, which may be anything."""
    if found is None or isinstance(found, str):
        return found or ""
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


def _written(cell: _Cell) -> _Cell:
    return in_spreadsheet(cell) if isinstance(cell, str) else cell
