"""
The command line: parse, call one function, print, return a status.

Wrong input exits with status 2. Heavy libraries are imported by the commands that need them.
"""

import errno
import os
import re
import sys
from contextlib import nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from harness.errors import BenchError
from harness.inert import visible
from policyqa.cli_ask import ask
from policyqa.cli_audit import audit
from policyqa.cli_cache import cache_app
from policyqa.cli_claims import claims
from policyqa.cli_compare import compare
from policyqa.cli_convert import convert_app
from policyqa.cli_data import data_app
from policyqa.cli_export import export
from policyqa.cli_index import index_app
from policyqa.cli_power import power
from policyqa.cli_run import report, run
from policyqa.cli_start import start
from policyqa.cli_threshold import threshold
from policyqa.cli_validity import validity
from policyqa.options import DataOption, JsonOption, data_or_shipped, tell
from policyqa.progress import Watch
from policyqa.quiet import quieten, stay_offline, without_git_errors

LINE_BREAKS = r"\s*[\r\n\v\f]+\s*"

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
app.command()(start)
app.command()(run)
app.command()(report)
app.command()(ask)
app.command()(claims)
app.command()(audit)
app.command()(compare)
app.command()(power)
app.command()(threshold)
app.command()(export)
app.command()(validity)


def main() -> None:
    """Entry point of ``policyqa``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # Half a character, or one a terminal has not.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except BenchError as error:
        _refuse(str(error))
    except OSError as error:  # A full disk, or a folder that is not the user's, anywhere.
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        place = error.filename or "the disk"
        _refuse(f"{place}: {error.strerror}; name a place of yours that has room, and run it again")


def _refuse(message: str) -> NoReturn:
    """Say in one line, of nothing that steers a terminal, what is wrong; end with status 2."""
    if os.environ.get("RANK", "0") == "0":  # Of several that train together, one tells.
        print(f"error: {visible(re.sub(LINE_BREAKS, ' ', message))}", file=sys.stderr)
    sys.exit(2)


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
    from policyqa.train import train_recipe

    quieten()
    wanted = load_recipe(recipe, **({"model": model} if model else {}))
    stay_offline([wanted.model])
    watch = Watch(Console(stderr=True, quiet=not is_main()))
    if dry:
        from policyqa.dry_run import dry_run, show_estimate

        tell(dry_run(wanted, data_or_shipped(data), watch), as_json, show_estimate)
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
    from harness.models.faults import keep_secrets_out_of_logs
    from tasks.registration import TASKS, all_are_ours, without_other_tasks

    sys.argv = ["lm_eval", *context.args]
    ours_alone = False
    if not any(word.split("=")[0] == "--include_path" for word in context.args):
        sys.argv += ["--include_path", str(TASKS)]
        ours_alone = all_are_ours(context.args)
    keep_secrets_out_of_logs()
    with without_git_errors(), without_other_tasks() if ours_alone else nullcontext():
        cli_evaluate()


@app.command("register-tasks")
def register_tasks(
    undo: Annotated[bool, typer.Option("--undo", help="Take it back.")] = False,
) -> None:
    """Let the stock lm_eval command find the tasks by name, from any directory."""
    from tasks.registration import register, unregister

    print(f"removed {unregister()}" if undo else f"registered in {register()}")
