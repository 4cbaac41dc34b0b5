"""Figures → the text of cells, and the table they make: the parts every table shares."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harness.statistics import Difference, Figure
from harness.verdict import Beside
from reports.explained import NO_INTERVAL
from reports.reported import Differences, Figures

ARROWS = {True: "↑", False: "↓", None: ""}
"""Which way is better."""


@dataclass(frozen=True)
class TextTable:
    """A table ready to be shown; a cell may have several lines."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    note: str = ""
    """What a reader of it must know."""
    conclusions: Sequence[str] = ()
    """What follows from it, to stand right below."""

    def rewritten(self, change: Callable[[str], str]) -> "TextTable":
        """The table with ``change`` made to every text: how all of it goes out one way."""
        return TextTable(
            change(self.title),
            [change(column) for column in self.columns],
            [[change(cell) for cell in row] for row in self.rows],
            change(self.note),
            [change(line) for line in self.conclusions],
        )


def label(name: str) -> str:
    """A variant, with a context of its own on a second line."""
    return name.replace("+", "\n+", 1)


def heads(names: Iterable[str]) -> list[str]:
    """Titles of columns, of several words on several lines."""
    return [name.replace(" ", "\n") for name in names]


def score_cell(figures: Figures, changes: Differences | None, metric: str) -> str:
    """A figure, and below it how it differs from what it is compared with, if from anything."""
    if metric not in figures:
        return "–"
    lines = change(changes[metric]) if changes and metric in changes else ()
    return "\n".join([f"{figures[metric].mean:.3f}", *lines])


def change(difference: Difference | Beside) -> tuple[str, str]:
    """A difference, and its interval; – where there are too few groups for one."""
    low, high = difference.low, difference.high
    ends = "–" if low is None or high is None else f"[{end(low)}, {end(high)}]"
    return _signed(difference.delta), ends


def lacking(found: Iterable[Figure | Difference]) -> list[str]:
    """What must be said of figures or differences of which one has no interval."""
    return [NO_INTERVAL] if any(one.low is None for one in found) else []


def end(value: float) -> str:
    """An interval's end, short enough for three metrics side by side on 80 columns."""
    return re.sub(r"^([+-])0\.", r"\1.", _signed(value))


def chance(p: float) -> str:
    """A p; what is 0 to three decimals is not 0."""
    return f"{p:.3f}" if p >= 0.001 else "<.001"


def _signed(value: float) -> str:
    """Three decimals and a sign; what is 0 to three decimals is no negative."""
    return f"{round(value, 3) + 0.0:+.3f}"


def counted(n: int, clusters: int, replicates: int = 1) -> str:
    """Of how many questions something is, asked how often, and below it in how many groups."""
    again = f" × {replicates}" if replicates > 1 else ""
    return f"n = {n}{again}\nin {clusters} {'group' if clusters == 1 else 'groups'}"


def share_cell(figure: Figure, digits: int = 2) -> str:
    """A share, and its interval below; – where there are too few groups for one."""
    ends = "–"
    if figure.low is not None:
        ends = f"[{figure.low:.{digits}f}, {figure.high:.{digits}f}]".replace("0.", ".")
    return f"{figure.mean:.{digits}f}\n{ends}"
