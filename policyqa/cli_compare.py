"""``policyqa compare``: by how much one variant is better than another, and how sure that is."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.errors import ConfigError
from policyqa.options import Json, print_json

FORM = "RUN:VARIANT, as in runs/quick:sft-rag/rag"


def compare(
    a: Annotated[str, typer.Argument(help=f"A variant of a run: {FORM}.")],
    b: Annotated[
        str, typer.Argument(help="The variant it is compared with, of that run or another.")
    ],
    where: Annotated[
        str | None,
        typer.Option(
            help="Only questions with FIELD=VALUE, as answerable=true.", metavar="FIELD=VALUE"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show A minus B on the questions both answered, with paired 95% intervals."""
    from harness.runs import read_manifest, read_result
    from reports.pairwise import compare_variants
    from reports.tables import differences
    from reports.terminal import show_tables

    first, second = (
        (read_result(run, variant), read_manifest(run)) for run, variant in map(_named, (a, b))
    )
    comparison = compare_variants(first, second, where)
    if as_json:
        print_json(comparison)
    else:
        show_tables([differences(comparison)], comparison["signature"], Console())


def _named(name: str) -> tuple[Path, str]:
    """The run and the variant that ``RUN:VARIANT`` names."""
    run, _, variant = name.rpartition(":")
    if not (run and variant):
        raise ConfigError(f"{name!r} is no variant of a run: it has not the form {FORM}")
    return Path(run), variant
