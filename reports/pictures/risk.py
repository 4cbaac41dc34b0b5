"""Risk against coverage: what answers are worth, the fewer are given; a picture a variant."""

from typing import TYPE_CHECKING

from reports.comparison import Comparison
from reports.pictures.drawing import ACCENT, INK, WIDTH, Picture, painted, shortened
from reports.risk import RiskCurves, RiskPoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure as Canvas

_HEIGHT = 230.0
"""In points."""
_LINES = {"likelihood": (ACCENT, "-"), "nearness": (INK, "--")}


def risk_pictures(comparison: Comparison) -> list[Picture]:
    """A picture of each variant that tells how sure it is of its answers."""
    return [
        _picture(f"risk-{number}", name, curves)
        for number, (name, curves) in enumerate(comparison.risk.items(), 1)
    ]


def _picture(name: str, variant: str, curves: RiskCurves) -> Picture:
    title = f"Risk against coverage: {shortened(variant)}"

    def paint(canvas: "Canvas") -> None:
        panel = canvas.add_axes((46 / WIDTH, 0.17, 1 - 56 / WIDTH, 0.78))
        for by, points in curves.items():
            colour, line = _LINES[by]
            across = [one.coverage for one in points]
            panel.plot(across, [one.risk.mean for one in points], line, color=colour, label=by)
            low, high = zip(*map(_reach, points), strict=True)
            panel.fill_between(across, low, high, color=colour, alpha=0.12, linewidth=0)
        panel.set_xlabel("coverage: share of questions answered, the surest first")
        panel.set_ylabel("risk")
        panel.legend(frameon=False)

    said = "; ".join(f"by {by}: {_words(points)}" for by, points in curves.items())
    return Picture(
        name=name,
        title=title,
        svg=painted(name, title, _HEIGHT, paint),
        alternative=f"{title}; {said}.",
        note="Shaded: 95% intervals. Risk: facts an answer lacks; 1 where nothing answers.",
        group="Risk against coverage",
    )


def _reach(point: RiskPoint) -> tuple[float, float]:
    """Its interval, or itself where it has none."""
    risk = point.risk
    if risk.low is None or risk.high is None:
        return risk.mean, risk.mean
    return risk.low, risk.high


def _words(points: "Sequence[RiskPoint]") -> str:
    return ", ".join(f"{one.risk.mean:.2f} at {one.coverage:.2f}" for one in points)
