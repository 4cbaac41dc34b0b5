"""``policyqa cache``: what is kept of answers and scores, and forgetting it."""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.errors import ConfigError
from policyqa.options import JsonOption, print_json

cache_app = typer.Typer(
    no_args_is_help=True, help="Answers and scores that are kept, of whom, and forgetting them."
)


@cache_app.command("info")
def info(as_json: JsonOption = False) -> None:
    """Show what is kept, by suite, data folder and model."""
    from harness.kept import Kept

    kept = Kept()
    rows = kept.info()
    if as_json:
        print_json({"file": str(kept.path), "kept": rows})
        return
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("suite", "data", "model", "answers", "characters", "answers scored"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(f"{x:,}" if isinstance(x, int) else x) for x in row.values()))
    console = Console()
    console.print(table if rows else "nothing is kept yet")
    console.print(Text(f"{kept.path} ({kept.path.stat().st_size:,} bytes)"), soft_wrap=True)


@cache_app.command("clear")
def clear(
    suite: Annotated[str | None, typer.Option(help="Of this suite alone, by its name.")] = None,
    data: Annotated[Path | None, typer.Option(help="Of this data folder alone.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Of this model alone, as suites name its base.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Forget all of it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Forget what a suite, a data folder or a model used, also where others used it too.

    Run folders keep their own copies: delete them as well.
    """
    from harness.kept import Kept

    named = [value for value in (suite, data, model) if value is not None]
    if bool(named) == everything:
        raise ConfigError(
            "say what to forget: --suite, --data and --model, or --all; policyqa cache info shows "
            "what is kept"
        )
    gone = Kept().forget(suite, str(data.resolve()) if data else None, model)
    if as_json:
        print_json(gone)
    else:
        print(f"forgotten: {gone['answers']:,} answers and {gone['scores']:,} scores")
