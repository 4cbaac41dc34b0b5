"""
The curves of a comparison: quality and seconds against how much context is shown.

In a page a picture a panel, one of each metric and one for seconds; and one SVG file of its own
with a row a curve. Every word on it comes from names of variants and metrics.
"""

import io
import math
from typing import TYPE_CHECKING

from harness.errors import RunError
from harness.statistics import Figure
from reports.comparison import Comparison
from reports.headline import headline
from reports.pictures.drawing import ACCENT, MUTED, WIDTH, Picture, painted, shortened, styled
from reports.pictures.intervals import figure_aloud
from reports.sweep import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

PANEL = (3.4, 3.0)
"""Width and height of a panel of a file, in inches."""
_HEIGHT = 250.0
"""Of a panel of a page, in points."""
_SMALL = 9.0
"""Size of labels in points."""


def chart(comparison: Comparison) -> str:
    """The picture of a comparison's curves, as an SVG file.

    Raises:
        RunError: it has none.
    """
    from matplotlib.figure import Figure as Canvas

    curves = comparison.sweep
    if not curves:
        raise RunError(
            f"suite {comparison.suite.name} has no curve to draw: no three of its variants "
            "differ in k or in the budget alone. Make a run that has: policyqa run sweep"
        )
    shown = _panels(comparison)
    written = io.StringIO()
    with styled("policyqa"):
        width, height = PANEL
        canvas = Canvas(figsize=(width * len(shown), height * len(curves)), layout="constrained")
        rows = canvas.subplots(len(curves), len(shown), squeeze=False)
        for curve, panels in zip(curves, rows, strict=True):
            for metric, panel in zip(shown, panels, strict=True):
                title = _title(comparison, curve, metric).replace(", ratio", ",\nratio")
                panel.set_title(title, loc="left", fontweight="bold")
                _paint(panel, comparison, curve, metric)
        canvas.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue()


def sweep_pictures(comparison: Comparison) -> list[Picture]:
    """The panels of all curves, each a picture."""
    return [
        _picture(comparison, curve, metric, f"sweep-{place}-{number}")
        for place, curve in enumerate(comparison.sweep, 1)
        for number, metric in enumerate(_panels(comparison), 1)
    ]


def _panels(comparison: Comparison) -> list[str | None]:
    """The metrics of which there is a panel; None is the one for seconds."""
    return [*headline(comparison, "mean"), None]


def _picture(comparison: Comparison, curve: Curve, metric: str | None, name: str) -> Picture:
    """A panel by itself."""

    def paint(canvas: "Canvas") -> None:
        _paint(canvas.add_axes((46 / WIDTH, 0.2, 1 - 56 / WIDTH, 0.76)), comparison, curve, metric)

    title = f"{shortened(_title(comparison, curve, metric), 80)}, by {curve.varies}"
    said = ["Lines are 95% intervals."] if metric else []
    said += ["Dashed: shown the sections that hold the answer."] if curve.oracle else []
    return Picture(
        name=name,
        title=title,
        svg=painted(name, title, _HEIGHT, paint),
        alternative=f"{title}, of {_common(curve)}: {_words(comparison, curve, metric)}.",
        note=" ".join(said),
        group="Quality and seconds against context",
    )


def _title(comparison: Comparison, curve: Curve, metric: str | None) -> str:
    """What a panel is of."""
    if metric is not None:
        return shortened(comparison.metrics[metric].title)
    batches = f"seconds a question (batches of {comparison.suite.batch_size})"
    return f"{batches}, ratio to {curve.varies}={curve.values[0]}"


def _common(curve: Curve) -> str:
    return shortened(curve.fixed)


def _paint(panel: "Axes", comparison: Comparison, curve: Curve, metric: str | None) -> None:
    """Draw a curve, and say what is drawn: at each point the value that varies."""
    across, below = _across(comparison, curve)
    if metric is None:
        up = _seconds(comparison, curve)
        panel.plot([across[place] for place in up], list(up.values()), marker="o", color=ACCENT)
    else:
        found = _quality(curve, metric)
        up = {place: figure.mean for place, figure in found.items()}
        ends = zip(*map(_reach, found.values()), strict=True) if found else ((), ())
        panel.errorbar(
            [across[place] for place in up],
            list(up.values()),
            yerr=list(ends),
            marker="o",
            capsize=3,
            color=ACCENT,
        )
    level = _level(comparison, curve, metric)
    if level is not None:
        panel.axhline(level, linestyle="--", color=MUTED)
        end = ("axes fraction", "data")
        panel.annotate("oracle", (0, level), (3, 3), end, "offset points", color=MUTED, size=_SMALL)
    panel.set_xlabel(f"{below}\n{_common(curve)}, labels: {curve.varies}")
    panel.margins(x=0.08, y=0.15)
    for place, y in up.items():
        at = (across[place], y)
        value = str(curve.values[place])
        panel.annotate(value, at, (5, -11), textcoords="offset points", size=_SMALL)


def _across(comparison: Comparison, curve: Curve) -> tuple[list[float], str]:
    """Where each point stands: at its prompt tokens, or where one does not tell them, at the value
    that varies."""
    told = [comparison.variants[point.variant].cost.prompt_tokens for point in curve.points]
    tokens = [count for count in told if count is not None]
    if len(tokens) == len(told):
        return tokens, "prompt tokens a question"
    return list(map(float, curve.values)), curve.varies


def _quality(curve: Curve, metric: str) -> dict[int, Figure]:
    """A metric, by the place of each point that has it."""
    return {
        place: point.metrics[metric]
        for place, point in enumerate(curve.points)
        if metric in point.metrics
    }


def _reach(figure: Figure) -> tuple[float, float]:
    """How far its interval goes down and up; no numbers, which draw nothing, where it has none."""
    if figure.low is None or figure.high is None:
        return math.nan, math.nan
    return figure.mean - figure.low, figure.high - figure.mean


def _seconds(comparison: Comparison, curve: Curve) -> dict[int, float]:
    """Seconds a question as a ratio to the first point, by place, where that is told."""
    told = [comparison.variants[point.variant].cost.seconds for point in curve.points]
    first = told[0]
    if not first:
        return {}
    return {place: each / first for place, each in enumerate(told) if each is not None}


def _level(comparison: Comparison, curve: Curve, metric: str | None) -> float | None:
    """Where the oracle stands."""
    if curve.oracle is None:
        return None
    if metric is not None:
        found = curve.oracle.metrics.get(metric)
        return found.mean if found else None
    first = comparison.variants[curve.points[0].variant].cost.seconds
    seconds = comparison.variants[curve.oracle.variant].cost.seconds
    return seconds / first if first and seconds is not None else None


def _words(comparison: Comparison, curve: Curve, metric: str | None) -> str:
    """The figures of a panel aloud."""
    if metric is None:
        ratios = _seconds(comparison, curve)
        said = [f"{curve.varies} {curve.values[place]}: {one:.2f}" for place, one in ratios.items()]
    else:
        said = [
            f"{curve.varies} {curve.values[place]}: {figure_aloud(figure)}"
            for place, figure in _quality(curve, metric).items()
        ]
    level = _level(comparison, curve, metric)
    return "; ".join([*said, *([f"oracle: {level:.3f}"] if level is not None else [])])
