"""
One of two that are compared: a variant of a run, or a sample log that lm-eval left.

Both become a ``Side``, so that a comparison knows no kinds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.files import hash_file
from harness.metrics import metric_names
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
    undirected: frozenset[str] = frozenset()
    """Metrics of which neither way is better; of others without a direction nobody says."""


def variant_side(run: Path, variant: str) -> Side:
    """A finished variant of a run; raises as ``read_result`` and ``read_manifest``."""
    return result_side(read_result(run, variant), read_manifest(run))


def result_side(result: Result, manifest: dict[str, Any]) -> Side:
    """The same of one that is read, with its run's manifest."""
    scored_on = manifest["scored_on"]
    measures = {measure.name: measure for measure in measures_of(manifest)}
    return Side(
        name=str(result),
        result=result,
        measures=measures,
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
        identity=f"{result}:{manifest['variants'][result.name]['fingerprint']}",
        undirected=undirected(measures.values()),
    )


def log_side(path: Path) -> Side:
    """A sample log of lm-eval, of any task; raises as ``read_log``."""
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
        undirected=undirected(log.measures.values(), metric_names()) if log.ours else frozenset(),
    )


def undirected(measures: Iterable[Measure], among: Sequence[str] | None = None) -> frozenset[str]:
    """The names of those without a direction; of ``among``, if any are given."""
    return frozenset(
        one.name
        for one in measures
        if one.higher_is_better is None and (among is None or one.name in among)
    )


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
