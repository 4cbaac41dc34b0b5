"""
How likely each difference of a decision is by chance, alone and among all that are looked at.

Variants are compared with one of them by several metrics; the signs of a cluster of questions are
flipped for all of these together (``harness.permutation``), whichever questions a metric has a
value of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.family import Estimates
from harness.pairing import (
    Connect,
    Keep,
    Measure,
    align,
    clusters_of,
    estimated,
    everything,
)
from harness.permutation import p_values
from harness.runs import Result

DIFFERENCE = np.array([[1.0, -1.0]])


@dataclass(frozen=True)
class Chance:
    """Of a difference, were there none."""

    p: float
    """How likely one as large is, either way."""
    p_adjusted: float
    """The same, of the largest of all that are looked at."""


Chances = Mapping[tuple[str, str], Chance]
"""By variant and metric."""


def chances_of(
    others: Sequence[Result],
    baseline: Result,
    measures: Sequence[Measure],
    keep: Keep = everything,
    connect: Connect | None = None,
) -> Chances:
    """By variant and metric the chance of its difference from ``baseline``.

    Of those that share a question with a value. ``keep`` and ``connect`` are as in ``align``.
    Metrics of which neither way is better are no family with the others, which decide.
    """
    directed = [one for one in measures if one.higher_is_better is not None]
    others_of = [one for one in measures if one.higher_is_better is None]
    return {
        key: chance
        for family in (directed, others_of)
        for key, chance in _chances(others, baseline, family, keep, connect).items()
    }


def _chances(
    others: Sequence[Result],
    baseline: Result,
    measures: Sequence[Measure],
    keep: Keep,
    connect: Connect | None,
) -> Chances:
    """The same of metrics that are looked at together."""
    asked = {
        key: one for result in (baseline, *reversed(others)) for key, one in result.outcomes.items()
    }
    groups = clusters_of([*asked.values()], connect)
    group_of = dict(zip(asked, groups, strict=True))
    columns: dict[tuple[str, str], dict[str, float]] = {}
    for other in others:
        for measure in measures:
            both = align([other, baseline], measure.name, keep, connect)
            if both.clusters:
                labels = [group_of[one] for one in both.ids]
                found = estimated(replace(both, clusters=labels), measure)
                names = [*np.unique(labels), *_replicates(other, baseline, found)]
                moved = found.moved(DIFFERENCE)[:, 0]
                columns[other.name, measure.name] = dict(zip(names, moved, strict=True))
    if not columns:
        return {}
    rows = sorted({name for column in columns.values() for name in column})
    moved = np.array([[column.get(name, 0.0) for column in columns.values()] for name in rows])
    both_p = zip(columns, *p_values(moved), strict=True)
    return {key: Chance(float(p), float(adjusted)) for key, p, adjusted in both_p}


def _replicates(other: Result, baseline: Result, found: Estimates) -> list[str]:
    """Names of the rows of replicates: the same of one variant by every metric."""
    return [
        f"{place}:{result.name}:{number}"
        for place, result in enumerate((other, baseline))
        for number in range(len(found.of_replicates[place]))
    ]
