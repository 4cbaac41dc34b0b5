"""``policyqa power``: how many questions show a difference, from a run that is there."""

from pathlib import Path
from typing import Annotated

import typer

from policyqa.options import JsonOption, tell


def power(
    run: Annotated[Path, typer.Argument(help="A run folder: an earlier run, or a pilot.")],
    difference: Annotated[
        float, typer.Option(help="A true difference from the baseline.", min=1e-9)
    ] = 0.05,
    by: Annotated[
        str | None, typer.Option(help="The metric; the deciding one if unset.", metavar="METRIC")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what more questions like a run's would show, and how many show a difference."""
    from harness.runs import read_manifest
    from reports.power import power_of, power_table
    from reports.terminal import show_tables

    found = power_of(run, by, difference)
    signature = read_manifest(run)["signature"]
    tell(
        found,
        as_json,
        lambda value, console: show_tables([power_table(value)], signature, console),
    )
