"""A comparison → Markdown, in which no name, note or figure is markup of its own."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from harness.inert import in_markdown, markdown_paragraph, visible
from reports.cells import TextTable
from reports.comparison import Comparison
from reports.tables import notes, tables


def markdown(comparison: Comparison, chart: str | None = None) -> str:
    """Every table, the notes and the signature as a Markdown document.

    ``chart`` is where the picture of its curves lies, from the document's folder; None shows none.
    """
    suite = comparison.suite
    model = f": {suite.model}" if suite.model else ""
    title = f"Suite {suite.name}{model} on the {suite.split} split"
    return page(title, tables(comparison), comparison.signature, comparison.machine.words, chart)


def page(
    title: str,
    shown: Sequence[TextTable],
    signature: str,
    below: str = "",
    chart: str | None = None,
) -> str:
    """Tables with their notes, and the signature of what they show, as a Markdown document.

    Args:
        title: of the document.
        shown: the tables.
        signature: everything that could change a figure.
        below: what stands below the tables.
        chart: where a picture lies that is shown above it, from the document's folder.
    """
    parts = [f"# {in_markdown(_line(title))}"]
    for table in shown:
        inert = table.rewritten(in_markdown)
        parts += [f"## {', '.join(inert.title.splitlines())}", _pipes(inert)]
        parts += map(markdown_paragraph, table.conclusions)
    parts += [f"![Quality and seconds against context](<{quote(chart)}>)"] if chart else []
    parts += [markdown_paragraph(below)] if below else []
    parts += [f"- {markdown_paragraph(note)}" for note in notes(shown)]
    return "\n\n".join([*parts, f"Signature: {_code(signature)}"]) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())


def _code(text: str) -> str:
    """``text`` as a code span, which no backtick of its own ends."""
    line = _line(visible(text))
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if longest else f"{fence}{line}{fence}"


def _pipes(table: TextTable) -> str:
    lines = [_row_line(table.columns), _row_line(["---"] * len(table.columns))]
    lines += [_row_line(row) for row in table.rows]
    return "\n".join(lines)


def _row_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace(chr(10), '<br>') for cell in cells)} |"
