"""A comparison → rich tables on a console."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.cells import TextTable
from reports.tables import notes, tables


def show(comparison: dict[str, Any], console: Console) -> None:
    """Print every table of a run, the notes and the signature."""
    show_tables(tables(comparison), comparison["signature"], console)


def show_tables(shown: Sequence[TextTable], signature: str, console: Console) -> None:
    """Print tables, their notes and the signature of what they show."""
    for table in shown:
        console.print(_rich(table))
        if table.conclusion:
            console.print(Text(table.conclusion + "\n"))
    for note in notes(shown):
        console.print(Text(note, style="dim"))
    console.print(Text(f"signature: {signature}", style="dim"))


def _rich(table: TextTable) -> Table:
    shown = Table(
        title=Text(table.title),
        box=box.SIMPLE_HEAD,
        title_justify="left",
        padding=0,  # The box has a space between columns.
        show_edge=False,
        pad_edge=False,
    )
    for column in table.columns:
        words = column in ("published as", "variant", "metric")
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
