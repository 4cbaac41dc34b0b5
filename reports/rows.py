"""
Scores question by question as JSON lines, as other gates read them, and as a baseline is kept.

    {"case_id": "eu-gdpr-0007", "cluster": "eu-gdpr/art-83", "metric": "rouge_l",
     "score": 0.41, "baseline": 0.22}

A line a question and metric of which a question's value is a number; of a variant that answered
several times their mean. Read back, such a file stands for the variant whose ``score`` it has.
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from harness.errors import DataError
from harness.files import hash_file, read_json_lines
from harness.metrics import make_metrics
from harness.pairing import Measure, clusters_of
from harness.runs import Outcome, Result
from harness.validation import validated
from reports.side import Side

Text = Annotated[str, Field(min_length=1)]


class ScoreLine(BaseModel):
    """A line."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    case_id: Text
    cluster: Text
    metric: Text
    score: FiniteFloat
    baseline: FiniteFloat | None = None


def score_lines(candidate: Side, baseline: Side | None = None) -> str:
    """The scores of a variant, beside those of the one it is compared with, as JSON lines."""
    result = candidate.result
    outcomes = list(result.outcomes.values())
    # A group is called after what its first question is evident by.
    called: dict[str, str] = {}
    lines: list[dict[str, Any]] = []
    for outcome, group in zip(outcomes, clusters_of(outcomes), strict=True):
        evident = [*outcome.evidence, *outcome.document_alone, f"question {outcome.question_id}"]
        cluster = called.setdefault(group, evident[0])
        for name, measure in candidate.measures.items():
            score = _mean(result, name, outcome.question_id)
            if measure.kind == "corpus" or score is None:
                continue
            beside = _mean(baseline.result, name, outcome.question_id) if baseline else None
            lines.append(
                {
                    "case_id": outcome.question_id,
                    "cluster": cluster,
                    "metric": name,
                    "score": score,
                    "baseline": beside,
                }
            )
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def is_score_lines(path: Path) -> bool:
    """Whether a file holds such lines, by its first.

    Raises:
        DataError: it is none of JSON lines.
    """
    return all("case_id" in line for _, line in [next(read_json_lines(path), (0, {}))])


def score_lines_side(path: Path) -> Side:
    """The variant whose scores such a file has.

    Raises:
        DataError: a line is none of these, or a score stands twice.
    """
    values: dict[str, dict[str, Any]] = {}
    clusters: dict[str, str] = {}
    for number, found in read_json_lines(path):
        line = validated(ScoreLine, found, f"{path}:{number}", DataError)
        scores = values.setdefault(line.case_id, {})
        if line.metric in scores:
            raise DataError(
                f"{path}:{number}: {line.metric} of {line.case_id!r} stands here twice; write the "
                "file again: policyqa compare A B --gate --rows FILE"
            )
        scores[line.metric] = line.score
        clusters[line.case_id] = line.cluster
    names = dict.fromkeys(name for scores in values.values() for name in scores)
    outcomes = {
        key: Outcome(key, "", scores, {"answerable": True, "evidence": [clusters[key]]})
        for key, scores in values.items()
    }
    return Side(
        name=str(path),
        result=Result(str(path), outcomes),
        measures={name: _measure(name, outcomes) for name in names},
        questions={},
        scored_on={},
        metric_signatures={},
        facts={},
        identity=f"{path.name}@{hash_file(path)[:8]}",
    )


def _measure(name: str, outcomes: dict[str, Outcome]) -> Measure:
    known = {one.name: one for one in make_metrics()}.get(name)
    if known:
        return Measure(name, known.title, known.kind, known.higher_is_better)
    found = {one.values[name] for one in outcomes.values() if name in one.values}
    return Measure(name, name, "rate" if found <= {0.0, 1.0} else "mean", None)


def _mean(result: Result, metric: str, question: str) -> float | None:
    """Of all replicates; None where one has no value."""
    found = [one[question].values.get(metric) for one in result.replicates if question in one]
    numbers = [one for one in found if isinstance(one, float)]
    return sum(numbers) / len(numbers) if len(numbers) == len(result.replicates) else None
