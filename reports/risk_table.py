"""A fitted threshold, as tables."""

from collections.abc import Mapping

from harness.statistics import Figure
from reports.cells import TextTable, share_cell
from reports.risk import Fitted, RiskCurves

RISK_NOTE = (
    "Risk of an answer: the share of facts that it lacks; 1 where nothing answers the question. "
    "The surest answers are given first. Intervals are of groups that share evidence."
)


def threshold_table(fitted: Fitted, others: Mapping[str, Fitted], split: str) -> TextTable:
    """The variant without a threshold and with it, and the same threshold on ``others``; of which
    ``split`` all are."""
    rows = [[name, *_cells(one)] for name, one in {**others, "fitted": fitted}.items()]
    ways = ["answers", "nearness", "likelihood", "false answers ↓", "over-refusals ↓", "answered"]
    note = (
        f"The threshold is fitted on these questions, of the split {split}: it is worth what it "
        "does on others, and nothing that is scored on these is a test of it."
    )
    return TextTable("Threshold", ways, rows, note)


def curve_tables(curves: RiskCurves) -> list[TextTable]:
    """A table of each curve: the fewer answers, the surer."""
    return [
        TextTable(
            f"Risk against coverage, by {by}",
            ["coverage", by, "risk ↓"],
            [[f"{p.coverage:.2f}", f"{p.least:.3f}", share_cell(p.risk, 3)] for p in points],
            RISK_NOTE,
        )
        for by, points in curves.items()
    ]


def _cells(one: Fitted) -> list[str]:
    asked = ["–" if value is None else f"{value:.4f}" for value in (one.nearness, one.likelihood)]
    return [*asked, *map(_share, (one.false_answers, one.over_refusals, one.answered))]


def _share(figure: Figure | None) -> str:
    return "–" if figure is None else share_cell(figure)
