"""
Scores question by question as JSON lines, as other gates read them, and as a baseline is kept.

    {"case_id": "eu-gdpr-0007", "cluster": "eu-gdpr/art-83", "metric": "rouge_l",
     "score": 0.41, "baseline": 0.22, "higher_is_better": true}

A line a question and metric of which a question's value is a number; of a variant that answered
several times their mean. Read back, such a file stands for the variant whose ``score`` it has.
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from harness.errors import DataError
from harness.files import hash_file
from harness.metrics import make_metrics, metric_names
from harness.outcomes import Outcome
from harness.pairing import Measure, clusters_of, evidence_of
from harness.reading import read_json_lines
from harness.runs import Result
from harness.validation import validated
from reports.side import Side, undirected

Text = Annotated[str, Field(min_length=1)]


class ScoreLine(BaseModel):
    """A line."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    case_id: Text
    cluster: Text
    metric: Text
    score: FiniteFloat
    baseline: FiniteFloat | None = None
    higher_is_better: bool | None = None
    """None where nobody says."""


def score_lines(candidate: Side, baseline: Side | None = None) -> str:
    """The scores of a variant, beside those of the one it is compared with, as JSON lines."""
    result = candidate.result
    outcomes = list(result.outcomes.values())
    # A group is called after what its first question is evident by.
    called: dict[str, str] = {}
    lines: list[dict[str, Any]] = []
    evident = zip(outcomes, evidence_of(outcomes), clusters_of(outcomes), strict=True)
    for outcome, names, group in evident:
        cluster = called.setdefault(group, [*names, f"question {outcome.question_id}"][0])
        for name, measure in candidate.measures.items():
            score = result.mean(name, outcome.question_id)
            if measure.kind == "corpus" or score is None:
                continue
            beside = baseline.result.mean(name, outcome.question_id) if baseline else None
            lines.append(
                {
                    "case_id": outcome.question_id,
                    "cluster": cluster,
                    "metric": name,
                    "score": score,
                    "baseline": beside,
                    "higher_is_better": measure.higher_is_better,
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
    better: dict[str, bool | None] = {}
    for number, found in read_json_lines(path):
        line = validated(ScoreLine, found, f"{path}:{number}", DataError)
        scores = values.setdefault(line.case_id, {})
        if line.metric in scores:
            raise DataError(
                f"{path}:{number}: {line.metric} of {line.case_id!r} stands here twice; write the "
                "file again: policyqa compare A B --gate --rows FILE"
            )
        scores[line.metric] = line.score
        better[line.metric] = line.higher_is_better
        clusters[line.case_id] = line.cluster
    names = dict.fromkeys(name for scores in values.values() for name in scores)
    outcomes = {
        key: Outcome(key, "", scores, {"answerable": True, "evidence": [clusters[key]]})
        for key, scores in values.items()
    }
    measures = {name: _measure(name, outcomes, better.get(name)) for name in names}
    return Side(
        name=str(path),
        result=Result(str(path), outcomes),
        measures=measures,
        questions={},
        scored_on={},
        metric_signatures={},
        facts={},
        identity=f"{path.name}@{hash_file(path)[:8]}",
        undirected=undirected(measures.values(), metric_names()),
    )


def _measure(name: str, outcomes: dict[str, Outcome], higher: bool | None) -> Measure:
    known = {one.name: one for one in make_metrics()}.get(name)
    found = {one.values[name] for one in outcomes.values() if name in one.values}
    # Of several seeds or draws a question has the mean, which is no 0 or 1.
    kind = "rate" if found <= {0.0, 1.0} else "mean"
    if known:
        return Measure(name, known.title, kind, known.higher_is_better)
    return Measure(name, name, kind, higher)
