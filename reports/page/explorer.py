"""
Answers → what the page's explorer shows, as JSON: a head with what is listed, and details in parts.

Columns rather than rows, and numbers for names: five variants on 5,000 questions stay small.
Offsets of marks are those of JavaScript, in UTF-16 units.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.files import fingerprint
from harness.metrics.marks import LoggedMark
from harness.pairing import clusters_of
from harness.runs import Outcome, Result
from reports.comparison import YARDSTICK
from reports.page.causes import CAUSES, abstained, cause_of, shows_evidence
from reports.page.reading import RunRead
from reports.slices import slicings

PART = 50
"""Questions whose details are packed together."""
BEFORE = "before: {}"
"""How a variant of the earlier of two runs is named."""


@dataclass(frozen=True)
class Column:
    """A variant as the explorer lists it."""

    name: str
    result: Result
    run: RunRead
    counterpart: int | None = None
    """Of two runs, the place of the same variant in the earlier."""

    @property
    def floor(self) -> bool:
        """Whether it has no language model."""
        return bool(self.run.manifest["variants"][self.result.name]["floor"])


@dataclass(frozen=True)
class Explorer:
    """All that the explorer shows."""

    head: dict[str, Any]
    parts: list[list[Any]]
    """Of each ``PART`` questions, by question and variant."""


def explorer(after: RunRead, before: RunRead | None = None) -> Explorer:
    """The answers of a run, or of two on the questions that both have.

    Args:
        after: the run.
        before: an earlier one that it is compared with.
    """
    columns = _columns(after, before)
    runs = [after] if before is None else [after, before]
    keys = [
        key
        for key in next(iter(after.results.values())).outcomes
        if all(key in column.result.outcomes for column in columns)
    ]
    facts = {
        name: what
        for name, what in after.comparison.metrics.items()
        if what.kind != "corpus" and all(name in run.comparison.metrics for run in runs)
    }
    by = _deciding(after, list(facts))
    outcomes = [[column.result.outcomes[key] for key in keys] for column in columns]
    kinds = sorted({told.mark.kind for those in outcomes for one in those for told in one.marks})
    head = {
        "identity": fingerprint([run.comparison.signature for run in runs]),
        "twoRuns": before is not None,
        "by": list(facts).index(by),
        "candidate": _candidate(after, columns),
        "beside": _beside(after, before, columns),
        "metrics": [
            {"name": name, "title": what.title, "higher": what.higher_is_better}
            for name, what in facts.items()
        ],
        "variants": [
            {"name": one.name, "floor": one.floor, "counterpart": one.counterpart}
            for one in columns
        ],
        "causes": CAUSES,
        "markKinds": kinds,
        "questionsAPart": PART,
        "slicings": _slicings(after, outcomes[0]),
        "questions": list(_questions(after, outcomes[0])),
        "answers": [[one.text for one in those] for those in outcomes],
        "scores": [[_scores(column, name, keys) for column in columns] for name in facts],
        "abstained": [[_bit(abstained(one)) for one in those] for those in outcomes],
        "shown": [[_bit(shows_evidence(one)) for one in those] for those in outcomes],
        "marks": [[_bits(one, kinds) for one in those] for those in outcomes],
        "cause": [_causes(column, those, by) for column, those in zip(columns, outcomes, strict=True)],
    }
    details = [
        [_details(column, key, one) for column, one in zip(columns, row, strict=True)]
        for key, row in zip(keys, zip(*outcomes, strict=True), strict=True)
    ]
    return Explorer(head, [details[at : at + PART] for at in range(0, len(details), PART)])


def _columns(after: RunRead, before: RunRead | None) -> list[Column]:
    earlier = list(before.results) if before else []
    columns = [
        Column(name, result, after, len(after.results) + earlier.index(name) if name in earlier else None)
        for name, result in after.results.items()
    ]
    if before:
        columns += [Column(BEFORE.format(name), one, before) for name, one in before.results.items()]
    return columns


def _deciding(run: RunRead, names: Sequence[str]) -> str:
    verdict = run.comparison.verdict
    return verdict.by if verdict and verdict.by in names else names[0]


def _candidate(run: RunRead, columns: Sequence[Column]) -> int:
    """The variant that the verdict names, or the first that is neither in place nor a floor."""
    verdict, baseline = run.comparison.verdict, run.comparison.baseline
    named = verdict.variant if verdict else None
    ours = [column.result.name for column in columns if column.run is run]
    if named in ours and named != baseline:
        return ours.index(named)
    others = (place for place, one in enumerate(columns) if not one.floor and one.name != baseline)
    return next(others, 0)


def _beside(after: RunRead, before: RunRead | None, columns: Sequence[Column]) -> int:
    """What is in place; of two runs, the candidate as it was."""
    if before:
        counterpart = columns[_candidate(after, columns)].counterpart
        if counterpart is not None:
            return counterpart
    return list(after.results).index(after.comparison.baseline)


def _slicings(run: RunRead, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    found = []
    for by, label in slicings(run.manifest).items():
        labels = sorted({one for one in map(label, outcomes) if one is not None})
        if len(labels) > 1:
            found.append({"by": by, "labels": labels})
    return found


def _questions(run: RunRead, outcomes: Sequence[Outcome]) -> Iterator[dict[str, Any]]:
    shown = {one["by"]: one["labels"] for one in _slicings(run, outcomes)}
    label_of = slicings(run.manifest)
    groups = clusters_of(list(outcomes))
    for outcome, group in zip(outcomes, groups, strict=True):
        labels = {by: label_of[by](outcome) for by in shown}
        yield {
            "id": outcome.question_id,
            "text": str(outcome.document.get("question", "")),
            "references": [*outcome.values_of("answer"), *outcome.values_of("answers")],
            "evidence": outcome.evidence,
            "group": group,
            "slices": [
                shown[by].index(one) if one in shown[by] else -1 for by, one in labels.items()
            ],
        }


def _scores(column: Column, metric: str, keys: Sequence[str]) -> list[float | None]:
    """Means over replicates; None where one has no value."""
    found = []
    for key in keys:
        values = [one[key].values.get(metric) for one in column.result.replicates if key in one]
        numbers = [one for one in values if isinstance(one, float)]
        whole = len(numbers) == len(column.result.replicates)
        found.append(round(float(np.mean(numbers)), 4) if whole else None)
    return found


def _causes(column: Column, outcomes: Sequence[Outcome], by: str) -> list[int]:
    comparison = column.run.comparison
    result, baseline = column.result, comparison.baseline
    yardstick = comparison.floor or (baseline if result.name != baseline else None)
    if column.floor or yardstick is None:
        return [-1] * len(outcomes)
    least = column.run.results[yardstick].outcomes
    higher = comparison.metrics[by].higher_is_better is not False
    found = []
    for one in outcomes:
        value = least[one.question_id].values.get(by) if one.question_id in least else None
        cause = cause_of(one, value if isinstance(value, float) else None, higher, by)
        found.append(-1 if cause is None else CAUSES.index(cause))
    return found


def _details(column: Column, key: str, outcome: Outcome) -> dict[str, Any]:
    context = str(outcome.document.get("context") or "")
    texts: Mapping[str, Sequence[str]] = {
        "answer": [outcome.text],
        "context": [context],
        "reference": [*outcome.values_of("answer"), *outcome.values_of("answers")],
    }
    return {
        "prompt": outcome.asked,
        "passages": _passages(outcome, context),
        "cost": dict(outcome.cost),
        "replicates": sum(key in one for one in column.result.replicates),
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
        whole = {"id": ", ".join(ids), "text": context, "start": 0, "evidence": outcome.evidence_shown}
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


def _bit(found: bool | None) -> int | None:
    return None if found is None else int(found)


def _bits(outcome: Outcome, kinds: Sequence[str]) -> int:
    return sum(1 << kinds.index(kind) for kind in {told.mark.kind for told in outcome.marks})
