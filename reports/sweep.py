"""
Variants that differ only in how much context they show → curves of quality against context.

Variants of one model, precision and prompt that retrieve their sections make a curve where three
or more differ in the token budget alone, or in the number of sections (k) alone. A curve is of the
questions that have evidence: to the others the oracle, which it is read against, shows nothing.

A curve holds what is computed here; what a variant cost stands once, with the variant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

import numpy.typing as npt

from harness.files import fingerprint
from harness.pairing import Measure, align, clusters_of, difference, figure
from harness.rates import rate_interval
from harness.runs import Outcome, Result
from harness.statistics import COVERAGE, FEWEST, Difference, paired_difference

POINTS = 3
"""Variants that make a curve."""


@dataclass(frozen=True)
class Point:
    """A finished variant, and the most context it could show."""

    result: Result
    model: str
    """With its precision, where it has one of its own."""
    source: str
    """Of its context."""
    prompt: str
    k: int
    """Sections."""
    budget: int
    """Tokens of the embedder."""
    trained: bool
    """Whether the model has an adapter."""
    retriever: str
    """What else determines which sections are shown: embedder, reranker, mode."""


@dataclass(frozen=True)
class Enough:
    """Where more is not shown to bring more."""

    value: int
    """The smallest that no larger one is shown to beat."""
    bound: float | None
    """The most that a larger one may add, in the metric's units; None where none was tried."""


def curves(
    results: Sequence[Result], manifest: dict[str, Any], measures: Sequence[Measure]
) -> list[dict[str, Any]]:
    """Every curve the variants of a run make, as JSON; first those over the budget.

    Args:
        results: of one run.
        manifest: the run's, which says what each variant shows.
        measures: the run's; a curve has those whose values are averaged.
    """
    points = [_placed(result, manifest["variants"][result.name]) for result in results]
    means = [one for one in measures if one.kind == "mean"]
    return [
        _curve(varies, fixed, curve, _oracle(curve[0], points), means)
        for varies, fixed in (("budget", "k"), ("k", "budget"))
        for curve in _alike(points, varies, fixed)
    ]


def swept(comparison: dict[str, Any]) -> set[str]:
    """Variants a run has for the sake of a curve: they are in one and set their own k or budget.

    Never the baseline, which others are compared with.
    """
    shown = {
        point["variant"]
        for curve in comparison.get("sweep", [])
        for point in (*curve["points"], curve["oracle"])
        if point
    }
    own = {name for name, entry in comparison["variants"].items() if entry["own_limits"]}
    return (shown & own) - {comparison["baseline"]}


def enough(
    values: Sequence[int],
    scores: Sequence[npt.ArrayLike],
    clusters: Sequence[str],
) -> Enough | None:
    """The smallest value that no larger one beats with its paired interval above 0.

    None if there are fewer than ``FEWEST`` clusters.

    Args:
        values: ascending, shape (V,), at least one.
        scores: at each of V values, one a question, shape (N,) or, of P replicates, (P, N).
        clusters: the group each question belongs to, shape (N,).
    """
    if len(set(clusters)) < FEWEST:
        return None
    tried = (
        (value, _gains(scores[i], scores[i + 1 :], clusters)) for i, value in enumerate(values)
    )
    # The largest value has nothing to be beaten by, so that one is always found.
    value, gains = next((value, gains) for value, gains in tried if not any(map(_shown, gains)))
    return Enough(value, max((gain.high for gain in gains if gain.high is not None), default=None))


def _shown(gain: Difference) -> bool:
    """Whether its interval lies above 0."""
    return gain.low is not None and gain.low > 0


def _gains(
    scores: npt.ArrayLike, larger: Sequence[npt.ArrayLike], clusters: Sequence[str]
) -> list[Difference]:
    """What each larger value adds to ``scores``; their intervals cover 95% together."""
    coverage = 1 - (1 - COVERAGE) / max(len(larger), 1)
    return [paired_difference(other, scores, clusters, coverage=coverage) for other in larger]


def _placed(result: Result, described: dict[str, Any]) -> Point:
    context, precision = described["context"], described["precision"]
    first = next(iter(described["replicates"].values()))
    return Point(
        result=result,
        model=f"{described['model']}@{precision}" if precision else described["model"],
        source="floor" if described["floor"] else context["source"],
        prompt=described["prompt"],
        k=context["k"],
        budget=context["budget"],
        trained=described["trained"],
        retriever=fingerprint(
            {name: value for name, value in first["context"].items() if name not in ("k", "budget")}
        ),
    )


def _has_evidence(outcome: Outcome) -> bool:
    return bool(outcome.evidence)


def _evident(point: Point) -> list[Outcome]:
    """The outcomes of the questions with evidence."""
    return [one for one in point.result.outcomes.values() if one.evidence]


def _alike(points: list[Point], varies: str, fixed: str) -> Iterator[list[Point]]:
    """Retrieving variants that differ in ``varies`` alone, ascending, where they make a curve."""
    alike: dict[tuple[str, str, str, int], dict[int, Point]] = {}
    for point in points:
        if point.source == "retrieved" and _evident(point):
            key = (point.model, point.prompt, point.retriever, getattr(point, fixed))
            # One that sets what the suite says anyway is the same point as one that does not.
            alike.setdefault(key, {}).setdefault(getattr(point, varies), point)
    for by_value in alike.values():
        if len(by_value) >= POINTS:
            yield [by_value[value] for value in sorted(by_value)]


def _oracle(point: Point, points: list[Point]) -> Point | None:
    """The variant of the same model and precision that sees most of the gold sections."""
    given = [one for one in points if (one.model, one.source) == (point.model, "oracle")]
    return max(given, key=lambda one: one.budget, default=None)


def _curve(
    varies: str,
    fixed: str,
    points: list[Point],
    oracle: Point | None,
    measures: Sequence[Measure],
) -> dict[str, Any]:
    first, last = points[0], points[-1]
    clusters = clusters_of(_evident(first))
    return {
        "varies": varies,
        "trained": first.trained,
        "fixed": f"{first.model}/{first.prompt} {fixed}={getattr(first, fixed)}",
        "n": len(clusters),
        "clusters": len(set(clusters)),
        "points": [
            _point(point, measures) | {"step": previous and _differences(point, previous, measures)}
            for point, previous in zip(points, [None, *points], strict=False)
        ],
        "oracle": oracle
        and _point(oracle, measures) | {"gap": _differences(oracle, last, measures)},
        "enough": {
            measure.name: _enough([getattr(point, varies) for point in points], points, measure)
            for measure in measures
        },
    }


def _point(point: Point, measures: Sequence[Measure]) -> dict[str, Any]:
    evident = _evident(point)
    shown = rate_interval([one.evidence_shown for one in evident], clusters_of(evident))
    figures = {one.name: figure(point.result, one, keep=_has_evidence) for one in measures}
    return {
        "variant": point.result.name,
        "k": point.k,
        "budget": point.budget,
        "evidence": shown.as_json(),
        "sections": fmean(one.sections for one in evident),
        "metrics": {name: found.as_json() for name, found in figures.items() if found},
    }


def _differences(point: Point, other: Point, measures: Sequence[Measure]) -> dict[str, Any]:
    """By metric, ``point`` minus ``other``, question by question."""
    found = {
        one.name: difference(point.result, other.result, one, keep=_has_evidence)
        for one in measures
    }
    return {name: one.as_json() for name, one in found.items() if one}


def _enough(values: list[int], points: list[Point], measure: Measure) -> dict[str, Any] | None:
    """What is enough of one metric; None where there are too few clusters to say."""
    aligned = align([point.result for point in points], measure.name, _has_evidence)
    found = enough(values, aligned.values, aligned.clusters)
    return asdict(found) if found else None
