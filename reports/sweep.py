"""
Arms that differ only in how much context they show → curves of quality and cost against context.

Arms of one weights and precision that are asked with retrieved sections make a curve where three
or more differ in the token budget alone, or in the number of sections (k) alone.

Every interval here is a single 95% interval, not corrected for how many are read: of twenty
comparisons between equals, one is expected to exclude 0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.metrics import METRICS
from harness.runs import EVIDENCE_SHOWN, Arm, ArmResult
from harness.statistics import paired_difference

POINTS = 3
"""Arms that make a curve."""


@dataclass(frozen=True)
class Point:
    """A finished arm, and the most context it could show."""

    arm: Arm
    result: ArmResult
    k: int
    """Sections."""
    budget: int
    """Tokens of the embedder."""


def curves(
    results: Sequence[ArmResult], entries: dict[str, Any], suite: dict[str, Any]
) -> list[dict[str, Any]]:
    """Every curve the arms of a run make, as JSON; first those over the budget.

    Args:
        results: of one run, so that all answered the same questions.
        entries: the comparison's, by arm.
        suite: the run's, whose k, budget and seed count.
    """
    parsed = [(Arm.parse(result.name), result) for result in results]
    points = [
        Point(arm, result, *arm.limits(suite["k"], suite["budget"])) for arm, result in parsed
    ]
    return [
        _curve(varies, fixed, curve, _oracle(curve[0].arm, points), entries, suite["seed"])
        for varies, fixed in (("budget", "k"), ("k", "budget"))
        for curve in _alike(points, varies, fixed)
    ]


def swept(comparison: dict[str, Any]) -> set[str]:
    """Arms that a run has for the sake of a curve: they are in one and set their own context."""
    shown = {
        name
        for curve in comparison.get("sweep", [])
        for name in (curve["oracle"], *(point["arm"] for point in curve["points"]))
    }
    return {name for name in shown if name and Arm.parse(name).settings}


def enough(
    values: Sequence[int],
    scores: Sequence[Sequence[float]],
    clusters: Sequence[str],
    *,
    seed: int,
) -> int:
    """The smallest value that no larger one beats with the paired 95% interval above 0.

    Args:
        values: ascending, shape (V,), at least one.
        scores: at each value, one a question, shape (V, N).
        clusters: the group each question belongs to, shape (N,).
        seed: of the resampling.
    """
    return next(
        value
        for i, value in enumerate(values)
        if not any(
            paired_difference(larger, scores[i], clusters, seed=seed).low > 0
            for larger in scores[i + 1 :]
        )
    )


def _alike(points: list[Point], varies: str, fixed: str) -> Iterator[list[Point]]:
    """Retrieved arms that differ in ``varies`` alone, ascending, where they make a curve."""
    alike: dict[tuple[str, str | None, int], dict[int, Point]] = {}
    for point in points:
        if point.arm.prompt == "rag":
            key = (point.arm.weights, point.arm.precision, getattr(point, fixed))
            # An arm that sets what the suite says anyway is the same point as one that does not.
            alike.setdefault(key, {}).setdefault(getattr(point, varies), point)
    for by_value in alike.values():
        if len(by_value) >= POINTS:
            yield [by_value[value] for value in sorted(by_value)]


def _oracle(arm: Arm, points: list[Point]) -> str | None:
    """The arm of the same weights and precision that sees most of the gold sections."""
    given = [
        point
        for point in points
        if (point.arm.weights, point.arm.prompt, point.arm.precision)
        == (arm.weights, "oracle", arm.precision)
    ]
    return max(given, key=lambda point: point.budget).result.name if given else None


def _curve(
    varies: str,
    fixed: str,
    points: list[Point],
    oracle: str | None,
    entries: dict[str, Any],
    seed: int,
) -> dict[str, Any]:
    first = points[0]
    values = [getattr(point, varies) for point in points]
    return {
        "varies": varies,
        "fixed": f"{Arm(first.arm.weights, first.arm.prompt, first.arm.precision)} "
        f"{fixed}={getattr(first, fixed)}",
        "points": [
            _point(point, previous, entries[point.result.name], seed)
            for point, previous in zip(points, [None, *points], strict=False)
        ],
        "oracle": oracle,
        "enough": {
            metric: enough(
                values,
                [point.result.scores(metric) for point in points],
                first.result.clusters(metric),
                seed=seed,
            )
            for metric in METRICS
        },
    }


def _point(
    point: Point, previous: Point | None, entry: dict[str, Any], seed: int
) -> dict[str, Any]:
    return {
        "arm": point.result.name,
        "k": point.k,
        "budget": point.budget,
        "prompt_tokens": point.result.usage["prompt_tokens"],
        "seconds": point.result.usage["seconds"],
        "evidence": entry.get(EVIDENCE_SHOWN),
        "metrics": {metric: entry["metrics"][metric] for metric in METRICS},
        "step": None if previous is None else _step(point.result, previous.result, seed),
    }


def _step(result: ArmResult, previous: ArmResult, seed: int) -> dict[str, Any]:
    return {
        metric: paired_difference(
            result.scores(metric), previous.scores(metric), result.clusters(metric), seed=seed
        ).as_json()
        for metric in METRICS
    }
