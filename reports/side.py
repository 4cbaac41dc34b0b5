"""
One of two that are compared: a variant of a run, or a sample log that lm-eval left.

Both become a ``Side``, so that a comparison knows no kinds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from harness.errors import RunError
from harness.files import hash_file
from harness.pairing import Measure
from harness.runs import Result, read_manifest, read_result
from harness.samples import Log, read_log
from reports.measures import measures_of


@dataclass(frozen=True)
class Side:
    """Results, and what a comparison must know of them."""

    name: str
    """As a user names it."""
    result: Result
    measures: Mapping[str, Measure]
    """By name."""
    questions: Mapping[str, str]
    """What was asked, by question id: the same of two that are compared."""
    scored_on: Mapping[str, str]
    """What must be the same of two that are compared, of what both have."""
    metric_signatures: Mapping[str, str]
    """All that could change a metric's scores, by name; of those that say so."""
    facts: Mapping[str, Sequence[str]]
    """What else could change figures, by name in the signature."""
    identity: str
    """Which results these are, in the signature."""
    notes: tuple[str, ...] = ()
    """What a reader must know of it."""


def variant_side(run: Path, variant: str) -> Side:
    """A finished variant of a run.

    Raises:
        RunError, DataError: as ``read_result`` and ``read_manifest``.
    """
    result, manifest = read_result(run, variant), read_manifest(run)
    scored_on = manifest["scored_on"]
    return Side(
        name=str(result),
        result=result,
        measures={measure.name: measure for measure in measures_of(manifest)},
        questions={key: one.document.get("question", "") for key, one in result.outcomes.items()},
        scored_on={name: str(value) for name, value in scored_on.items()},
        metric_signatures={name: what["signature"] for name, what in manifest["metrics"].items()},
        facts={
            "data": [scored_on["data"][:8]],
            "split": [scored_on["split"]],
            "task": [str(scored_on["task version"])],
            "code": [manifest["versions"]["policyqa-bench"]],
            "answers": result.record["answered_by"],
        },
        identity=f"{result}:{manifest['variants'][variant]['fingerprint']}",
    )


def log_side(path: Path) -> Side:
    """A sample log of lm-eval, of any task.

    Raises:
        DataError: as ``read_log``.
    """
    log = read_log(path)
    found = log.results
    named = {"task": _task(log), "model": found.model, "lm_eval": found.lm_eval}
    return Side(
        name=str(path),
        result=Result(str(path), log.outcomes),
        measures=log.measures,
        questions=log.questions,
        scored_on=_scored_on(log),
        metric_signatures={},
        facts={
            **{name: [value] for name, value in named.items() if value},
            "code": [version("policyqa-bench")],
        },
        identity=f"{path.name}@{hash_file(path)[:8]}",
        notes=log.left_out,
    )


def check_scored_alike(first: Side, second: Side) -> None:
    """Look whether two sides can be compared.

    Raises:
        RunError: they were scored on other data or another split, or with other metrics under the
            same names.
    """
    ours, theirs = _must_agree(first), _must_agree(second)
    differing = [
        f"{name} {ours[name][:80]} and {theirs[name][:80]}"
        for name in ours
        if name in theirs and ours[name] != theirs[name]
    ]
    if differing:
        raise RunError(
            f"{first.name} and {second.name} were not scored alike ({'; '.join(differing)}), so "
            "their difference says nothing; score both again with one data folder, split and task"
        )


def _must_agree(side: Side) -> dict[str, str]:
    """What must be the same for two to be comparable, of what both have."""
    ways = {True: "higher", False: "lower"}
    better = {
        f"what is better of {name}": ways[one.higher_is_better]
        for name, one in side.measures.items()
        if one.higher_is_better is not None
    }
    values = {
        f"values of {name}": "lists" if one.total else "numbers"
        for name, one in side.measures.items()
    }
    return {**side.scored_on, **side.metric_signatures, **better, **values}


def _scored_on(log: Log) -> dict[str, str]:
    """Filters that scores were made under, where their names do not say; the task's version."""
    alone = {"filter": log.filters[0]} if len(log.filters) == 1 else {}
    if log.results.version is None:
        return alone
    task = "task version" if log.ours else f"version of task {log.results.task}"
    return {**alone, task: log.results.version}


def _task(log: Log) -> str | None:
    task, of = log.results.task, log.results.version
    return task if of is None else f"{task}@{of}"
