"""
The command line: parse, call one function, print, return a status.

Wrong input exits with status 2. Heavy libraries are imported by the commands that need them.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.errors import BenchError
from policyqa.cli_ask import ask
from policyqa.cli_audit import audit
from policyqa.cli_cache import cache_app
from policyqa.cli_compare import compare
from policyqa.cli_convert import convert_app
from policyqa.cli_data import data_app
from policyqa.cli_export import export
from policyqa.cli_index import index_app
from policyqa.options import DataOption, JsonOption, data_or_shipped, print_json

app = typer.Typer(
    help="Which variant of my policy assistant do I ship, and can I trust the figure?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
model_app = typer.Typer(no_args_is_help=True, help="Models by name.")
app.add_typer(data_app, name="data")
app.add_typer(index_app, name="index")
app.add_typer(convert_app, name="convert")
app.add_typer(model_app, name="model")
app.add_typer(cache_app, name="cache")
app.command()(ask)
app.command()(audit)
app.command()(compare)
app.command()(export)


def main() -> None:
    """Entry point of ``policyqa``."""
    try:
        app()
    except BenchError as error:
        if os.environ.get("RANK", "0") == "0":  # Of several that train together, one tells.
            print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


@app.command()
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
    as_json: JsonOption = False,
) -> None:
    """Score a suite: prepare and train what is missing, then print the table.

    Run again, it goes on where it stopped.
    """
    from policyqa.quiet import quieten, stay_offline

    quieten()  # Before the libraries are there: some read their settings when they are imported.
    from policyqa.progress import Watch
    from policyqa.run import run_suite
    from policyqa.suite import load_suite
    from reports.terminal import show_comparison

    wanted = load_suite(suite, limit=limit)
    stay_offline(wanted.model_names)
    watch = Watch()
    if preview_alone:
        from policyqa.preview import preview
        from reports.preview import show_preview

        found = preview(wanted, watch, ask_again)
        if as_json:
            print_json(found.as_json())
        else:
            show_preview(found, Console())
        return
    folder = out or Path("runs") / wanted.name
    comparison = run_suite(wanted, folder, watch, ask_again)
    if as_json:
        print_json(comparison.as_json())
        return
    show_comparison(comparison, Console())
    print(f"run folder: {folder}")


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    markdown: Annotated[Path | None, typer.Option(help="Write Markdown to this file.")] = None,
    chart: Annotated[Path | None, typer.Option(help="Write a sweep's chart (SVG) here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show a finished run."""
    from harness.files import write_whole
    from harness.runs import CHART
    from reports.chart import chart as draw
    from reports.comparison import compare_run
    from reports.markdown import markdown as render
    from reports.terminal import show_comparison

    comparison = compare_run(run)
    if chart:
        write_whole(chart, draw(comparison))
    if markdown:
        drawn = chart or run / CHART
        link = os.path.relpath(drawn, markdown.parent) if drawn.is_file() else None
        write_whole(markdown, render(comparison, link))
    if as_json:
        print_json(comparison.as_json())
    else:
        show_comparison(comparison, Console())


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A shipped recipe or a YAML file.")],
    model: Annotated[str | None, typer.Option(help="Base model, in place of the recipe's.")] = None,
    data: DataOption = None,
    out: Annotated[Path | None, typer.Option(help="Checkpoint folder; the cache if unset.")] = None,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Tell what it would do and take; train nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a checkpoint; prints its folder as the last line.

    Run again, it goes on where it stopped.
    """
    from finetune.processes import is_main
    from finetune.recipe import load_recipe
    from policyqa.progress import Watch
    from policyqa.quiet import quieten, stay_offline
    from policyqa.train import train_recipe

    quieten()
    wanted = load_recipe(recipe, **({"model": model} if model else {}))
    stay_offline([wanted.model])
    watch = Watch(Console(stderr=True, quiet=not is_main()))
    if dry:
        from policyqa.dry_run import dry_run, show_estimate

        told = dry_run(wanted, data_or_shipped(data), watch)
        if as_json:
            print_json(told)
        else:
            show_estimate(told, Console())
        return
    folder = train_recipe(wanted, data_or_shipped(data), out, watch).folder
    if is_main():
        print(folder)


@model_app.command("list")
def model_list() -> None:
    """List the models that can be fetched by name."""
    from harness.models.entries import CATALOGUE

    for entry in CATALOGUE.values():
        state = "fetched" if entry.folder.is_dir() else "not fetched"
        print(f"{entry.name:14} {entry.summary} ({entry.conditions}; {state})")


@model_app.command("fetch")
def model_fetch(
    name: str,
    accept_terms: Annotated[
        bool, typer.Option("--accept-terms", help="Accept the terms that it comes under.")
    ] = False,
) -> None:
    """Fetch a model of the catalogue; prints its folder as the last line."""
    from harness.models.catalogue import check_terms, entry_of, fetch
    from policyqa.progress import Watch
    from policyqa.quiet import quieten

    quieten()
    wanted = entry_of(name)
    if not accept_terms:
        check_terms([name])
    with Watch().stage(f"fetching {wanted.name}"):
        folder = fetch(wanted.name, accept_terms)
    print(folder)


@app.command(
    "eval",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    add_help_option=False,
)
def evaluate(context: typer.Context) -> None:
    """lm-eval's own command line, every flag, with our tasks and --model policyqa-hf."""
    from lm_eval.__main__ import cli_evaluate

    import harness.models.floors
    import harness.models.policyqa_hf  # noqa: F401  Both register a --model.
    from policyqa.quiet import without_git_errors
    from tasks.registration import TASKS

    sys.argv = ["lm_eval", *context.args]
    if not any(word.split("=")[0] == "--include_path" for word in context.args):
        sys.argv += ["--include_path", str(TASKS)]
    with without_git_errors():
        cli_evaluate()


@app.command("register-tasks")
def register_tasks(
    undo: Annotated[bool, typer.Option("--undo", help="Take it back.")] = False,
) -> None:
    """Let the stock lm_eval command find the tasks by name, from any directory."""
    from tasks.registration import register, unregister

    print(f"removed {unregister()}" if undo else f"registered in {register()}")
