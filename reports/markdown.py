"""A comparison → Markdown."""

import re
from collections.abc import Sequence

from reports.cells import TextTable
from reports.comparison import Comparison
from reports.tables import notes, tables


def markdown(comparison: Comparison, chart: str | None = None) -> str:
    """Every table, the notes and the signature as a Markdown document.

    ``chart`` is where the picture of its curves lies, from the document's folder; None shows none.
    """
    suite, machine = comparison.suite, comparison.machine
    model = f": {_code(suite.model)}" if suite.model else ""
    below = [f"Machine: {machine.processor}, {machine.cores} cores, {machine.device}."]
    if chart:
        below.insert(0, f"![Quality and seconds against context](<{chart}>)")
    title = f"Suite {suite.name}{model} on the {suite.split} split"
    return page(title, tables(comparison), comparison.signature, below)


def page(title: str, shown: Sequence[TextTable], signature: str, below: Sequence[str] = ()) -> str:
    """Tables with their notes, and the signature of what they show, as a Markdown document.

    Args:
        title: of the document, as Markdown.
        shown: the tables.
        signature: everything that could change a figure.
        below: paragraphs that stand below the tables.
    """
    parts = [f"# {title}"]
    for table in shown:
        parts += [f"## {', '.join(table.title.splitlines())}", _pipes(table)]
        parts += table.conclusions
    parts += [*below, *(f"- {note}" for note in notes(shown)), f"Signature: {_code(signature)}"]
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
