"""``policyqa run`` and ``policyqa report``: a suite carried out, and shown again."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.errors import ConfigError
from policyqa.gate import Files, JunitOption, MarkdownOption, RowsOption, conclude, side_of
from policyqa.options import JsonOption, print_json, tell
from policyqa.progress import Watch
from policyqa.quiet import quieten, stay_offline


def run(
    suite: Annotated[str, typer.Argument(help="quick, published, full, sweep, or a YAML file.")],
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/NAME if unset.")] = None,
    limit: Annotated[int | None, typer.Option(help="Score this many questions.", min=1)] = None,
    ask_again: Annotated[
        bool, typer.Option("--ask-again", help="Ask servers and functions anew what they answered.")
    ] = False,
    preview_alone: Annotated[
        bool, typer.Option("--dry-run", help="Tell what it would do, and about how long.")
    ] = False,
    gate: Annotated[
        str | None,
        typer.Option(
            help="Decide whether a variant replaces what is in place, a file or RUN:VARIANT; exit "
            "with 0 ship, 1 hold, 3 undecided.",
            metavar="BASELINE",
        ),
    ] = None,
    junit: JunitOption = None,
    markdown: MarkdownOption = None,
    rows: RowsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a suite: prepare and train what is missing, then print the table.

    Run again, it goes on where it stopped.
    """

    quieten()  # Before the libraries are there: some read their settings when they are imported.
    from policyqa.embedders import with_known_embedders
    from policyqa.run import run_suite
    from policyqa.suite import load_suite
    from reports.gate import gate_run
    from reports.tables import gate_tables
    from reports.terminal import show_comparison, show_tables
    from reports.written import RUN_PAGE

    wanted = load_suite(suite, limit=limit)
    if gate is None and (junit or markdown or rows):
        raise ConfigError("--junit, --markdown and --rows are of a gate: add --gate BASELINE")
    in_place = side_of(gate) if gate else None
    stay_offline(with_known_embedders(wanted)[0].model_names)
    watch = Watch()
    if preview_alone:
        from policyqa.preview import preview
        from reports.preview import show_preview

        found = preview(wanted, watch, ask_again)
        tell(found, as_json, show_preview)
        return
    folder = out or Path("runs") / wanted.name
    comparison = run_suite(wanted, folder, watch, ask_again)
    gated = gate_run(folder, in_place) if in_place else None
    if as_json:
        print_json(comparison.as_json() | ({"gate": gated.verdict} if gated else {}))
    else:
        show_comparison(comparison, Console())
        print(f"run folder: {folder}\npage: {folder / RUN_PAGE}")
    if gated:
        if not as_json:
            show_tables(gate_tables(gated), gated.pair.signature, Console())
        conclude(gated, Files(junit, markdown, rows))


def report(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    html: Annotated[Path | None, typer.Option(help="Write the page (HTML) to this file.")] = None,
    before: Annotated[
        Path | None,
        typer.Option(help="An earlier run, to stand beside this one in the page.", metavar="RUN"),
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write Markdown to this file.")] = None,
    rows: Annotated[
        Path | None, typer.Option("--csv", help="Write every answer, a row each, to this file.")
    ] = None,
    chart: Annotated[Path | None, typer.Option(help="Write a sweep's chart (SVG) here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show a finished run, or write it as a page, Markdown or CSV."""
    from harness.files import write_whole
    from harness.runs import CHART
    from reports.markdown import markdown as render
    from reports.page.page import run_page
    from reports.page.reading import read_run
    from reports.pictures.sweep import chart as draw
    from reports.terminal import show_comparison
    from reports.written import write_rows

    if before and not html:
        raise ConfigError("--before is of a page: add --html FILE")
    finished = read_run(run)
    comparison = finished.comparison
    if chart:
        write_whole(chart, draw(comparison))
    if markdown:
        drawn = chart or run / CHART
        link = os.path.relpath(drawn, markdown.parent) if drawn.is_file() else None
        write_whole(markdown, render(comparison, link))
    if rows:
        write_rows(rows, finished.results.values())
    if html:
        write_whole(html, run_page(finished, read_run(before) if before else None))
    tell(comparison, as_json, show_comparison)
