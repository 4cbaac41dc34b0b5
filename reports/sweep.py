"""
Arms that differ only in how much context they show → curves of quality against context.

Arms of one weights and precision that are asked with retrieved sections make a curve where three
or more differ in the token budget alone, or in the number of sections (k) alone. A curve is of the
questions that have evidence: to the others the oracle, which it is read against, shows nothing.

A curve holds what is computed here; what an arm cost stands once, with the arm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean
from typing import Any

from harness.metrics import METRICS
from harness.runs import EVIDENCE_SHOWN, Arm, ArmResult
from harness.statistics import (
    COVERAGE,
    Difference,
    mean_interval,
    paired_difference,
    rate_interval,
)

POINTS = 3
"""Arms that make a curve."""
FEWEST = 10
"""Clusters; from fewer, a percentile bootstrap's intervals are too narrow to say what is shown."""


@dataclass(frozen=True)
class Point:
    """A finished arm over the questions with evidence, and the most context it could show."""

    arm: Arm
    result: ArmResult
    k: int
    """Sections."""
    budget: int
    """Tokens of the embedder."""


@dataclass(frozen=True)
class Enough:
    """Where more is not shown to bring more."""

    value: int
    """The smallest that no larger one is shown to beat."""
    bound: float | None
    """The most that a larger one may add, in the metric's units; None where none was tried."""


def curves(results: Sequence[ArmResult], suite: dict[str, Any]) -> list[dict[str, Any]]:
    """Every curve the arms of a run make, as JSON; first those over the budget.

    Args:
        results: of one run, so that all answered the same questions.
        suite: the run's, whose k, budget and seed count.
    """
    points = [_placed(result, suite) for result in results]
    return [
        _curve(varies, fixed, curve, _oracle(curve[0].arm, points), suite["seed"])
        for varies, fixed in (("budget", "k"), ("k", "budget"))
        for curve in _alike(points, varies, fixed)
    ]


def swept(comparison: dict[str, Any]) -> set[str]:
    """Arms that a run has for the sake of a curve: they are in one and set their own context."""
    shown = {
        point["arm"]
        for curve in comparison.get("sweep", [])
        for point in (*curve["points"], curve["oracle"])
        if point
    }
    return {name for name in shown if Arm.parse(name).settings}


def enough(
    values: Sequence[int],
    scores: Sequence[Sequence[float]],
    clusters: Sequence[str],
    *,
    seed: int,
) -> Enough | None:
    """The smallest value that no larger one beats with its paired interval above 0.

    None if there are fewer than ``FEWEST`` clusters.

    Args:
        values: ascending, shape (V,), at least one.
        scores: at each value, one a question, shape (V, N).
        clusters: the group each question belongs to, shape (N,).
        seed: of the resampling.
    """
    if len(set(clusters)) < FEWEST:
        return None
    tried = (
        (value, _gains(scores[i], scores[i + 1 :], clusters, seed))
        for i, value in enumerate(values)
    )
    # The largest value has nothing to be beaten by, so that one is always found.
    value, gains = next(
        (value, gains) for value, gains in tried if all(gain.low <= 0 for gain in gains)
    )
    return Enough(value, max((gain.high for gain in gains), default=None))


def _gains(
    scores: Sequence[float],
    larger: Sequence[Sequence[float]],
    clusters: Sequence[str],
    seed: int,
) -> list[Difference]:
    """What each larger value adds to ``scores``; their intervals cover 95% together."""
    coverage = 1 - (1 - COVERAGE) / max(len(larger), 1)
    return [
        paired_difference(other, scores, clusters, seed=seed, coverage=coverage) for other in larger
    ]


def _placed(result: ArmResult, suite: dict[str, Any]) -> Point:
    """An arm with its limits, over the questions with evidence."""
    arm = Arm.parse(result.name)
    evident = {
        name: answer for name, answer in result.answers.items() if EVIDENCE_SHOWN in answer.scores
    }
    limits = arm.limits(suite["k"], suite["budget"])
    return Point(arm, replace(result, answers=evident), *limits)


def _alike(points: list[Point], varies: str, fixed: str) -> Iterator[list[Point]]:
    """Retrieved arms that differ in ``varies`` alone, ascending, where they make a curve."""
    alike: dict[tuple[str, str | None, int], dict[int, Point]] = {}
    for point in points:
        if point.arm.prompt == "rag" and point.result.answers:
            key = (point.arm.weights, point.arm.precision, getattr(point, fixed))
            # An arm that sets what the suite says anyway is the same point as one that does not.
            alike.setdefault(key, {}).setdefault(getattr(point, varies), point)
    for by_value in alike.values():
        if len(by_value) >= POINTS:
            yield [by_value[value] for value in sorted(by_value)]


def _oracle(arm: Arm, points: list[Point]) -> Point | None:
    """The arm of the same weights and precision that sees most of the gold sections."""
    given = [
        point
        for point in points
        if (point.arm.weights, point.arm.prompt, point.arm.precision)
        == (arm.weights, "oracle", arm.precision)
    ]
    return max(given, key=lambda point: point.budget, default=None)


def _curve(
    varies: str, fixed: str, points: list[Point], oracle: Point | None, seed: int
) -> dict[str, Any]:
    first, last = points[0], points[-1]
    clusters = first.result.clusters(EVIDENCE_SHOWN)
    return {
        "varies": varies,
        "fixed": f"{Arm(first.arm.weights, first.arm.prompt, first.arm.precision)} "
        f"{fixed}={getattr(first, fixed)}",
        "n": len(clusters),
        "clusters": len(set(clusters)),
        "points": [
            _point(point, seed) | {"step": previous and _differences(point, previous, seed)}
            for point, previous in zip(points, [None, *points], strict=False)
        ],
        "oracle": oracle and _point(oracle, seed) | {"gap": _differences(oracle, last, seed)},
        "enough": _enough([getattr(point, varies) for point in points], points, seed),
    }


def _point(point: Point, seed: int) -> dict[str, Any]:
    result = point.result
    shown = rate_interval(result.scores(EVIDENCE_SHOWN), result.clusters(EVIDENCE_SHOWN))
    return {
        "arm": result.name,
        "k": point.k,
        "budget": point.budget,
        "evidence": shown.as_json(),
        "sections": fmean(answer.sections for answer in result.answers.values()),
        "metrics": {
            metric: mean_interval(
                result.scores(metric), result.clusters(metric), seed=seed
            ).as_json()
            for metric in METRICS
        },
    }


def _differences(point: Point, other: Point, seed: int) -> dict[str, Any]:
    """By metric, ``point`` minus ``other``, question by question."""
    ours, theirs = point.result, other.result
    return {
        metric: paired_difference(
            ours.scores(metric), theirs.scores(metric), ours.clusters(metric), seed=seed
        ).as_json()
        for metric in METRICS
    }


def _enough(values: list[int], points: list[Point], seed: int) -> dict[str, Any]:
    """By metric, what is enough; None where there are too few clusters to say."""
    found = {
        metric: enough(
            values,
            [point.result.scores(metric) for point in points],
            points[0].result.clusters(metric),
            seed=seed,
        )
        for metric in METRICS
    }
    return {metric: one and asdict(one) for metric, one in found.items()}
