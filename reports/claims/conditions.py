"""
One condition of a claim, measured on two sides.

It is supported where the whole 95% interval is on the claimed side of what it claims, and refuted
where all of it is on the other. Of a ratio this is asked of a contrast: the first figure minus so
many times the second.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from harness.contrasts import Estimated, shared_figures
from harness.jackknife import Estimate
from harness.outcomes import Outcome
from harness.pairing import Connect, Measure
from harness.runs import Result, costs_of, read_manifest
from harness.statistics import Difference
from reports.claims.checked import CheckedCondition, ClaimState
from reports.claims.reading import SPEED, Condition, Threshold
from reports.side import Side

CLAIMED_COSTS: Mapping[str, Measure] = {
    name: Measure(name, title, "rate" if name == "cut" else "mean", higher_is_better=False)
    for name, title in (
        ("tokens", "tokens"),
        ("prompt_tokens", "prompt tokens"),
        ("answer_tokens", "answer tokens"),
        ("seconds", "seconds"),
        ("memory", "bytes of weights"),
        ("price", "price"),
        ("cut", "answers cut"),
    )
}
"""What a condition may be of that no metric is, a question; speed is of its seconds."""


_ROUNDING = 1e-12
"""Of figures, what they may be off by for having been added up."""


class NotCheckedError(Exception):
    """What is needed to check a claim."""


def checked_condition(condition: Condition, variant: Side, against: Side) -> CheckedCondition:
    """A condition with what was measured, or with what is needed to measure it."""
    try:
        measure = _measure(condition.metric, variant)
        wanted = _threshold(condition, measure)
        found = _estimated(condition.metric, measure, variant, against)
        return _checked(condition, wanted, measure, found)
    except NotCheckedError as needed:
        return unchecked_condition(condition, str(needed))


def unchecked_condition(condition: Condition, why: str) -> CheckedCondition:
    """A condition of which nothing is known, and what is needed."""
    wanted = condition.ratio or condition.difference
    return CheckedCondition(
        metric=condition.metric,
        title=condition.metric.replace("_", " "),
        ratio=condition.ratio is not None,
        at_least=wanted.at_least if wanted else None,
        at_most=wanted.at_most if wanted else None,
        state="not checked",
        why=why,
        n=0,
        clusters=0,
        **dict.fromkeys(("a", "b", "value", "low", "high", "questions")),
    )


def _measure(name: str, side: Side) -> Measure:
    """What a condition is of: a metric of the run, or a cost."""
    costs = {**CLAIMED_COSTS, SPEED: CLAIMED_COSTS["seconds"]}
    if name not in side.measures and name not in costs:
        raise NotCheckedError(
            f"the run has no {name}; it has {', '.join([*side.measures, *costs])}"
        )
    return side.measures.get(name) or costs[name]


def _threshold(condition: Condition, measure: Measure) -> Threshold:
    """What is claimed of the ratio or of the difference."""
    wanted = condition.ratio or condition.difference
    if condition.ratio and measure.kind == "rate":
        raise NotCheckedError(
            f"{measure.name} is a share, of which no ratio is judged: claim a difference"
        )
    if wanted:
        return wanted
    if measure.higher_is_better is None:
        raise NotCheckedError(f"of {measure.name} neither way is worse: claim a difference")
    margin = condition.not_worse_by or 0.0
    return Threshold(at_least=0 - margin) if measure.higher_is_better else Threshold(at_most=margin)


def _estimated(name: str, measure: Measure, variant: Side, against: Side) -> Estimated:
    """Both figures, in the order in which a larger ratio or difference is more."""
    results, connect = [variant.result, against.result], None
    if name not in variant.measures:
        results = [costs_of(one, measure.name) for one in results]
        if measure.name == "seconds":
            _check_timed_alike(*results)
            connect = _batches(results)
    if name == SPEED:  # It is as many times as fast as the other takes seconds.
        results.reverse()
    found = shared_figures(results, measure, connect=connect)
    if found is None:
        raise NotCheckedError(
            f"no question has a value of {measure.name} in both {variant.name} and {against.name}"
        )
    return found


def _checked(
    condition: Condition, wanted: Threshold, measure: Measure, found: Estimated
) -> CheckedCondition:
    """A condition with what was measured."""
    ratio = condition.ratio is not None
    weights = [1.0, -wanted.limit if ratio else -1.0]
    if ratio:
        shown, beyond = found.ratio(), _estimate(found.contrast(weights))
    else:
        shown = _estimate(found.difference())
        beyond = _less(shown, wanted.limit)
    if wanted.at_most is not None:
        beyond = _turned(beyond)
    state = _state(beyond, slack=_ROUNDING * float(np.abs(found.found.values).max()))
    value, low, high = shown or (None, None, None)
    a, b = map(float, found.found.values)
    if condition.metric == SPEED and a and b:
        a, b = 1 / b, 1 / a
    return CheckedCondition(
        metric=condition.metric,
        title=SPEED if condition.metric == SPEED else measure.title,
        ratio=ratio,
        at_least=wanted.at_least,
        at_most=wanted.at_most,
        state=state,
        why=None,
        a=a,
        b=b,
        value=value,
        low=low,
        high=high,
        n=found.n,
        clusters=found.found.clusters,
        questions=_questions(beyond, found, weights) if state == "undecided" else None,
    )


def _estimate(change: Difference) -> Estimate:
    return change.delta, change.low, change.high


def _less(estimate: Estimate, limit: float) -> Estimate:
    value, low, high = estimate
    return (
        value - limit,
        None if low is None else low - limit,
        None if high is None else high - limit,
    )


def _turned(estimate: Estimate) -> Estimate:
    value, low, high = estimate
    return -value, None if high is None else -high, None if low is None else -low


def _state(beyond: Estimate, slack: float) -> ClaimState:
    """Of how far something lies on the claimed side; by less than ``slack`` it lies on its edge."""
    _, low, high = beyond
    if low is not None and low >= -slack:
        return "supported"
    return "refuted" if high is not None and high < -slack else "undecided"


def _questions(beyond: Estimate, found: Estimated, weights: Sequence[float]) -> int | None:
    """How many questions would decide."""
    away, low, high = beyond
    end = low if away > 0 else high
    half = None if end is None else abs(away - end)
    return found.enough(away, half, weights)


def _check_timed_alike(first: Result, second: Result) -> None:
    """Look whether seconds of two runs can be compared."""
    if first.run == second.run:
        return
    machines = [read_manifest(one.run)["machine"] for one in (first, second)]
    if machines[0] != machines[1]:
        raise NotCheckedError(
            f"{first.run} and {second.run} were made on different machines: run both on one"
        )
    kept = sum(
        one.cost.get("seconds") == second.outcomes[key].cost.get("seconds")
        for key, one in first.outcomes.items()
        if key in second.outcomes and one.cost.get("seconds") is not None
    )
    if kept:
        raise NotCheckedError(
            f"{kept} answers of {second} are kept ones, and took what they took in {first}: run it "
            "again with a cache of its own (POLICYQA_HOME)"
        )


def _batches(results: Sequence[Result]) -> Connect:
    """What connects questions in time: their batch, which all take the same share of."""
    replicates = [outcomes for one in results for outcomes in one.replicates]

    def connect(outcome: Outcome) -> list[str]:
        told = [outcomes.get(outcome.question_id) for outcomes in replicates]
        return [f"{place} {one.cost.get('seconds')}" for place, one in enumerate(told) if one]

    return connect
