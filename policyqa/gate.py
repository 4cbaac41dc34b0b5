"""What the commands that gate a change have in common: options, files, and the exit status."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import ConfigError

if TYPE_CHECKING:
    from reports.gate import Gated
    from reports.side import Side

FORM = "RUN:VARIANT, as in runs/quick:sft-rag/rag"

JunitOption = Annotated[
    Path | None, typer.Option(help="With a gate: write JUnit XML to this file.")
]
RowsOption = Annotated[
    Path | None,
    typer.Option(help="Write scores question by question to this file, a baseline for later."),
]
MarkdownOption = Annotated[Path | None, typer.Option(help="Write Markdown to this file.")]


@dataclass(frozen=True)
class Files:
    """Where what a gate found is written, besides the terminal."""

    junit: Path | None = None
    markdown: Path | None = None
    rows: Path | None = None


def side_of(name: str) -> "Side":
    """What a file or ``RUN:VARIANT`` holds.

    Raises:
        ConfigError: it is neither.
        RunError, DataError: it cannot be read as what it looks like.
    """
    from reports.rows import is_score_lines, score_lines_side
    from reports.side import log_side, variant_side

    path = Path(name)
    if path.is_file():
        return score_lines_side(path) if is_score_lines(path) else log_side(path)
    run, _, variant = name.rpartition(":")
    if not (run and variant):
        raise ConfigError(
            f"{name!r} is no file, and no variant of a run: it has not the form {FORM}"
        )
    return variant_side(Path(run), variant)


def conclude(gated: "Gated", files: Files) -> None:
    """Write what is asked for, and exit by the decision: 0 ship, 1 hold, 3 undecided."""
    from harness.files import write_whole
    from reports.gate import STATUS, junit
    from reports.markdown import page
    from reports.rows import score_lines
    from reports.tables import gate_tables

    verdict = gated.verdict
    if files.rows:
        write_whole(files.rows, score_lines(gated.candidate, gated.in_place))
    if files.junit:
        write_whole(files.junit, junit(verdict))
    if files.markdown:
        title = f"{verdict.decision.capitalize()}: {verdict.variant}"
        write_whole(files.markdown, page(title, gate_tables(gated), gated.pair.signature))
    raise typer.Exit(STATUS[verdict.decision])
