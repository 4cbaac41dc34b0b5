"""
Answers → what the page's explorer shows, as JSON: a head with what is listed, and details in parts.

Columns rather than rows, and numbers for names: five variants on 5,000 questions stay small.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from more_itertools import chunked

from harness.files import fingerprint
from harness.inert import UNSEEN_IN_SCRIPTS
from harness.outcomes import Outcome
from reports.page.causes import CAUSES, abstained, cause_of, shows_evidence
from reports.page.columns import Column, beside_of, candidate_of, columns_of
from reports.page.details import details_of
from reports.page.reading import RunRead
from reports.reported import MetricFacts
from reports.slices import slicings

QUESTIONS_A_PART = 50
"""Questions whose details are packed together."""


@dataclass(frozen=True)
class Explorer:
    """All that the explorer shows."""

    head: dict[str, Any]
    parts: Iterator[list[Any]]
    """Of each ``QUESTIONS_A_PART`` questions, by question and variant; made as they are taken."""


def explorer(after: RunRead, before: RunRead | None = None) -> Explorer:
    """The answers of a run, or of two on the questions that both have.

    Args:
        after: the run.
        before: an earlier one that it is compared with.
    """
    columns = columns_of(after, before)
    keys = [
        key
        for key in columns[0].result.outcomes
        if all(key in column.result.outcomes for column in columns)
    ]
    rows = [[column.result.outcomes[key] for column in columns] for key in keys]
    metrics = _metrics(after, before)
    by = _deciding(after, metrics)
    head = {
        "identity": fingerprint([run.comparison.signature for run in (after, before) if run]),
        "twoRuns": before is not None,
        "by": list(metrics).index(by) if by else -1,
        "unseen": UNSEEN_IN_SCRIPTS,
        "candidate": candidate_of(after, columns),
        "beside": beside_of(after, columns),
        "metrics": [
            {"name": name, "title": what.title, "higher": what.higher_is_better}
            for name, what in metrics.items()
        ],
        "variants": [
            {"name": one.name, "floor": one.floor, "counterpart": one.counterpart}
            for one in columns
        ],
        "causes": CAUSES,
        "questionsAPart": QUESTIONS_A_PART,
        **_questions(after, [row[0] for row in rows]),
        **_answers(rows),
        "scores": [
            [[_score(column, name, key) for key in keys] for column in columns] for name in metrics
        ],
        "cause": [[_cause(column, key, by) for key in keys] for column in columns],
    }
    details = ([details_of(*pair) for pair in zip(columns, row, strict=True)] for row in rows)
    return Explorer(head, chunked(details, QUESTIONS_A_PART))


def _metrics(after: RunRead, before: RunRead | None) -> dict[str, MetricFacts]:
    """The metrics of which a question has a score, that all runs have."""
    facts = after.comparison.metrics
    others = before.comparison.metrics if before else facts
    return {name: what for name, what in facts.items() if what.kind != "corpus" and name in others}


def _deciding(run: RunRead, metrics: Mapping[str, MetricFacts]) -> str | None:
    """The deciding metric, or the first of which better is known; None where a question has a
    score of none."""
    verdict = run.comparison.verdict
    directed = (name for name, what in metrics.items() if what.higher_is_better is not None)
    return verdict.by if verdict and verdict.by in metrics else next(directed, None)


def _questions(run: RunRead, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The questions, and the slices that they are in, by number."""
    labels = {by: list(map(label, outcomes)) for by, label in slicings(run.manifest).items()}
    labels["document"] = [one.document.get("framework") for one in outcomes]
    known = {by: sorted({one for one in found if one}) for by, found in labels.items()}
    shown = {by: names for by, names in known.items() if len(names) > 1}
    places: dict[str, dict[str | None, int]] = {
        by: {name: place for place, name in enumerate(names)} for by, names in shown.items()
    }
    return {
        "slicings": [{"by": by, "labels": names} for by, names in shown.items()],
        "questions": [
            {
                "id": one.question_id,
                "text": str(one.document.get("question", "")),
                "references": one.references,
                "evidence": one.evidence,
                "slices": [places[by].get(labels[by][place], -1) for by in shown],
            }
            for place, one in enumerate(outcomes)
        ],
    }


def _answers(rows: Sequence[Sequence[Outcome]]) -> dict[str, Any]:
    """What is listed of answers, by variant and question."""
    kinds = sorted({told.mark.kind for row in rows for one in row for told in one.marks})
    columns = list(zip(*rows, strict=True))
    return {
        "markKinds": kinds,
        "answers": [[one.text for one in column] for column in columns],
        "abstained": [[_bit(abstained(one)) for one in column] for column in columns],
        "shown": [[_bit(shows_evidence(one)) for one in column] for column in columns],
        "marks": [[_kinds(one, kinds) for one in column] for column in columns],
    }


def _score(column: Column, metric: str, key: str) -> float | None:
    """The mean over replicates, to six figures that the page has room for."""
    value = column.result.mean(metric, key)
    return None if value is None else float(f"{value:.6g}")


def _cause(column: Column, key: str, by: str | None) -> int:
    """The number of a cause, -1 for none. Floors have none: they do not try."""
    comparison = column.run.comparison
    if by is None or column.floor or column.result.name == comparison.yardstick:
        return -1
    beaten = Column(comparison.yardstick, column.run.results[comparison.yardstick], column.run)
    least = _score(beaten, by, key)
    higher = comparison.metrics[by].higher_is_better is not False
    value = _score(column, by, key)
    cause = cause_of(column.result.outcomes[key], value, least, higher)
    return -1 if cause is None else CAUSES.index(cause)


def _bit(found: bool | None) -> int | None:
    return None if found is None else int(found)


def _kinds(outcome: Outcome, kinds: Sequence[str]) -> list[int]:
    """The kinds of its marks, by number."""
    return sorted({kinds.index(told.mark.kind) for told in outcome.marks})
