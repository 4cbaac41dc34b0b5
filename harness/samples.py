"""
Sample logs that lm-eval left, of any task: ``samples_<task>_<time>.jsonl``, made by
``--log_samples``.

Read like a variant of a run, with the measures of its metrics. What a log says is text of others:
names are made printable.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import fsum, isclose
from pathlib import Path
from typing import Any, cast

from harness.errors import DataError
from harness.metrics import CorpusMetric, Metric, Value, make_metrics, metric_names
from harness.outcomes import Outcome
from harness.pairing import Measure
from harness.results import TaskResults, results_of
from harness.sample_lines import AGAIN, Questions, Sample, read_questions
from harness.text import printable

_OURS = frozenset(("id", "question", "prompt", "context", "context_ids", "best_passage"))
"""Fields of the documents of the policyqa tasks, which differ between variants."""


@dataclass(frozen=True)
class Log:
    """A sample log, checked."""

    outcomes: dict[str, Outcome]
    """By question id, in the order of the log, without texts; values by the names of the
    measures."""
    questions: dict[str, str]
    """What was asked, by question id: lm-eval's hash of the document; of a policyqa task, whose
    documents hold the prompt too, the text of the question."""
    measures: dict[str, Measure]
    """By name: the metric's, and ``metric,filter`` where the log has several filters."""
    left_out: tuple[str, ...]
    """A line on each metric whose values say nothing of its figure."""
    filters: tuple[str, ...]
    """What was made of answers before they were scored."""
    ours: bool
    """Whether it is of a policyqa task."""
    results: TaskResults


_Logged = dict[str, tuple[str, Any]]
"""By question id: where a value stands, and the value as logged."""


def read_log(path: Path) -> Log:
    """Read a sample log, and what the results file beside it says of its task.

    Raises:
        DataError: the log is none of lm-eval's, damaged or cut short (``read_questions``), a value
            is no finite number where others are numbers, or the results file is damaged.
    """
    asked = read_questions(path)
    results = results_of(path)
    _check_whole(path, asked, results)
    samples = {key: next(iter(under.values())).sample for key, under in asked.items()}
    ours = all(sample.doc.keys() >= _OURS for sample in samples.values())
    scored, left_out = _scored(asked, ours, results)
    return Log(
        outcomes={
            key: Outcome(
                question_id=key,
                text="",
                values={one.name: found[key] for one, found in scored if key in found},
                document=sample.doc,
            )
            for key, sample in samples.items()
        },
        questions={key: _asked(sample, ours) for key, sample in samples.items()},
        measures={measure.name: measure for measure, _ in scored},
        left_out=tuple(left_out),
        filters=tuple(map(printable, next(iter(asked.values())))),
        ours=ours,
        results=results,
    )


def _scored(
    asked: Questions, ours: bool, results: TaskResults
) -> tuple[list[tuple[Measure, dict[str, Value]]], list[str]]:
    """Each measure with its values by question id; and what is left out, and why."""
    known = {metric.name: metric for metric in make_metrics(metric_names())} if ours else {}
    several = len(next(iter(asked.values()))) > 1
    scored, left_out = [], []
    for name, kept, logged in _columns(asked):
        key = f"{name},{kept}"  # As in lm-eval's results.
        shown = printable(key if several else name)
        values = _values(shown, logged, known.get(name))
        flaw = _flaw(values, results.figures.get(key))
        if flaw:
            left_out.append(f"{shown} is left out: {flaw}")
        else:
            higher = results.higher_is_better.get(name)
            scored.append((_measure(shown, values, known.get(name), higher), values))
    return scored, left_out


def _check_whole(path: Path, asked: Questions, results: TaskResults) -> None:
    """A log cut at the end of a line looks whole, but lm-eval has counted its questions."""
    if results.questions is not None and len(asked) < results.questions:
        raise DataError(
            f"{path}: the log ends after {len(asked)} of the {results.questions} "
            f"questions that the results file beside it counts; {AGAIN}, or copy it without the "
            "results file to compare what it has"
        )


def _asked(sample: Sample, ours: bool) -> str:
    if ours:
        return str(sample.doc["question"])
    if sample.doc_hash is not None:
        return sample.doc_hash
    # Of a version that logged none: made of the document as later ones do.
    text = json.dumps(sample.doc, indent=2, ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _columns(asked: Questions) -> Iterator[tuple[str, str, _Logged]]:
    """The values of each metric under each filter, in the order of the log."""
    for kept in next(iter(asked.values())):
        lines = {key: under[kept] for key, under in asked.items()}
        for metric in dict.fromkeys(name for line in lines.values() for name in line.values):
            having = {key: line for key, line in lines.items() if metric in line.values}
            yield metric, kept, {k: (one.place, one.values[metric]) for k, one in having.items()}


def _values(name: str, logged: _Logged, metric: Metric | None) -> dict[str, Value]:
    """The values as numbers, or as statistics of a corpus metric of ours; none where they are
    neither.

    Raises:
        DataError: some are numbers, and one is not, or is not finite.
    """
    if any(isinstance(value, (int, float)) for _, value in logged.values()):
        return {key: _number(name, place, value) for key, (place, value) in logged.items()}
    width = cast("CorpusMetric", metric).width if metric and metric.kind == "corpus" else None
    if not all(isinstance(value, list) and len(value) == width for _, value in logged.values()):
        return {}
    return {
        key: tuple(_number(name, place, one) for one in value)
        for key, (place, value) in logged.items()
    }


def _number(name: str, place: str, value: Any) -> float:
    # NaN is less than nothing, and an integer may be more than any float.
    if isinstance(value, (int, float)) and abs(value) <= sys.float_info.max:
        return float(value)
    raise DataError(
        f"{place}: the value of {name} is {value!r:.60}, where a finite number is needed; {AGAIN}"
    )


def _flaw(values: Mapping[str, Value], figure: Any) -> str | None:
    """Why the values of a metric say nothing of its figure, which lm-eval may have told."""
    if not values:
        return "its values are no numbers"
    numbers = [value for value in values.values() if isinstance(value, float)]
    if not numbers or not isinstance(figure, float):
        return None
    mean = fsum(numbers) / len(numbers)
    # A perplexity, for one, is logged as log-likelihoods, of which it is another function.
    if isclose(mean, figure, rel_tol=1e-6, abs_tol=1e-9):
        return None
    return f"lm-eval's figure {figure:.6g} is not the mean {mean:.6g} of its values"


def _measure(
    name: str, values: Mapping[str, Value], metric: Metric | None, higher: bool | None
) -> Measure:
    if metric and metric.kind == "corpus":
        total = cast("CorpusMetric", metric).total
        return Measure(name, metric.title, "corpus", metric.higher_is_better, total)
    kind = "rate" if set(values.values()) <= {0.0, 1.0} else "mean"
    if metric:
        return Measure(name, metric.title, kind, metric.higher_is_better)
    return Measure(name, name, kind, higher)
