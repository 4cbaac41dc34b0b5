"""
How sure a variant is of its answers → what they risk, the fewer are given; and a threshold.

Sure is what a variant itself can know: how near to the question the sentence is that ranked best
among those found, and how likely its answer is. Risk and coverage are those of El-Yaniv & Wiener
2010 (https://jmlr.org/papers/v11/el-yaniv10a.html), the risk of an answer being the share of facts
it lacks, or 1 where nothing answers its question.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil
from typing import Any

import numpy as np

from harness.errors import RunError
from harness.metrics.abstention import abstains
from harness.outcomes import Outcome
from harness.pairing import clusters_of
from harness.rates import rate_interval
from harness.runs import Result
from harness.statistics import Figure, mean_interval
from harness.threshold import AnswerThreshold
from reports.reported import Reported

SURE_BY = ("likelihood", "nearness")
"""What an answer is held to."""
CURVE_POINTS = 10
"""Points of a curve, of as many more answers each."""
TRIED = 40
"""Thresholds of each kind that are tried, at most."""


class RiskPoint(Reported):
    """The surest of a variant's answers."""

    coverage: float
    """Share that they are of all questions whose risk is known, in (0, 1]."""
    least: float
    """How sure the least of them is."""
    risk: Figure


class Fitted(Reported):
    """A threshold, and what it does on the questions it was fitted on."""

    nearness: float | None
    likelihood: float | None
    false_answers: Figure | None
    over_refusals: Figure | None
    answered: Figure
    """Share of all questions that are answered."""


RiskCurves = Mapping[str, Sequence[RiskPoint]]
"""By what answers are ranked by: of ``SURE_BY`` those that the variant tells."""


@dataclass(frozen=True)
class Answered:
    """An answer, how sure it is, and what it risks."""

    likelihood: float | None
    nearness: float | None
    refuses: bool
    """Of its own accord."""
    answerable: bool
    shown: bool
    """Whether the evidence is, where the question is answerable."""
    risk: float | None
    """None of an answerable question without facts."""
    cluster: str


def answered(result: Result) -> list[Answered]:
    """The answers of a variant; of several seeds or draws, of the first."""
    outcomes = list(result.outcomes.values())
    clusters = clusters_of(outcomes)
    return [_answered(*pair) for pair in zip(outcomes, clusters, strict=True)]


def _answered(outcome: Outcome, cluster: str) -> Answered:
    answerable = bool(outcome.document.get("answerable", True))
    facts = outcome.values.get("facts")
    risk = 1.0 - facts if isinstance(facts, float) else None
    return Answered(
        likelihood=outcome.likelihood,
        nearness=outcome.document.get("nearness"),
        refuses=abstains(outcome.text),
        answerable=answerable,
        shown=outcome.evidence_shown,
        risk=risk if answerable else 1.0,
        cluster=cluster,
    )


def risk_curves(result: Result) -> dict[str, list[RiskPoint]]:
    """Risk against coverage, by each measure of ``SURE_BY`` that all answers of a variant tell.

    None where no answerable question has facts: the risk of the others alone says nothing.
    """
    found = [one for one in answered(result) if one.risk is not None]
    if not any(one.answerable for one in found):
        return {}
    known = [by for by in SURE_BY if all(getattr(o, by) is not None for o in found)]
    given = [one for one in found if not one.refuses]
    return {by: _curve(given, by, len(found)) for by in known if given}


def _curve(given: Sequence[Answered], by: str, asked: int) -> list[RiskPoint]:
    ranked = sorted(given, key=lambda one: -getattr(one, by))
    counts = sorted(
        {ceil(len(ranked) * step / CURVE_POINTS) for step in range(1, CURVE_POINTS + 1)} - {0}
    )
    return [
        RiskPoint(
            coverage=count / asked,
            least=getattr(ranked[count - 1], by),
            risk=mean_interval(
                [float(one.risk or 0.0) for one in ranked[:count]],
                [one.cluster for one in ranked[:count]],
            ),
        )
        for count in counts
    ]


def refuse_held(manifest: Mapping[str, Any], variants: Iterable[str]) -> None:
    """Refuse variants that have a threshold: what it refused would be taken for their own refusals.

    Raises:
        RunError: one of them has.
    """
    for name in variants:
        described = manifest["variants"].get(name, {"replicates": {}})
        if any(one.get("threshold") for one in described["replicates"].values()):
            raise RunError(
                f"{name} is held to a threshold already; name the variant without it, which a run "
                "of the same suite answers without asking anew"
            )


def fit(result: Result, most: float) -> Fitted:
    """The threshold with the fewest false answers at over-refusals of at most ``most``.

    Of those that have equally few the one that refuses fewer answerable questions. To be fitted on
    questions that nothing is scored on afterwards: the validation split.

    Args:
        result: a variant, answered without a threshold.
        most: of the answerable questions whose evidence is shown, the share refused at most.

    Raises:
        RunError: no question of it is unanswerable, or none of its answers tells how sure it is.
    """
    found = answered(result)
    wrong = [one for one in found if not one.answerable]
    right = [one for one in found if one.answerable and one.shown]
    tried = {by: _tried(found, by) for by in SURE_BY}
    if not wrong or not right or all(values == [None] for values in tried.values()):
        raise RunError(
            f"{result}: a threshold is fitted on answers that tell nearness or likelihood, to "
            f"questions that something answers and others; it has {len(right)} and {len(wrong)}. "
            "Run a suite with contexts on the validation split, the variant without a threshold"
        )

    def worth(threshold: tuple[float | None, float | None]) -> tuple[float, float]:
        over = np.mean([_refused(one, *threshold) for one in right])
        false = np.mean([not _refused(one, *threshold) for one in wrong])
        return (float(false) if over <= most else 2.0, float(over))

    nearness, likelihood = min(product(tried["nearness"], tried["likelihood"]), key=worth)
    return held(found, nearness, likelihood)


def held(found: Sequence[Answered], nearness: float | None, likelihood: float | None) -> Fitted:
    """What a threshold does to these answers; None of either asks for none."""

    def share(some: Sequence[Answered], refused: bool) -> Figure:
        flags = [float(_refused(one, nearness, likelihood) is refused) for one in some]
        return rate_interval(flags, [one.cluster for one in some])

    wrong = [one for one in found if not one.answerable]
    right = [one for one in found if one.answerable and one.shown]
    return Fitted(
        nearness=nearness,
        likelihood=likelihood,
        false_answers=share(wrong, refused=False) if wrong else None,
        over_refusals=share(right, refused=True) if right else None,
        answered=share(found, refused=False),
    )


def _tried(found: Sequence[Answered], by: str) -> list[float | None]:
    """None, and quantiles of what the answers tell."""
    told = [value for one in found if (value := getattr(one, by)) is not None]
    if len(told) < len(found):
        return [None]
    shares = np.linspace(0, 1, min(TRIED, len(told)), endpoint=False)[1:]
    # Rounded down, so that what is written in a suite refuses no more than what was tried.
    return [None, *sorted({float(np.floor(x * 1e4) / 1e4) for x in np.quantile(told, shares)})]


def _refused(one: Answered, nearness: float | None, likelihood: float | None) -> bool:
    if one.refuses:
        return True
    threshold = AnswerThreshold("", nearness, likelihood)
    return not threshold.gives({"nearness": one.nearness}, one.likelihood)
