"""A comparison → its tables of why: what each change adds, slices, means over frameworks."""

from collections.abc import Mapping

from harness.statistics import Difference
from reports import explained
from reports.attribution import ASKED, Effect
from reports.cells import TextTable, change, heads, label, lacking, score_cell
from reports.comparison import Comparison
from reports.headline import arrowed, headline
from reports.slices import FEW, Slice


def attribution_table(comparison: Comparison) -> TextTable:
    """A line an effect."""
    shown = headline(comparison, "mean", "corpus")
    rows = [
        [_effect(one), *(_change(one.metrics, metric) for metric in shown)]
        for one in comparison.attribution
    ]
    return TextTable(
        "What each change adds",
        ["change", *heads(arrowed(comparison, shown))],
        rows,
        explained.ATTRIBUTION,
        lacking(one for effect in comparison.attribution for one in effect.metrics.values()),
    )


def slices_table(comparison: Comparison) -> TextTable | None:
    """A line a slice, of the variants that are not for analysis; comparison.json has all.

    By the metric that decides, or else the first of which there is a mean and better is known.
    """
    means = headline(comparison, "mean")
    decides = ((comparison.suite.model_extra or {}).get("decide") or {}).get("by")
    directed = [one for one in means if comparison.metrics[one].higher_is_better is not None]
    metric = decides if decides in means else next(iter([*directed, *means]), "")
    shown = [
        name
        for name, entry in comparison.unswept.items()
        if name != comparison.baseline and not entry.floor and entry.source in ASKED
    ]
    if not (metric and shown):
        return None
    changes = [[one.vs_baseline[name] for name in shown] for one in comparison.slices]
    rows = [
        [_slice(one), *(_change(each, metric) for each in found)]
        for one, found in zip(comparison.slices, changes, strict=True)
    ]
    few = any(one.few for one in comparison.slices)
    (title,) = arrowed(comparison, {metric: means[metric]})
    return TextTable(
        f"{title} by slice: each variant minus {comparison.baseline}",
        ["slice", *(label(name).replace("/", "/\n") for name in shown)],
        rows,
        explained.SLICES,
        [
            *([explained.FEW_QUESTIONS.format(few=FEW)] if few else []),
            *lacking(each[metric] for found in changes for each in found if metric in each),
        ],
    )


def frameworks_table(comparison: Comparison) -> TextTable | None:
    """A line a variant: of each metric the mean over questions, and below it over frameworks."""
    means, entries = headline(comparison, "mean"), comparison.over_frameworks
    found = [one for entry in entries.values() for one in entry.metrics.values()]
    if not found:
        return None
    rows = [
        [
            label(name),
            *(
                f"{score_cell(comparison.variants[name].metrics, None, metric)}\n"
                f"{score_cell(entry.metrics, entry.vs_baseline, metric)}"
                for metric in means
            ),
        ]
        for name, entry in entries.items()
    ]
    return TextTable(
        f"Means over questions, and over {max(one.clusters for one in found)} frameworks",
        ["variant", *heads(arrowed(comparison, means))],
        rows,
        explained.OVER_FRAMEWORKS,
        lacking(found),
    )


def _effect(effect: Effect) -> str:
    """What is changed, in which variants, and of how many questions."""
    (first, *others) = effect.weights.items()
    signs = {1: "+", -1: "-"}
    summed = [first[0], *(f"{signs[weight]} {name}" for name, weight in others)]
    return "\n".join([effect.title, *summed, _counted(next(iter(effect.metrics.values())))])


def _slice(one: Slice) -> str:
    counted = f"n = {one.n} in {one.clusters}"
    return f"{one.by}: {one.name}\n{counted}{': few' if one.few else ''}"


def _counted(found: Difference) -> str:
    return f"n = {found.n} in {found.clusters}"


def _change(changes: Mapping[str, Difference], metric: str) -> str:
    return "\n".join(change(changes[metric])) if metric in changes else "–"
