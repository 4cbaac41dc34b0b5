"""
Variants that differ only in how much context they show → curves of quality against context.

Variants of one model, precision and prompt that retrieve their sections make a curve where three
or more differ in the token budget alone, or in the number of sections (k) alone. A curve is of the
questions that have evidence: to the others the oracle, which it is read against, shows nothing.

A curve holds what is computed here; what a variant cost stands once, with the variant.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

import numpy.typing as npt

from harness.files import fingerprint
from harness.outcomes import Outcome
from harness.pairing import Measure, align, clusters_of, differences, figures
from harness.rates import rate_interval
from harness.runs import Result
from harness.statistics import COVERAGE, FEWEST, Difference, Figure, paired_difference
from reports.reported import Differences, Figures, Reported

POINTS = 3
"""Variants that make a curve."""
Limit = Literal["budget", "k"]
_WAYS: tuple[tuple[Limit, Limit], ...] = (("budget", "k"), ("k", "budget"))
"""What varies, and what is fixed."""


@dataclass(frozen=True)
class Placed:
    """A finished variant, and the most context it could show."""

    result: Result
    described: dict[str, Any]
    """In its run's manifest."""

    @property
    def model(self) -> tuple[str, str | None]:
        """Whose answers they are, and in what precision, where it has one of its own."""
        return self.described["model"], self.described["precision"]

    @property
    def context(self) -> dict[str, Any]:
        """Its source, k in sections, and budget in tokens of the embedder."""
        context: dict[str, Any] = self.described["context"]
        return context

    @property
    def evident(self) -> list[Outcome]:
        """The outcomes of the questions with evidence."""
        return list(filter(_has_evidence, self.result.outcomes.values()))

    def alike(self, fixed: Limit) -> tuple[Any, ...]:
        """What the variants of a curve have in common: all that determines answers but a limit."""
        first = next(iter(self.described["replicates"].values()))
        context = first["context"].items()
        retriever = {name: value for name, value in context if name not in ("k", "budget")}
        others = fingerprint([retriever, first["decoding"], first.get("threshold")])
        return *self.model, self.described["prompt"], others, self.context[fixed]


class CurvePoint(Reported):
    """A variant of a curve, of the questions with evidence."""

    variant: str
    k: int
    budget: int
    evidence: Figure
    """Share of the questions whose context shows a section that holds the answer."""
    sections: float
    """Mean number shown."""
    metrics: Figures
    step: Differences | None = None
    """What it adds to the point before."""
    gap: Differences | None = None
    """What the oracle adds to the last point."""


@dataclass(frozen=True)
class Enough:
    """Where more is not shown to bring more."""

    value: int
    """The smallest that no larger one is shown to beat."""
    bound: float | None
    """The most by which a larger one may be better, in the metric's units; None where none was
    tried."""


class Curve(Reported):
    """Variants that differ only in how much context they show."""

    varies: Limit
    trained: bool
    """Whether the model has an adapter."""
    fixed: str
    """What they have in common."""
    n: int
    clusters: int
    points: list[CurvePoint]
    oracle: CurvePoint | None
    enough: Mapping[str, Enough | None]
    """By metric of which better is known; None where there are too few clusters to say."""

    @property
    def values(self) -> list[int]:
        """What varies, at each point."""
        return [point.k if self.varies == "k" else point.budget for point in self.points]


def curves(
    results: Sequence[Result], manifest: dict[str, Any], measures: Sequence[Measure]
) -> list[Curve]:
    """Every curve the variants of a run make; first those over the budget.

    Args:
        results: of one run.
        manifest: the run's, which says what each variant shows.
        measures: the run's; a curve has those whose values are averaged.
    """
    points = [Placed(result, manifest["variants"][result.name]) for result in results]
    means = [one for one in measures if one.kind == "mean"]
    return [
        _curve(varies, fixed, curve, _oracle(curve[0], points), means)
        for varies, fixed in _WAYS
        for curve in _alike(points, varies, fixed)
    ]


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
    for i, (value, own) in enumerate(zip(values, scores, strict=True)):
        larger = scores[i + 1 :]
        coverage = 1 - (1 - COVERAGE) / max(len(larger), 1)  # The intervals cover 95% together.
        gains = [paired_difference(one, own, clusters, coverage=coverage) for one in larger]
        if not any(gain.low is not None and gain.low > 0 for gain in gains):
            highs = (gain.high for gain in gains if gain.high is not None)
            return Enough(value, max(highs, default=None))
    raise ValueError("no values")  # The last of some has nothing to be beaten by.


def _has_evidence(outcome: Outcome) -> bool:
    return bool(outcome.evidence)


def _alike(points: list[Placed], varies: Limit, fixed: Limit) -> Iterator[list[Placed]]:
    """Retrieving variants that differ in ``varies`` alone, ascending, where they make a curve."""
    alike: dict[tuple[Any, ...], dict[int, Placed]] = {}
    for point in points:
        shows = not point.described["floor"] and point.context["source"] == "retrieved"
        if shows and point.evident:
            # One that sets what the suite says anyway is the same point as one that does not.
            by_value = alike.setdefault(point.alike(fixed), {})
            by_value.setdefault(point.context[varies], point)
    for by_value in alike.values():
        if len(by_value) >= POINTS:
            yield [by_value[value] for value in sorted(by_value)]


def _oracle(point: Placed, points: list[Placed]) -> Placed | None:
    """The variant of the same model and precision that sees most of the gold sections."""
    given = [p for p in points if p.model == point.model and p.context["source"] == "oracle"]
    return max(given, key=lambda one: one.context["budget"], default=None)


def _curve(
    varies: Limit,
    fixed: Limit,
    points: list[Placed],
    oracle: Placed | None,
    measures: Sequence[Measure],
) -> Curve:
    first, last = points[0], points[-1]
    clusters = clusters_of(first.evident)
    values = [point.context[varies] for point in points]
    model = "@".join(filter(None, first.model))
    return Curve(
        varies=varies,
        trained=first.described["trained"],
        fixed=f"{model}/{first.described['prompt']} {fixed}={first.context[fixed]}",
        n=len(clusters),
        clusters=len(set(clusters)),
        points=[
            _point(point, measures, step=_added(point, previous, measures) if previous else None)
            for point, previous in zip(points, [None, *points], strict=False)
        ],
        oracle=_point(oracle, measures, gap=_added(oracle, last, measures)) if oracle else None,
        enough={
            measure.name: _enough(values, points, measure)
            for measure in measures
            if measure.higher_is_better is not None
        },
    )


def _point(
    point: Placed, measures: Sequence[Measure], **changes: dict[str, Difference] | None
) -> CurvePoint:
    evident = point.evident
    return CurvePoint(
        variant=point.result.name,
        k=point.context["k"],
        budget=point.context["budget"],
        evidence=rate_interval([one.evidence_shown for one in evident], clusters_of(evident)),
        sections=fmean(one.sections for one in evident),
        metrics=figures(point.result, measures, keep=_has_evidence),
        **changes,
    )


def _added(point: Placed, other: Placed, measures: Sequence[Measure]) -> dict[str, Difference]:
    return differences(point.result, other.result, measures, keep=_has_evidence)


def _enough(values: list[int], points: list[Placed], measure: Measure) -> Enough | None:
    aligned = align([point.result for point in points], measure.name, _has_evidence)
    way = 1 if measure.higher_is_better else -1
    return enough(values, [way * one for one in aligned.values], aligned.clusters)
