"""
How much better each variant is than what is in place: by what decides, and by the other metrics.

By the deciding metric a row to the right is better, as in the verdict, which turns differences of
metrics round of which less is better. Panels of other metrics are as tables have them.
"""

from collections.abc import Mapping

from harness.statistics import Difference
from harness.verdict import Beside
from reports.comparison import Comparison
from reports.decision import EVIDENT
from reports.headline import headline
from reports.pictures.drawing import ACCENT, BAD, GOOD, INK, LONGEST, MUTED, Picture, shortened
from reports.pictures.intervals import IntervalRow, PointMark, kept_rows, rows_picture, words_of

_SHOWN = {
    "oracle": "ceiling: shown the evidence",
    "misled": "shown another's evidence",
    "withheld": "evidence withheld",
}
"""What is said of a variant, by the source of its context."""
_STATES = {"may ship": GOOD, "ruled out": BAD, "open": INK}


def deciding_by(comparison: Comparison) -> str | None:
    """The metric that decides; else, where nothing does, the first of which better is known."""
    if comparison.verdict:
        return comparison.verdict.by
    row = (comparison.suite.model_extra or {}).get("decide") or {}
    directed = [
        name for name, what in comparison.metrics.items() if what.higher_is_better is not None
    ]
    return row["by"] if row.get("by") in directed else next(iter(directed), None)


def in_place_of(comparison: Comparison) -> str:
    """What the others would replace."""
    return comparison.verdict.in_place if comparison.verdict else comparison.baseline


def mark_of(comparison: Comparison, name: str) -> tuple[PointMark, str]:
    """How a variant is drawn, and what is said of it: nothing of one that could ship."""
    entry = comparison.variants[name]
    if name == in_place_of(comparison):
        return "in place", "in place"
    # Before floors: a ceiling needs no language model either.
    if name.startswith("ceiling/"):
        return "evidence", "ceiling: shown the evidence"
    if entry.floor:
        return "floor", "floor"
    if entry.source in EVIDENT:
        return "evidence", _SHOWN.get(entry.source, "shown the evidence")
    return "variant", ""


def forest(comparison: Comparison) -> Picture | None:
    """The picture of the deciding metric; None where nothing has a difference in it."""
    by = deciding_by(comparison)
    rows = forest_rows(comparison)
    if by is None or len(rows) < 2:
        return None
    what, in_place = comparison.metrics[by], shortened(in_place_of(comparison))
    kept, left = kept_rows(rows, higher=True)
    metric = shortened(what.title)
    minus = f"{metric} minus {in_place}"
    if what.higher_is_better is False:
        minus = f"less {metric} than {in_place}"
    together = "95% bounds together" if _together(comparison) else "95% intervals"
    title = f"Difference from {in_place} in {metric}, {together}"
    margin = comparison.verdict.margin if comparison.verdict else 0.0
    return Picture(
        name="forest",
        title=title,
        svg=rows_picture("forest", title, kept, f"{minus}\nbetter →", margin),
        alternative=f"A row a variant, best first: {minus}; more is better. {words_of(kept)}.",
        note=" ".join(filter(None, [_note(comparison, kept, margin), left])),
    )


def forest_rows(comparison: Comparison) -> list[IntervalRow]:
    """A row each variant that has the deciding metric; what is in place stands at 0."""
    by, in_place = deciding_by(comparison), in_place_of(comparison)
    if by is None:
        return []
    found = _differences(comparison, by, in_place)
    return [_row(comparison, name, found[name]) for name in comparison.variants if name in found]


def other_forests(comparison: Comparison) -> list[Picture]:
    """A picture each other metric of quality of which variants differ from the baseline."""
    by = deciding_by(comparison)
    titles = headline(comparison, "mean", "rate")
    shown = {name: title for name, title in titles.items() if name != by}
    made = [_panel(comparison, *one, number) for number, one in enumerate(shown.items(), 1)]
    return [one for one in made if one]


def metric_rows(comparison: Comparison, metric: str) -> list[IntervalRow]:
    """A row each variant that has a difference from the baseline in a metric."""
    changes = {
        name: entry.vs_baseline[metric]
        for name, entry in comparison.variants.items()
        if entry.vs_baseline and metric in entry.vs_baseline
    }
    return [_row(comparison, name, change, states=False) for name, change in changes.items()]


def _panel(comparison: Comparison, metric: str, title: str, number: int) -> Picture | None:
    rows = metric_rows(comparison, metric)
    if not any(row.found.delta for row in rows):
        return None
    better = comparison.metrics[metric].higher_is_better
    kept, left = kept_rows(rows, higher=better is not False)
    baseline, metric_title = shortened(comparison.baseline), shortened(title)
    arrow = {True: "\nbetter →", False: "\n← better", None: ""}[better]
    heading = f"{metric_title}: difference from {baseline}, 95% intervals"
    named = f"metric-{number}"
    minus = f"{metric_title} minus {baseline}"
    direction = {True: "; more is better", False: "; less is better", None: ""}[better]
    return Picture(
        name=named,
        title=heading,
        svg=rows_picture(named, heading, kept, minus + arrow),
        alternative=f"A row a variant, best first: {minus}{direction}. {words_of(kept)}.",
        note=left,
        group="Other metrics",
    )


def _differences(
    comparison: Comparison, by: str, in_place: str
) -> Mapping[str, Difference | Beside]:
    """Of each variant from what is in place, turned round where less is better.

    Those that do not enter a verdict have their own intervals.
    """
    sign = -1 if comparison.metrics[by].higher_is_better is False else 1
    found: dict[str, Difference | Beside] = {in_place: Beside(0.0, None, None)}
    for name, entry in comparison.variants.items():
        if entry.vs_baseline and by in entry.vs_baseline:
            found[name] = _turned(entry.vs_baseline[by], sign)
    if comparison.verdict and _together(comparison):
        for name, standing in comparison.verdict.variants.items():
            if in_place in standing.beside and name in comparison.variants:
                found[name] = standing.beside[in_place]
    return found


def _together(comparison: Comparison) -> bool:
    """Whether bounds of the verdict are known, which hold of all variants together."""
    if comparison.verdict is None:
        return False
    standings = comparison.verdict.variants.values()
    return any(one.low is not None for each in standings for one in each.beside.values())


def _turned(change: Difference, sign: int) -> Beside:
    if change.low is None or change.high is None:
        return Beside(sign * change.delta, None, None)
    low, high = sorted((sign * change.low, sign * change.high))
    return Beside(sign * change.delta, low, high)


def _row(
    comparison: Comparison, name: str, found: Difference | Beside, states: bool = True
) -> IntervalRow:
    """``states``: whether the verdict's word on the variant is told as well."""
    verdict = comparison.verdict
    mark, tag = mark_of(comparison, name)
    colour = INK if mark in ("variant", "in place") else MUTED
    chosen = verdict is not None and name == verdict.variant
    standing = verdict.variants.get(name) if verdict else None
    if states and standing and mark == "variant":
        tag, colour = standing.state, _STATES[standing.state]
    if states and verdict and chosen:
        tag = {"ship": "ship", "hold": "stays in place", "undecided": "came closest"}[
            verdict.decision
        ]
        colour = ACCENT
    # Both stand on one line.
    name = shortened(name, min(LONGEST, 58 - len(tag)))
    return IntervalRow(name, found, tag, mark=mark, colour=colour, chosen=chosen)


def _note(comparison: Comparison, rows: list[IntervalRow], margin: float) -> str:
    """What the intervals, the band and the markers are."""
    said = ["Lines are 95% intervals, each of its own."]
    marks = {row.mark for row in rows}
    if _together(comparison):
        said = ["Lines are bounds that hold of all differences together, in 95% of samples."]
        if "evidence" in marks:
            said.append("Those of variants that are shown the evidence are 95% each.")
    if margin:
        said.append(f"Grey band: the margin, ±{margin:g}, within which a difference is too small.")
    if "floor" in marks:
        said.append("Squares are floors, which need no language model.")
    if "evidence" in marks:
        said.append("Diamonds are shown evidence that nobody's question names: no candidates.")
    return " ".join(said)
