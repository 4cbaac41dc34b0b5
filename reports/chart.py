"""
The curves of a comparison → one SVG picture.

A row a curve, a panel a metric and one for seconds. The same comparison gives the same bytes: no
date, no random ids, no settings of the user's own matplotlib. Every word on it comes from names of
variants and metrics.
"""

import io
from typing import TYPE_CHECKING, Any

from harness.errors import RunError
from reports.cells import titles

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


def chart(comparison: dict[str, Any]) -> str:
    """The picture of a comparison's curves, as SVG.

    Raises:
        RunError: it has none.
    """
    import matplotlib.style
    from matplotlib.figure import Figure

    curves = comparison.get("sweep")
    if not curves:
        raise RunError(
            f"suite {comparison['suite']['name']} has no curve to draw: no three of its variants "
            "differ in k or in the budget alone. Make a run that has: policyqa run sweep"
        )
    shown = titles(comparison, "mean")
    picture = io.StringIO()
    with matplotlib.style.context(["default", STYLE]):
        width, height = PANEL
        figure = Figure(
            figsize=(width * (len(shown) + 1), height * len(curves)), layout="constrained"
        )
        rows = figure.subplots(len(curves), len(shown) + 1, squeeze=False)
        for curve, panels in zip(curves, rows, strict=True):
            for metric, panel in zip(shown, panels, strict=False):
                _quality(panel, comparison, curve, metric, shown[metric])
            _seconds(panels[-1], comparison, curve)
        figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    return picture.getvalue()


def _quality(
    panel: "Axes", comparison: dict[str, Any], curve: dict[str, Any], metric: str, title: str
) -> None:
    """A metric with its 95% intervals against prompt tokens."""
    figures = [point["metrics"][metric] for point in curve["points"]]
    means = [figure["mean"] for figure in figures]
    below = [figure["mean"] - figure["low"] for figure in figures]
    above = [figure["high"] - figure["mean"] for figure in figures]
    tokens = _costs(comparison, curve, "prompt_tokens")
    panel.errorbar(tokens, means, yerr=[below, above], marker="o", capsize=3)
    if curve["oracle"]:
        _level(panel, curve["oracle"]["metrics"][metric]["mean"], "oracle")
    _label(panel, curve, tokens, means, title)


def _seconds(panel: "Axes", comparison: dict[str, Any], curve: dict[str, Any]) -> None:
    """Seconds a question, as a ratio to the first point, against prompt tokens."""
    tokens = _costs(comparison, curve, "prompt_tokens")
    seconds = _costs(comparison, curve, "seconds")
    ratios = [each / seconds[0] for each in seconds]
    panel.plot(tokens, ratios, marker="o")
    if curve["oracle"]:
        oracle = comparison["variants"][curve["oracle"]["variant"]]["cost"]["seconds"]
        _level(panel, oracle / seconds[0], "oracle")
    batches = f"seconds a question (batches of {comparison['suite']['batch_size']})"
    first = f"{curve['varies']}={curve['points'][0][curve['varies']]}"
    _label(panel, curve, tokens, ratios, f"{batches},\nratio to {first}")


def _label(
    panel: "Axes", curve: dict[str, Any], across: list[float], up: list[float], title: str
) -> None:
    """Say what is drawn, and at each point the value that varies."""
    panel.set_title(title, loc="left", fontweight="bold")
    panel.set_xlabel(f"prompt tokens a question\n{curve['fixed']}, labels: {curve['varies']}")
    panel.margins(x=0.08, y=0.15)
    for point, x, y in zip(curve["points"], across, up, strict=True):
        value = str(point[curve["varies"]])
        panel.annotate(value, (x, y), (4, 4), textcoords="offset points", fontsize=7)


def _level(panel: "Axes", height: float, name: str) -> None:
    """A dashed line across, named at its left end."""
    panel.axhline(height, linestyle="--", color="0.4")
    end = ("axes fraction", "data")
    panel.annotate(name, (0, height), (3, 3), end, "offset points", color="0.4", fontsize=7)


def _costs(comparison: dict[str, Any], curve: dict[str, Any], what: str) -> list[float]:
    """What each point of a curve cost, a question."""
    variants = comparison["variants"]
    return [variants[point["variant"]]["cost"][what] for point in curve["points"]]
