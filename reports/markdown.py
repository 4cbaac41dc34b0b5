"""A comparison → Markdown."""

import re

from reports.cells import TextTable
from reports.comparison import Comparison
from reports.tables import notes, tables


def markdown(comparison: Comparison, chart: str | None = None) -> str:
    """Every table, the notes and the signature as a Markdown document.

    ``chart`` is where the picture of its curves lies, from the document's folder; None shows none.
    """
    suite, machine = comparison.suite, comparison.machine
    model = f": {_code(suite.model)}" if suite.model else ""
    parts = [f"# Suite {suite.name}{model} on the {suite.split} split"]
    shown = tables(comparison)
    for table in shown:
        parts += [f"## {table.title}", _pipes(table)]
        parts += table.conclusions
    parts += [f"![Quality and seconds against context](<{chart}>)"] if chart else []
    parts += [f"- {note}" for note in notes(shown)]
    parts.append(f"Machine: {machine.processor}, {machine.cores} cores, {machine.device}.")
    parts.append(f"Signature: {_code(comparison.signature)}")
    return "\n\n".join(parts) + "\n"


def _code(text: str) -> str:
    """``text`` as a code span, which no backtick of its own ends."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence, line = "`" * (longest + 1), " ".join(text.split())
    return f"{fence} {line} {fence}" if longest else f"{fence}{line}{fence}"


def _pipes(table: TextTable) -> str:
    lines = [_line(table.columns), _line(["---"] * len(table.columns))]
    lines += [_line(row) for row in table.rows]
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    safe = [cell.replace("|", "\\|").replace("\n", "<br>") for cell in cells]
    return f"| {' | '.join(safe)} |"
