"""
Two variants, question by question: the one place where answers are paired.

Always by the question's id, over the questions that have a value in both; in groups of their own,
since questions that are left out connect no others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.groups import groups
from harness.rates import rate_difference, rate_interval
from harness.runs import Outcome, Result
from harness.statistics import (
    COVERAGE,
    Difference,
    Figure,
    Total,
    corpus_difference,
    corpus_interval,
    mean_interval,
    paired_difference,
)

Keep = Callable[[Outcome], bool]
"""Which questions are looked at."""


@dataclass(frozen=True)
class Measure:
    """A metric as its values are summarised."""

    name: str
    title: str
    kind: str
    """``mean``, ``rate`` or ``corpus`` (``harness.metrics.metric``)."""
    higher_is_better: bool | None
    total: Total | None = None
    """Of a corpus metric."""

    def of(self, values: Sequence[Any]) -> float:
        """The figure of the values of some questions, at least one."""
        array = np.asarray(values, dtype=np.float64)
        return float(self.total(array.sum(axis=0))) if self.total else float(array.mean())


def everything(outcome: Outcome) -> bool:
    """A ``Keep`` that leaves nothing out."""
    del outcome
    return True


def figure(
    result: Result, measure: Measure, *, seed: int, keep: Keep = everything
) -> Figure | None:
    """What a variant scores, with its 95% interval; None where no question has a value."""
    scored = [one for one in _scored(result, measure.name).values() if keep(one)]
    if not scored:
        return None
    values: list[Any] = [one.values[measure.name] for one in scored]
    clusters = clusters_of(scored)
    if measure.kind == "rate":
        return rate_interval(values, clusters, seed=seed)
    if measure.kind == "corpus" and measure.total:
        return corpus_interval(values, clusters, measure.total, seed=seed)
    return mean_interval(values, clusters, seed=seed)


@dataclass(frozen=True)
class Aligned:
    """The values of several variants on the same questions."""

    values: list[list[Any]]
    """By variant, then by question: shape (V, N)."""
    clusters: list[str]
    """The group of each question, shape (N,)."""


def align(results: Sequence[Result], metric: str, keep: Keep = everything) -> Aligned:
    """The values of one metric on the questions that have one in every variant.

    Args:
        results: variants; the questions are in the order of the first.
        metric: its name.
        keep: which questions are looked at.
    """
    scored = [_scored(result, metric) for result in results]
    shared = [
        one for key, one in scored[0].items() if keep(one) and all(key in each for each in scored)
    ]
    values = [[each[one.question_id].values[metric] for one in shared] for each in scored]
    return Aligned(values, clusters_of(shared))


def difference(
    first: Result,
    second: Result,
    measure: Measure,
    *,
    seed: int,
    keep: Keep = everything,
    coverage: float = COVERAGE,
) -> Difference | None:
    """``first`` minus ``second``, with its paired interval; None where they share no question.

    Args:
        first: a variant.
        second: another.
        measure: what is compared.
        seed: of the resampling.
        keep: which questions are looked at.
        coverage: of the interval, for the kind ``mean`` alone.
    """
    both = align([first, second], measure.name, keep)
    ours, theirs = both.values
    if not ours:
        return None
    if measure.kind == "rate":
        return rate_difference(ours, theirs, both.clusters, seed=seed)
    if measure.kind == "corpus" and measure.total:
        return corpus_difference(ours, theirs, both.clusters, measure.total, seed=seed)
    return paired_difference(ours, theirs, both.clusters, seed=seed, coverage=coverage)


def clusters_of(outcomes: Sequence[Outcome]) -> list[str]:
    """The group of each question: those that a chain of shared evidence connects are of one."""
    return [str(group) for group in groups([one.evidence for one in outcomes])]


def _scored(result: Result, metric: str) -> dict[str, Outcome]:
    return {key: one for key, one in result.outcomes.items() if metric in one.values}
