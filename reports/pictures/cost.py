"""Quality against what a variant costs: points with numbers, and a key of them below."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.metrics import metric_names
from reports.comparison import Comparison
from reports.pictures.cost_points import CostLevel, CostPoint, cost_levels, cost_points, dear
from reports.pictures.drawing import (
    MUTED,
    PAPER,
    WIDTH,
    Picture,
    painted,
    shortened,
)
from reports.pictures.forest import deciding_by
from reports.pictures.intervals import MARKS, figure_aloud

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_UNITS = {
    "seconds": "seconds a question",
    "tokens": "tokens a question, prompt and answer",
    "memory": "GB of weights",
    "price": "price a question, in the suite's currency",
}
"""Of what may be dear."""
_PLOT, _LINE, _AXIS = 230.0, 15.0, 36.0
"""Heights in points: of the plot, of a line of the key, and of what is below the plot."""
_LEFT = 50.0
"""Points at the left of the plot."""
_APART = 10.5
"""Points between two numbers above one another."""
_AROUND = [(side, up) for side in (7, -7) for up in (0, -1, 1, -2, 2)]
"""Where a number may stand: points to the right of its point, and lines above it."""
_WIDE = 30
"""Times the least from which a cost is drawn on a logarithmic scale."""


@dataclass(frozen=True)
class _Words:
    """What is written beside the plot: of its axes, and above the figures of the key."""

    up: str
    right: str
    key: str


def cost_picture(comparison: Comparison) -> Picture | None:
    """The picture; None where no two variants that tell what they cost have the metric."""
    by, what = deciding_by(comparison), dear(comparison)
    if by is None or what is None:
        return None
    points, left = cost_points(comparison, by, what)
    if len(points) < 2:
        return None
    metric = comparison.metrics[by]
    unit, title = _UNITS[what], shortened(metric.title)
    shares = by in metric_names() or metric.kind == "rate"
    better = {True: "more is better", False: "less is better", None: ""}[metric.higher_is_better]
    said = ", ".join(filter(None, [title, "0 to 1" if shares else "", better]))
    heading = f"{title} against {unit}"
    key = shortened(f"{title} at {unit}", 58)
    dashed = cost_levels(comparison, by, what)
    words = [
        f"{one.name}{f' ({one.tag})' if one.tag else ''}: {title} {figure_aloud(one.figure)}; "
        f"{unit} {one.costs}{'; not shown worse than the best' if one.best else ''}"
        for one in points
    ]
    words += [
        f"Dashed line: {one.name}{' (in place)' if one.in_place else ''}, {title} {one.mean:.3f}"
        for one in dashed
    ]

    def paint(canvas: "Canvas") -> None:
        _paint(canvas, points, _Words(said, unit, key), dashed)

    return Picture(
        name="cost",
        title=heading,
        svg=painted("cost", heading, _PLOT + _AXIS + _LINE * (len(points) + 2), paint),
        alternative=f"A point a variant. Up: {said}. Right: {unit}. {'. '.join(words)}.",
        note=_note(points, left, dashed),
    )


def _paint(
    canvas: "Canvas",
    points: Sequence[CostPoint],
    words: _Words,
    dashed: Sequence[CostLevel],
) -> None:
    """The plot, and below it the key."""
    height = _PLOT + _AXIS + _LINE * (len(points) + 2)
    place = (
        _LEFT / WIDTH,
        1 - (_PLOT - 4) / height,
        1 - (_LEFT + 22) / WIDTH,
        (_PLOT - 26) / height,
    )
    panel = canvas.add_axes(place, facecolor="none")
    panel.set_title(words.up, loc="left", x=-(_LEFT - 4) / (WIDTH - _LEFT - 22), size=9.5)
    panel.set_xlabel(words.right)
    costs = [one.cost for one in points]
    if min(costs) > 0 and max(costs) > _WIDE * min(costs):
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(lambda cost, _: f"{cost:g}")
    for one in points:
        _paint_point(panel, one)
    for level in dashed:
        _paint_level(panel, level)
    panel.margins(x=0.06, y=0.08)
    if panel.get_xscale() == "linear":
        panel.set_xlim(left=0)
    _number(canvas, panel, points)
    page = canvas.add_axes((0, 0, 1, 1))
    page.set(xlim=(0, WIDTH), ylim=(height, 0))
    page.axis("off")
    page.text(WIDTH - 4, _PLOT + _AXIS + _LINE, words.key, ha="right", color=MUTED)
    for one in points:
        _paint_key(page, one, _PLOT + _AXIS + _LINE * (one.number + 1))


def _paint_level(panel: "Axes", level: CostLevel) -> None:
    """A dashed line with its name, of a floor at its left end, of what is in place at the right."""
    line = panel.axhline(level.mean, linestyle="--", color=level.colour, linewidth=1)
    line.set_gid("in-place" if level.in_place else "floor")
    panel.annotate(
        level.name,
        (1 if level.in_place else 0, level.mean),
        (-3 if level.in_place else 3, 3),
        ("axes fraction", "data"),
        "offset points",
        ha="right" if level.in_place else "left",
        color=level.colour,
    )


def _paint_point(panel: "Axes", one: CostPoint) -> None:
    """A point with its interval; hollow, if another is shown to be better."""
    if one.figure.low is not None and one.figure.high is not None:
        ends = [one.figure.low, one.figure.high]
        panel.plot([one.cost, one.cost], ends, color=one.colour, alpha=0.6, linewidth=1.2)
    (point,) = panel.plot([one.cost], [one.figure.mean], MARKS[one.mark], color=one.colour)
    point.set(
        gid=f"point-{one.number}",
        markersize=8 if one.chosen else 6.5,
        zorder=4 if one.chosen else 3,
    )
    if not one.best:
        point.set_markerfacecolor(PAPER)


def _number(canvas: "Canvas", panel: "Axes", points: Sequence[CostPoint]) -> None:
    """Numbers beside the points, at the first place that is free; where none is, the key tells."""
    taken: list[tuple[float, float]] = []
    canvas.draw_without_rendering()
    for one in points:
        x, y = panel.transData.transform((one.cost, one.figure.mean))
        for right, up in _AROUND:
            at = (x + right, y + up * _APART)
            if any(abs(at[0] - a) < 16 and abs(at[1] - b) < _APART - 1 for a, b in taken):
                continue
            taken.append(at)
            panel.annotate(
                str(one.number),
                (one.cost, one.figure.mean),
                (right, up * _APART - 3.5),
                textcoords="offset points",
                ha="left" if right > 0 else "right",
                color=one.colour,
                fontweight="bold" if one.chosen else "normal",
            )
            break


def _paint_key(page: "Axes", one: CostPoint, line: float) -> None:
    """A line of the key: number, marker, name and figures."""
    weight = "bold" if one.chosen else "normal"
    (mark,) = page.plot([28], [line - 3.5], MARKS[one.mark], color=one.colour, markersize=6)
    if not one.best:
        mark.set_markerfacecolor(PAPER)
    page.text(18, line, str(one.number), ha="right", color=one.colour, fontweight=weight)
    page.text(38, line, shortened(one.name, 32), fontweight=weight)
    figures = f"{one.figure.mean:.3f} at {one.costs}"
    page.text(WIDTH - 4, line, figures, ha="right", color=MUTED)


def _note(points: Sequence[CostPoint], left: int, dashed: Sequence[CostLevel]) -> str:
    """What marks are, and what is not shown."""
    said = ["Lines are 95% intervals."]
    if any(one.best for one in points):
        said.append("Filled: none is shown to be better; hollow: one is, or it is no candidate.")
    for level in dashed:
        floor = "the best floor, which needs no language model and"
        what = "what is in place, which" if level.in_place else floor
        said.append(f"Dashed: {what} tells no cost.")
    if left:
        said.append(f"Not shown: {left} further from the best.")
    return " ".join(said)
