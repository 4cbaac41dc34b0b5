"""``policyqa data``: check, count and import data folders."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from policyqa.cli_draft import draft, review
from policyqa.options import JsonOption, print_json, tell
from policyqa.progress import Watch
from policyqa.quiet import quieten

data_app = typer.Typer(
    no_args_is_help=True, help="Data folders: import, draft, review, check, count."
)
data_app.command("draft")(draft)
data_app.command("review")(review)


@data_app.command("check")
def data_check(
    data: Annotated[Path, typer.Argument(help="A data folder.")],
    skip: Annotated[list[str] | None, typer.Option(help="Leave out this check; repeat it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Find what is wrong with a data folder, one line each; exits with 1 if anything is.

    Checks: schema, evidence, split, overlap, duplicate, number, citation, fact, copy, give-away,
    answered, style.
    """
    from dataclasses import asdict

    from policyqa.data import show_findings
    from tasks.checking.check import check_data

    quieten()
    with Watch().stage(f"checking {data}") as advance:
        findings = check_data(data, skip or [], advance)
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        show_findings(findings)
    if findings:
        raise typer.Exit(1)


@data_app.command("info")
def data_info(
    data: Annotated[Path, typer.Argument(help="A data folder.")], as_json: JsonOption = False
) -> None:
    """Count what a data folder holds."""
    from policyqa.data import show_information
    from tasks.checking.information import data_information

    tell(data_information(data), as_json, show_information)


@data_app.command("ceiling")
def data_ceiling(
    data: Annotated[Path, typer.Argument(help="A data folder with several references.")],
    split: Annotated[str, typer.Option(help="Of its questions.")] = "test",
    as_json: JsonOption = False,
) -> None:
    """Score each reference against the others: what another right answer reaches."""
    from policyqa.data import show_ceiling
    from tasks.policyqa.ceiling import ceiling_of

    quieten()
    with Watch().stage(f"scoring the references of {data}"):
        found = ceiling_of(data, split)
    tell(found, as_json, show_ceiling)


@data_app.command("import")
def data_import(
    source: Annotated[Path, typer.Argument(help="Documents, or a public set's own files.")],
    out: Annotated[Path, typer.Option(help="The data folder to make.")],
    questions: Annotated[Path | None, typer.Option(help="CSV or JSON lines of questions.")] = None,
    split_by: Annotated[str, typer.Option(help="What splits do not share: section, document.")] = (
        "section"
    ),
    seed: Annotated[int, typer.Option(help="Of the splits.")] = 7,
    shares: Annotated[
        str | None,
        typer.Option(help="New splits in place of the source's, as in train=0.5,validation=0.5."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a data folder: documents (PDF, DOCX, HTML, Markdown, text), SQuAD's layout, ObliQA's,
    MTRAG's.

    What is not taken is listed with the reason, here and in the folder's import.json.
    """
    from policyqa.data import show_import
    from tasks.importing.importer import import_data
    from tasks.importing.splits import shares_of

    wanted = None if shares is None else shares_of(shares)
    with Watch().stage(f"importing {source}") as advance:
        summary = import_data(source, out, questions, split_by, seed, wanted, advance)
    tell(summary, as_json, partial(show_import, out=out))
