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
            f"{first} ({len(first.answers)} questions) and {second} ({len(second.answers)}) have "
            "no question in common; score both with one seed and limit: policyqa run SUITE"
        )
    one, other = first.only(shared), second.only(shared)
    return {
        "a": str(first),
        "b": str(second),
        "n": len(shared),
        "metrics": {
            name: _row(one, other, logged, seed)
            for name, logged in _common(first, second).items()
            if one.scores(logged)
        },
        "signature": _signature(first, second, len(shared), seed),
    }


def _check_comparable(first: ArmResult, second: ArmResult) -> None:
    ours, theirs = _scored_on(first), _scored_on(second)
    differing = [
        f"{name} {ours[name]} and {theirs[name]}" for name in ours if ours[name] != theirs[name]
    ]
    if differing:
        raise RunError(
            f"{first} and {second} were not scored alike ({'; '.join(differing)}), so their "
            "difference says nothing; score both again with one data folder and split: "
            "policyqa run SUITE"
        )


def _scored_on(arm: ArmResult) -> dict[str, Any]:
    """What must be the same for two arms to be comparable, of what determined them."""
    what = arm.record["determinants"]
    return {
        "data": what["data"][:8],
        "split": what["split"],
        "metrics": what["metrics"],
        "task version": what["task"][0]["version"],
    }


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
    what = first.record["determinants"]
    parts = [
        *(
            f"{arm}:{arm.record['determinants']['model']}:{arm.record['key'][:12]}"
            for arm in (first, second)
        ),
        f"data:{what['data'][:8]}",
        f"split:{what['split']}",
        f"n:{n}",
        what["metrics"],
        f"intervals:95%,{RESAMPLES} paired resamples of sections,seed{seed}; rates:Newcombe",
        f"code:{version('policyqa-bench')}",
    ]
    return " | ".join(parts)
