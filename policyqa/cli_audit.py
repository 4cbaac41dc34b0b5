"""``policyqa audit``: had the trained weights of a run met its questions before?"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from policyqa.options import JsonOption, print_json


def audit(
    run: Annotated[Path, typer.Argument(help="A run folder.")], as_json: JsonOption = False
) -> None:
    """Find scored questions that trained weights had met, and show the scores without them.

    Copies, edited ones, the same in other words, and copied answers, by the measures of data check;
    exits with 1 if a variant is exposed.
    """
    from policyqa.progress import Watch
    from policyqa.quiet import quieten, stay_offline

    quieten()
    from harness.runs import read_manifest
    from rag.embedder import EMBEDDER, Embedder
    from reports.audit import audit_run
    from reports.audit_tables import audit_tables
    from reports.terminal import show_tables

    signature = read_manifest(run)["signature"]
    stay_offline([EMBEDDER])
    with Watch().stage(f"auditing {run}"):
        found = audit_run(run, Embedder())
    shown = audit_tables(found)
    if as_json:
        print_json(found.as_json())
    elif shown:
        show_tables(shown, signature, Console())
    else:
        print(f"no variant of {run} has trained weights: there is nothing to audit")
    if any(found.exposed.values()):
        raise typer.Exit(1)
