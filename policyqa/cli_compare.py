"""``policyqa compare``: by how much one arm is better than another, and how sure that is."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.errors import ConfigError
from policyqa.options import Json, print_json

FORM = "RUN:ARM, as in runs/quick:sft-rag/rag"


def compare(
    a: Annotated[str, typer.Argument(help=f"An arm of a run: {FORM}.")],
    b: Annotated[str, typer.Argument(help="The arm it is compared with, of that run or another.")],
    as_json: Json = False,
) -> None:
    """Show A minus B on the questions both answered, with paired 95% intervals."""
    from harness.runs import read_arm
    from reports.comparison import read_manifest
    from reports.pairwise import compare_arms
    from reports.tables import differences
    from reports.terminal import show_tables

    (run, first), (other, second) = _named(a), _named(b)
    seed, _ = (read_manifest(folder)["suite"]["seed"] for folder in (run, other))
    comparison = compare_arms(read_arm(run, first), read_arm(other, second), seed=seed)
    if as_json:
        print_json(comparison)
    else:
        show_tables([differences(comparison)], comparison["signature"], Console())


def _named(name: str) -> tuple[Path, str]:
    """The run and the arm that ``RUN:ARM`` names."""
    run, _, arm = name.rpartition(":")
    if not (run and arm):
        raise ConfigError(f"{name!r} is no arm of a run: it has not the form {FORM}")
    return Path(run), arm
