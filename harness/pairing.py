"""
Two variants, question by question: the one place where answers are paired.

Always by the question's id, over the questions that have a value in every replicate of both; in
groups of their own, since questions that are left out connect no others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from harness.family import Estimates, estimates
from harness.groups import groups
from harness.jackknife import FloatArray
from harness.outcomes import Outcome
from harness.rates import rate_difference, rate_interval
from harness.runs import Result
from harness.statistics import (
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
Connect = Callable[[Outcome], Sequence[str]]
"""The names a question has: those that share one are not independent."""


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

    def of(self, values: npt.ArrayLike) -> float:
        """The figure of the values of some questions, at least one.

        Args:
            values: shape (N,) or, of P replicates, (P, N); of a corpus metric, each of S
                statistics, (N, S) or (P, N, S).
        """
        array = np.asarray(values, dtype=np.float64)
        if self.total is None:
            return float(array.mean())
        return float(self.total(array.reshape(-1, array.shape[-1]).sum(axis=0)))


def everything(outcome: Outcome) -> bool:
    """A ``Keep`` that leaves nothing out."""
    del outcome
    return True


@dataclass(frozen=True)
class Aligned:
    """The values of several variants on the same questions."""

    values: list[FloatArray]
    """Of each variant, by replicate and question: shape (P, N); of a corpus metric (P, N, S)."""
    clusters: list[str]
    """The group of each question, shape (N,)."""
    ids: list[str]
    """Of the questions, shape (N,)."""


def align(
    results: Sequence[Result],
    metric: str,
    keep: Keep = everything,
    connect: Connect | None = None,
) -> Aligned:
    """The values of one metric on the questions that have one in every replicate of every variant.

    Args:
        results: variants; the questions are in the order of the first.
        metric: its name.
        keep: which questions are looked at, by the first variant's outcome.
        connect: the names that make questions a group, of the same outcome; None is what their
            evidence shares.
    """
    scored = [[_scored(answers, metric) for answers in result.replicates] for result in results]
    shared = [
        one
        for key, one in scored[0][0].items()
        if keep(one) and all(key in answers for variant in scored for answers in variant)
    ]
    ids = [one.question_id for one in shared]
    values = [
        np.array([[answers[key].values[metric] for key in ids] for answers in variant], np.float64)
        for variant in scored
    ]
    return Aligned(values, clusters_of(shared, connect), ids)


def summands(aligned: Aligned, measure: Measure) -> tuple[list[FloatArray], Total]:
    """Of aligned variants the statistics that add up, and the figure of their sums."""
    if measure.total is not None:
        return aligned.values, measure.total
    return [np.stack([one, np.ones_like(one)], axis=-1) for one in aligned.values], _mean


def estimated(aligned: Aligned, measure: Measure) -> Estimates:
    """The figures of aligned variants, turned so that higher is better."""
    way = -1.0 if measure.higher_is_better is False else 1.0
    parts, total = summands(aligned, measure)
    return estimates(parts, lambda sums: way * total(sums), aligned.clusters)


def figure(result: Result, measure: Measure, keep: Keep = everything) -> Figure | None:
    """What a variant scores, with its 95% interval; None where no question has a value."""
    aligned = align([result], measure.name, keep)
    if not aligned.clusters:
        return None
    (values,) = aligned.values
    if measure.kind == "rate":
        return rate_interval(values, aligned.clusters)
    if measure.kind == "corpus" and measure.total:
        return corpus_interval(values, aligned.clusters, measure.total)
    return mean_interval(values, aligned.clusters)


def difference(
    first: Result,
    second: Result,
    measure: Measure,
    keep: Keep = everything,
    connect: Connect | None = None,
) -> Difference | None:
    """``first`` minus ``second``, with its paired interval; None where they share no question.

    ``keep`` and ``connect`` are as in ``align``.
    """
    both = align([first, second], measure.name, keep, connect)
    if not both.clusters:
        return None
    ours, theirs = both.values
    if measure.kind == "rate":
        return rate_difference(ours, theirs, both.clusters)
    if measure.kind == "corpus" and measure.total:
        return corpus_difference(ours, theirs, both.clusters, measure.total)
    return paired_difference(ours, theirs, both.clusters)


def figures(
    result: Result, measures: Sequence[Measure], keep: Keep = everything
) -> dict[str, Figure]:
    """By metric, what a variant scores, of those that it has a value of."""
    found = {one.name: figure(result, one, keep) for one in measures}
    return {name: one for name, one in found.items() if one}


def differences(
    first: Result, second: Result, measures: Sequence[Measure], keep: Keep = everything
) -> dict[str, Difference]:
    """By metric, ``first`` minus ``second``, of those that both have a value of."""
    found = {one.name: difference(first, second, one, keep) for one in measures}
    return {name: one for name, one in found.items() if one}


def clusters_of(outcomes: Sequence[Outcome], connect: Connect | None = None) -> list[str]:
    """The group of each question: those that a chain of shared names connects are of one."""
    named = evidence_of(outcomes) if connect is None else map(connect, outcomes)
    return list(_groups(tuple(map(tuple, named))))


@lru_cache(maxsize=32)
def _groups(names: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """As ``groups``; the figures of a run are of the same questions again and again."""
    return tuple(map(str, groups(names)))


def evidence_of(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """What questions may share: those about one section are not independent.

    Nor are those about one document of which nobody knows more. It is named where there are several
    such: one cannot be resampled.
    """
    evidence = [one.evidence for one in outcomes]
    alone = [
        [] if names else one.document_alone for names, one in zip(evidence, outcomes, strict=True)
    ]
    several = len({name for names in alone for name in names}) > 1
    return [
        names or (other if several else []) for names, other in zip(evidence, alone, strict=True)
    ]


def _scored(answers: Mapping[str, Outcome], metric: str) -> dict[str, Outcome]:
    return {key: one for key, one in answers.items() if metric in one.values}


def _mean(sums: FloatArray) -> FloatArray:
    return np.asarray(sums[..., 0] / sums[..., 1])
