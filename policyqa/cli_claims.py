"""``policyqa claims``: what is claimed, held against a run."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from policyqa.options import JsonOption, print_json


def claims(
    claims: Annotated[
        str, typer.Argument(help="A YAML file of claims, or shipped ones: llama2-7b.")
    ],
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    beside: Annotated[
        list[Path] | None,
        typer.Option(help="A further run, for claims that compare two; may be repeated."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show which claims a run supports, which it refutes, and what would decide the others."""
    from harness.runs import read_manifest
    from reports.claims.checking import check_claims
    from reports.claims.reading import read_claims
    from reports.claims.table import claims_table
    from reports.terminal import show_tables

    found = check_claims(read_claims(claims), run, beside or [])
    signature = read_manifest(run)["signature"]
    if as_json:
        print_json({"claims": [one.as_json() for one in found], "signature": signature})
    else:
        show_tables([claims_table(found)], signature, Console())
