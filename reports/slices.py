"""
Where a variant won: its difference from the baseline by slice of the questions.

By kind of question; by framework held out (none of its questions is in a split that training sees)
or seen; by year, recent or earlier; by jurisdiction. What is not known of a question puts it into
no slice, and a slicing that all questions are on one side of is none.

And the mean over frameworks, each counted once, beside the mean over questions.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.jackknife import cluster_sums
from harness.outcomes import Outcome
from harness.pairing import Keep, Measure, align, clusters_of, differences
from harness.runs import Result
from harness.statistics import Difference, Figure, mean_interval, paired_difference
from reports.reported import Differences, Figures, Reported

FEW = 15
"""Questions below which a slice is shown with a warning."""
RECENT_YEARS = 3
"""Years up to that of the newest framework, this included, which are recent."""

Label = Callable[[Outcome], str | None]
"""The slice that a question is in; None of one that is in none."""


class Slice(Reported):
    """Some of the questions, and how the variants differ from the baseline on them."""

    by: str
    """What the questions are sliced by: ``kind``, ``framework``, ``year`` or ``jurisdiction``."""
    name: str
    n: int
    clusters: int
    few: bool
    """Whether there are fewer than ``FEW`` questions."""
    vs_baseline: Mapping[str, Differences]
    """By variant."""


class OverFrameworks(Reported):
    """Means in which each framework counts once, whatever its questions.

    ``n`` is of the questions, and the clusters are the frameworks: the interval is of others like
    these.
    """

    metrics: Figures
    vs_baseline: Differences | None = None


def slices(
    results: Sequence[Result],
    baseline: Result,
    manifest: dict[str, Any],
    measures: Sequence[Measure],
) -> list[Slice]:
    """The slices of a run's questions, the largest of each slicing first.

    Args:
        results: its variants.
        baseline: the one the others are compared with.
        manifest: the run's, which says what is known of the frameworks, and who is trained.
        measures: the run's; slices have those of kind ``mean``.
    """
    means = [one for one in measures if one.kind == "mean"]
    found = []
    for by, label in slicings(manifest).items():
        labels = {key: label(one) for key, one in baseline.outcomes.items()}
        sizes = Counter(name for name in labels.values() if name is not None)
        for name, count in sizes.most_common() if len(sizes) > 1 else []:
            keep = _within({key for key, other in labels.items() if other == name})
            kept = [one for one in baseline.outcomes.values() if keep(one)]
            found.append(
                Slice(
                    by=by,
                    name=name,
                    n=count,
                    clusters=len(set(clusters_of(kept))),
                    few=count < FEW,
                    vs_baseline={
                        one.name: differences(one, baseline, means, keep=keep)
                        for one in results
                        if one.name != baseline.name
                    },
                )
            )
    return found


def over_frameworks(
    results: Sequence[Result], baseline: Result, measures: Sequence[Measure]
) -> dict[str, OverFrameworks]:
    """Of each variant, the means over frameworks of the metrics of kind ``mean``.

    None of a run whose questions are of fewer than two frameworks.
    """
    named = {_framework(one) for one in baseline.outcomes.values()} - {""}
    if len(named) < 2:
        return {}
    means = [one for one in measures if one.kind == "mean"]
    made = {}
    for result in results:
        figures = {one.name: _figure(result, one.name) for one in means}
        entry: dict[str, Any] = {"metrics": {name: one for name, one in figures.items() if one}}
        if result.name != baseline.name:
            changes = {one.name: _difference(result, baseline, one.name) for one in means}
            entry["vs_baseline"] = {name: one for name, one in changes.items() if one}
        made[result.name] = OverFrameworks(**entry)
    return made


def slicings(manifest: dict[str, Any]) -> dict[str, Label]:
    """How questions are sliced, by what."""
    facts: dict[str, dict[str, Any]] = manifest["frameworks"]
    trained = any(one["trained"] for one in manifest["variants"].values())
    years = [one["year"] for one in facts.values() if one["year"]]
    since = max(years, default=0) - RECENT_YEARS + 1

    def of_framework(one: Outcome) -> dict[str, Any]:
        return facts.get(_framework(one), {})

    def held_out(one: Outcome) -> str | None:
        known = of_framework(one).get("held_out") if trained else None
        return None if known is None else "held out" if known else "seen in training"

    def year(one: Outcome) -> str | None:
        known = of_framework(one).get("year")
        return (f"since {since}" if known >= since else f"before {since}") if known else None

    return {
        "kind": lambda one: one.document.get("kind") or None,
        "framework": held_out,
        "year": year,
        "jurisdiction": lambda one: of_framework(one).get("jurisdiction") or None,
    }


def _framework(outcome: Outcome) -> str:
    return str(outcome.document.get("framework") or "")


def _within(ids: set[str]) -> Keep:
    return lambda one: one.question_id in ids


def _figure(result: Result, metric: str) -> Figure | None:
    """The mean of a variant over frameworks."""
    found = _by_framework([result], metric)
    if found is None:
        return None
    (values,), names, n = found
    mean = mean_interval(values, names)
    return Figure(mean.mean, mean.low, mean.high, n, mean.clusters)


def _difference(first: Result, second: Result, metric: str) -> Difference | None:
    """The mean over frameworks of how two variants differ."""
    found = _by_framework([first, second], metric)
    if found is None:
        return None
    (ours, theirs), names, n = found
    change = paired_difference(ours, theirs, names)
    return Difference(change.delta, change.low, change.high, n, change.clusters)


def _by_framework(
    results: Sequence[Result], metric: str
) -> tuple[list[Any], list[str], int] | None:
    """The means of F frameworks, of each variant (P, F); their names, and of how many questions.

    None where none has a value.
    """
    both = align(results, metric, lambda one: bool(_framework(one)), lambda one: [_framework(one)])
    if not both.clusters:
        return None
    summed = [cluster_sums(values.T, both.clusters) for values in both.values]
    means = [(sums / sizes[:, None]).T for sums, sizes in summed]
    names = np.unique(both.clusters)
    return means, [str(one) for one in names], len(both.clusters)
