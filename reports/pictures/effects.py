"""Why a variant won, as pictures: what each change adds, and where the differences are."""

import math
from collections.abc import Mapping, Sequence

from harness.statistics import Difference
from reports.attribution import ASKED, Effect
from reports.comparison import Comparison
from reports.pictures.drawing import MOST_ROWS, Picture, shortened
from reports.pictures.forest import deciding_by
from reports.pictures.intervals import IntervalRow, rows_picture, words_of
from reports.slices import FEW, Slice

_PANELS = 4
"""Variants whose slices are drawn."""


def effects_picture(comparison: Comparison) -> Picture | None:
    """What changes add by the deciding metric, or else the first that they have; None: nothing."""
    metric = _metric(comparison, [one.metrics for one in comparison.attribution])
    if metric is None:
        return None
    found = effect_rows(comparison, metric)
    rows, left = found[:MOST_ROWS], len(found) - MOST_ROWS
    said = shortened(comparison.metrics[metric].title)
    title = f"What each change adds to {said}, 95% intervals"
    below = f"{said} added{_better(comparison, metric)}"
    notes = [
        "Lines are 95% intervals, each of its own: that there are several is not corrected for.",
        *([f"Not shown: {left} more."] if left > 0 else []),
    ]
    return Picture(
        name="effects",
        title=title,
        svg=rows_picture("effects", title, rows, below),
        alternative=f"A row a change: what it adds to {said}. {words_of(rows)}.",
        note=" ".join(notes),
    )


def effect_rows(comparison: Comparison, metric: str) -> list[IntervalRow]:
    """A row each effect that has the metric."""
    return [
        IntervalRow(
            one.title,
            found,
            f"n = {found.n} in {found.clusters}",
            _summed(one),
        )
        for one in comparison.attribution
        if (found := one.metrics.get(metric))
    ]


def slices_pictures(comparison: Comparison) -> list[Picture]:
    """A picture each variant, of those the slices table shows: its differences by slice."""
    shown = _sliced(comparison)
    metric = _metric(
        comparison, [one.vs_baseline.get(name, {}) for one in comparison.slices for name in shown]
    )
    if metric is None:
        return []
    left = len(shown) - _PANELS
    notes = ["Lines are 95% intervals: of as many as there are here, some miss what is so."]
    if any(one.few for one in comparison.slices):
        notes.append(f"Pale, few: fewer than {FEW} questions, which show next to nothing.")
    if left > 0:
        notes.append(f"Not shown: {left} more variants.")
    drawn = [_slices(comparison, metric, *one) for one in enumerate(shown[:_PANELS], 1)]
    return [
        Picture(
            name=name,
            title=title,
            svg=rows_picture(name, title, rows, below),
            alternative=f"A row a slice: {below.splitlines()[0]}. {words_of(rows)}.",
            note=" ".join(notes) if name == drawn[-1][0] else "",
            group="Where the differences are",
        )
        for name, title, rows, below in drawn
        if rows
    ]


def slice_rows(comparison: Comparison, variant: str, metric: str) -> list[IntervalRow]:
    """A row each slice that a variant has the metric in."""
    return [
        _slice_row(one, found)
        for one in comparison.slices
        if (found := one.vs_baseline.get(variant, {}).get(metric))
    ]


def _metric(comparison: Comparison, found: Sequence[Mapping[str, object]]) -> str | None:
    """The deciding metric, if any of what was found has it; else the first that any has."""
    by = deciding_by(comparison)
    named = [*([by] if by else []), *comparison.metrics]
    return next((name for name in named if any(name in one for one in found)), None)


def _better(comparison: Comparison, metric: str) -> str:
    """A line that tells which way is better."""
    arrows = {True: "\nbetter →", False: "\n← better", None: ""}
    return arrows[comparison.metrics[metric].higher_is_better]


def _summed(effect: Effect) -> list[str]:
    """The sum that an effect is, two variants a line."""
    signs = {1: "+ ", -1: "− "}
    terms = [f"{signs[weight]}{shortened(name, 29)}" for name, weight in effect.weights.items()]
    terms[0] = terms[0].removeprefix(signs[1])
    return [" ".join(terms[place : place + 2]) for place in range(0, len(terms), 2)]


def _sliced(comparison: Comparison) -> list[str]:
    """The variants that could ship, the verdict's first, then the best."""
    by, chosen = deciding_by(comparison), comparison.verdict and comparison.verdict.variant
    sign = -1 if by and comparison.metrics[by].higher_is_better is False else 1

    def behind(name: str) -> tuple[bool, float]:
        changes = comparison.variants[name].vs_baseline or {}
        ahead = -sign * changes[by].delta if by and by in changes else math.inf
        return name != chosen, ahead

    able = [
        name
        for name, entry in comparison.unswept.items()
        if name != comparison.baseline and not entry.floor and entry.source in ASKED
    ]
    return sorted(able, key=behind)


def _slices(
    comparison: Comparison, metric: str, number: int, variant: str
) -> tuple[str, str, list[IntervalRow], str]:
    """The name, title, rows and axis of a variant's picture."""
    said, baseline = shortened(comparison.metrics[metric].title), shortened(comparison.baseline)
    name = shortened(variant)
    title = f"{said} by slice: {name} minus {baseline}, 95% intervals"
    rows = slice_rows(comparison, variant, metric)[:MOST_ROWS]
    below = f"{said}, {name} minus {baseline}"
    return f"slices-{number}", title, rows, below + _better(comparison, metric)


def _slice_row(one: Slice, found: Difference) -> IntervalRow:
    few = ", few" if one.few else ""
    tag = f"n = {one.n} in {one.clusters}{few}"
    return IntervalRow(f"{one.by}: {shortened(one.name, 30)}", found, tag, pale=one.few)
