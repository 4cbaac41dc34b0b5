"""
Any two arms, question by question: by how much one is better, with the interval of that.
"""

from importlib.metadata import version
from typing import Any

from harness.errors import RunError
from harness.metrics import METRICS, RATES
from harness.runs import ArmResult
from harness.statistics import RESAMPLES, paired_difference, rate_difference
from reports.comparison import rate_names

SAME = {
    "data": "on other data",
    "split": "on another split",
    "metrics": "with other metrics",
}
"""What must be the same for two arms' scores to be comparable, of what determined them."""


def compare_arms(first: ArmResult, second: ArmResult, *, seed: int) -> dict[str, Any]:
    """``first`` minus ``second`` on the questions both answered, by metric and rate, as JSON.

    Args:
        first: an arm of a run.
        second: an arm of the same run or another.
        seed: of the resampling.

    Raises:
        RunError: they were scored on other data, another split or with other metrics, or have no
            question in common.
    """
    _check_comparable(first, second)
    shared = [name for name in first.answers if name in second.answers]
    if not shared:
        raise RunError(
            f"{first.name} ({len(first.answers)} questions) and {second.name} "
            f"({len(second.answers)}) have no question in common; score both on the same: "
            "policyqa run SUITE, with one seed and limit"
        )
    one, other = first.only(shared), second.only(shared)
    return {
        "a": first.name,
        "b": second.name,
        "n": len(shared),
        "metrics": {
            name: _row(one, other, logged, seed)
            for name, logged in _common(first, second).items()
            if one.scores(logged)
        },
        "signature": _signature(first, second, len(shared), seed),
    }


def _check_comparable(first: ArmResult, second: ArmResult) -> None:
    ours, theirs = first.record["determinants"], second.record["determinants"]
    differing = [what for name, what in SAME.items() if ours[name] != theirs[name]]
    if differing:
        raise RunError(
            f"{first.name} and {second.name} were scored {' and '.join(differing)}, so their "
            "difference says nothing; score both again: policyqa run SUITE"
        )


def _common(first: ArmResult, second: ArmResult) -> dict[str, str]:
    """The metrics, and the rates that mean the same in both arms, with their names in the log."""
    theirs = rate_names(second.name)
    rates = {name: logged for name, logged in rate_names(first.name).items() if name in theirs}
    return {name: name for name in METRICS} | rates


def _row(first: ArmResult, second: ArmResult, logged: str, seed: int) -> dict[str, Any]:
    one, other, clusters = first.scores(logged), second.scores(logged), first.clusters(logged)
    if logged in RATES:
        difference = rate_difference(one, other, clusters)
    else:
        difference = paired_difference(one, other, clusters, seed=seed)
    means = {"a": sum(one) / len(one), "b": sum(other) / len(other)}
    return {**means, **difference.as_json()}


def _signature(first: ArmResult, second: ArmResult, n: int, seed: int) -> str:
    """Everything that could change the figures, in one line."""
    shared = first.record["determinants"]
    parts = [
        *(f"{arm.name}:{arm.record['key'][:12]}" for arm in (first, second)),
        f"model:{shared['model']}",
        f"data:{shared['data'][:8]}",
        f"split:{shared['split']}",
        f"n:{n}",
        shared["metrics"],
        f"intervals:95%,{RESAMPLES} paired resamples of sections,seed{seed}; rates:Newcombe",
        f"code:{version('policyqa-bench')}",
    ]
    return " | ".join(parts)
