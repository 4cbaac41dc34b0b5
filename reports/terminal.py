"""A comparison → rich tables on a console."""

from collections.abc import Sequence
from dataclasses import replace

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.inert import visible
from reports.cells import TextTable
from reports.comparison import Comparison
from reports.tables import notes, tables

WORDED = ("published as", "variant", "metric", "kind", "change", "slice", "claim")
"""Columns of words; the others hold figures."""
NAME = 18
"""Characters a name takes of a line, at most; a longer one goes on in the next."""


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print every table of a run, the notes and the signature."""
    show_tables(tables(comparison), comparison.signature, console)


def show_tables(shown: Sequence[TextTable], signature: str, console: Console) -> None:
    """Print tables, their notes and the signature of what they show, all text made visible."""
    shown = [table.rewritten(visible) for table in shown]
    for table in shown:
        console.print(Text(table.title, style="bold"))
        for part in parted(table, console.width):
            console.print(_rich(part))
        if table.conclusions:
            console.print(Text("\n".join([*table.conclusions, ""])))
    for note in notes(shown):
        console.print(Text(note, style="dim"))
    console.print(Text(f"signature: {visible(signature)}", style="dim"))


def parted(table: TextTable, width: int) -> list[TextTable]:
    """The table in parts of at most ``width`` characters, each with the names of the rows.

    One part where it fits. No figure is cut; a name may take at most ``NAME`` characters of a line.
    """
    widths = [
        max(len(line) for row in (table.columns, *table.rows) for line in row[place].split("\n"))
        for place in range(len(table.columns))
    ]
    names = [place for place, column in enumerate(table.columns) if column in WORDED]
    taken = sum(min(widths[place], NAME) + 1 for place in names)
    parts: list[list[int]] = [[]]
    for place in (place for place in range(len(widths)) if place not in names):
        used = taken + sum(widths[one] + 1 for one in parts[-1])
        if parts[-1] and used + widths[place] > width:
            parts.append([])
        parts[-1].append(place)
    return [_columns(table, [*names, *part]) for part in parts]


def _columns(table: TextTable, places: Sequence[int]) -> TextTable:
    """The table with these of its columns alone."""
    rows = [[row[place] for place in places] for row in table.rows]
    return replace(table, columns=[table.columns[place] for place in places], rows=rows)


def _rich(table: TextTable) -> Table:
    shown = Table(
        box=box.SIMPLE_HEAD,
        padding=0,  # The box has a space between columns.
        show_edge=False,
        pad_edge=False,
    )
    for column in table.columns:
        words = column in WORDED
        # What does not fit goes on in the next line: figures whole, so names.
        shown.add_column(
            Text(column),
            justify="left" if words else "right",
            no_wrap=not words,
            overflow="fold",
        )
    for row in table.rows:
        shown.add_row(*(Text(cell) for cell in row))
    return shown
