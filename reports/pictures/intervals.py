"""Figures with their intervals, a row each below one another: the parts of every forest plot."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.statistics import Difference, Figure
from harness.verdict import Beside
from reports.cells import change
from reports.pictures.drawing import ACCENT, INK, MOST_ROWS, MUTED, PAPER, WIDTH, painted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

PointMark = Literal["variant", "floor", "evidence", "in place"]
MARKS: dict[PointMark, str] = {"variant": "o", "floor": "s", "evidence": "D", "in place": "o"}
"""The marker of each."""
_ROW, _LINE = 30.0, 12.0
"""Heights in points: of a row, and of each line of its details."""
_TOP, _AXIS = 2.0, 22.0
"""Points above the rows, and below them for the axis and its numbers."""
_LETTERS = 58
"""Characters of a line across the whole picture."""
_LETTER = 5.6
"""Width of a character in points, generously."""


@dataclass(frozen=True)
class IntervalRow:
    """A figure with its interval, and the words beside it."""

    name: str
    found: Difference | Beside
    tag: str = ""
    """What is said of it, at the right."""
    details: Sequence[str] = ()
    """Lines below the name."""
    mark: PointMark = "variant"
    colour: str = INK
    chosen: bool = False
    pale: bool = False
    """Whether too little stands behind it."""

    @property
    def figures(self) -> str:
        """The difference and its interval, as in tables."""
        return "0" if self.mark == "in place" else " ".join(change(self.found))

    @property
    def words(self) -> str:
        """The same aloud."""
        said = ", ".join(filter(None, [self.name, *self.details, self.tag]))
        if self.mark == "in place":
            return f"{said}: 0"
        return f"{said}: {self.found.delta:+.3f}, {_ends(self.found.low, self.found.high, '+.3f')}"

    @property
    def tag_colour(self) -> str:
        """That of the row, unless it is drawn in ink."""
        return MUTED if self.pale or self.colour == INK else self.colour

    @property
    def height(self) -> float:
        """In points."""
        return _ROW + _LINE * len(self.details)


def rows_picture(
    name: str, title: str, rows: Sequence[IntervalRow], below: str, margin: float = 0.0
) -> str:
    """The element of a picture of rows.

    Args:
        name: its id.
        title: of it.
        rows: from the top; at least one.
        below: what the axis is of.
        margin: how far the band around 0 reaches to both sides.
    """
    height = sum(row.height for row in rows)
    wrap = textwrap.TextWrapper(_LETTERS, break_on_hyphens=False).wrap
    lines = [part for line in below.splitlines() for part in wrap(line)]
    total = _TOP + height + _AXIS + _LINE * len(lines)

    def paint(canvas: "Canvas") -> None:
        whole = (0, 1 - (_TOP + height) / total, 1, height / total)
        page = canvas.add_axes(whole)
        page.set(xlim=(0, WIDTH), ylim=(height, 0))
        page.axis("off")
        letters = max(len(row.figures) for row in rows)
        wide = 1 - (letters * _LETTER + 10) / WIDTH
        panel = canvas.add_axes((0.01, whole[1], wide, whole[3]), facecolor="none")
        _prepare(panel, rows, height, "\n".join(lines), margin)
        top = 0.0
        for number, row in enumerate(rows, 1):
            _paint_row(page, panel, row, top, number)
            top += row.height

    return painted(name, title, total, paint)


def words_of(rows: Sequence[IntervalRow]) -> str:
    """All rows aloud."""
    return "; ".join(row.words for row in rows)


def figure_aloud(figure: Figure) -> str:
    """A figure and its interval."""
    return f"{figure.mean:.3f}, {_ends(figure.low, figure.high, '.3f')}"


def kept_rows(rows: Sequence[IntervalRow], higher: bool) -> tuple[list[IntervalRow], str]:
    """The rows closest to the best, of which there may be many; and how many are left out.

    The chosen and what is in place are among them.
    """
    ordered = sorted(rows, key=lambda row: row.found.delta, reverse=higher)
    needed = [row for row in ordered if row.chosen or row.mark == "in place"]
    others = [row for row in ordered if row not in needed]
    kept = [*needed, *others[: max(MOST_ROWS - len(needed), 0)]]
    left = len(rows) - len(kept)
    said = f"Not shown: {left} further from the best." if left else ""
    return [row for row in ordered if row in kept], said


def _ends(low: float | None, high: float | None, form: str) -> str:
    """An interval aloud, its ends in this format."""
    if low is None or high is None:
        return "no interval"
    return f"from {low:{form}} to {high:{form}}"


def _prepare(
    panel: "Axes", rows: Sequence[IntervalRow], height: float, below: str, margin: float
) -> None:
    """Axes, the line at 0 and the band of the margin around it."""
    ends = [end for row in rows for end in (row.found.delta, row.found.low, row.found.high)]
    told = [end for end in ends if end is not None] + [-margin, 0.0, margin]
    reach = (max(told) - min(told)) * 0.05 or 0.01
    panel.set(xlim=(min(told) - reach, max(told) + reach), ylim=(height, 0), yticks=[])
    panel.spines["left"].set_visible(False)
    panel.locator_params(axis="x", nbins=5)
    panel.set_xlabel(below, loc="left")
    if margin:
        panel.axvspan(-margin, margin, color=MUTED, alpha=0.22, linewidth=0).set_gid("margin")


def _paint_row(page: "Axes", panel: "Axes", row: IntervalRow, top: float, number: int) -> None:
    """A row: what it is above, its interval below with the figures at the right."""
    colour = MUTED if row.pale else row.colour
    bottom = top + row.height
    if row.chosen:
        page.axhspan(top + 1, bottom - 1, color=ACCENT, alpha=0.13, linewidth=0)
    page.text(4, top + 12, row.name, fontweight="bold" if row.chosen else "normal")
    page.text(WIDTH - 4, top + 12, row.tag, ha="right", color=row.tag_colour)
    for place, line in enumerate(row.details, 1):
        page.text(4, top + 12 + place * _LINE, line, color=MUTED)
    middle = bottom - 9
    # In the lower half alone, so that it does not cross the name.
    panel.vlines(0, bottom - 15, bottom - 2, color=INK, linewidth=1)
    page.text(WIDTH - 4, middle + 3.5, row.figures, ha="right", color=MUTED if row.pale else INK)
    if row.found.low is not None and row.found.high is not None:
        bar = panel.plot([row.found.low, row.found.high], [middle, middle], color=colour)
        bar[0].set(gid=f"interval-{number}", linewidth=2.6 if row.chosen else 1.5)
        bar[0].set_solid_capstyle("butt")
        bar[0].set_alpha(0.55 if row.pale else 1)
    point = panel.plot([row.found.delta], [middle], MARKS[row.mark], color=colour)
    point[0].set(gid=f"point-{number}", markersize=7 if row.chosen else 5.5)
    if row.pale or row.mark == "in place":
        point[0].set_markerfacecolor(PAPER)
