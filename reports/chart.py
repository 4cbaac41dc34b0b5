"""
The curves of a comparison → one SVG picture.

A row a curve, a panel a metric and one for seconds. The same comparison gives the same bytes: no
date, no random ids, no settings of the user's own matplotlib. Every word on it comes from names of
variants and metrics.
"""

import io
import math
from typing import TYPE_CHECKING, Any

from harness.errors import RunError
from harness.statistics import Figure
from reports.comparison import Comparison
from reports.sweep import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLE: dict[str, Any] = {
    "svg.hashsalt": "policyqa",  # Ids in the file are hashes, salted at random unless set.
    "svg.fonttype": "none",  # Text stays text: smaller, and found by a search.
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}
"""What differs from matplotlib's own defaults."""
PANEL = (3.4, 3.0)
"""Width and height of a panel, in inches."""


def chart(comparison: Comparison) -> str:
    """The picture of a comparison's curves, as SVG.

    Raises:
        RunError: it has none.
    """
    import matplotlib.style
    from matplotlib.figure import Figure as Picture

    curves = comparison.sweep
    if not curves:
        raise RunError(
            f"suite {comparison.suite.name} has no curve to draw: no three of its variants "
            "differ in k or in the budget alone. Make a run that has: policyqa run sweep"
        )
    shown = comparison.titles("mean")
    picture = io.StringIO()
    with matplotlib.style.context(["default", STYLE]):
        width, height = PANEL
        figure = Picture(
            figsize=(width * (len(shown) + 1), height * len(curves)), layout="constrained"
        )
        rows = figure.subplots(len(curves), len(shown) + 1, squeeze=False)
        for curve, panels in zip(curves, rows, strict=True):
            across, name = _across(comparison, curve)
            below = f"{name}\n{curve.fixed}, labels: {curve.varies}"
            for (metric, title), panel in zip(shown.items(), panels, strict=False):
                _label(panel, curve, across, _quality(panel, curve, across, metric), title, below)
            cost = f"seconds a question (batches of {comparison.suite.batch_size})"
            title = f"{cost},\nratio to {curve.varies}={curve.values[0]}"
            seconds = _seconds(panels[-1], comparison, curve, across)
            _label(panels[-1], curve, across, seconds, title, below)
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return picture.getvalue()


def _across(comparison: Comparison, curve: Curve) -> tuple[list[float], str]:
    """Where each point stands: at its prompt tokens, or where one does not tell them, at the value
    that varies."""
    told = [comparison.variants[point.variant].cost.prompt_tokens for point in curve.points]
    tokens = [count for count in told if count is not None]
    if len(tokens) == len(told):
        return tokens, "prompt tokens a question"
    return list(map(float, curve.values)), curve.varies


def _quality(panel: "Axes", curve: Curve, across: list[float], metric: str) -> dict[int, float]:
    """Draw a metric with its 95% intervals; returns it, by the place of each point that has it."""
    found = {
        place: point.metrics[metric]
        for place, point in enumerate(curve.points)
        if metric in point.metrics
    }
    means = {place: figure.mean for place, figure in found.items()}
    below, above = zip(*map(_reach, found.values()), strict=True) if found else ((), ())
    places = [across[place] for place in found]
    panel.errorbar(places, list(means.values()), yerr=[below, above], marker="o", capsize=3)
    if curve.oracle and metric in curve.oracle.metrics:
        _level(panel, curve.oracle.metrics[metric].mean, "oracle")
    return means


def _reach(figure: Figure) -> tuple[float, float]:
    """How far its interval goes down and up; no numbers, which draw nothing, where it has none."""
    if figure.low is None or figure.high is None:
        return math.nan, math.nan
    return figure.mean - figure.low, figure.high - figure.mean


def _seconds(
    panel: "Axes", comparison: Comparison, curve: Curve, across: list[float]
) -> dict[int, float]:
    """Draw seconds a question as a ratio to the first point, where that is told; returns it."""
    seconds = {name: entry.cost.seconds for name, entry in comparison.variants.items()}
    first = seconds[curve.points[0].variant]
    told = {place: seconds[point.variant] for place, point in enumerate(curve.points)}
    ratios = {place: each / first for place, each in told.items() if first and each is not None}
    panel.plot([across[place] for place in ratios], list(ratios.values()), marker="o")
    oracle = seconds[curve.oracle.variant] if curve.oracle else None
    if first and oracle is not None:
        _level(panel, oracle / first, "oracle")
    return ratios


def _label(
    panel: "Axes", curve: Curve, across: list[float], up: dict[int, float], title: str, below: str
) -> None:
    """Say what is drawn, and at each point, by its place, the value that varies."""
    panel.set_title(title, loc="left", fontweight="bold")
    panel.set_xlabel(below)
    panel.margins(x=0.08, y=0.15)
    for place, y in up.items():
        at = (across[place], y)
        panel.annotate(str(curve.values[place]), at, (4, 4), textcoords="offset points", fontsize=7)


def _level(panel: "Axes", height: float, name: str) -> None:
    """A dashed line across, named at its left end."""
    panel.axhline(height, linestyle="--", color="0.4")
    end = ("axes fraction", "data")
    panel.annotate(name, (0, height), (3, 3), end, "offset points", color="0.4", fontsize=7)
