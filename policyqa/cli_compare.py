"""``policyqa compare``: by how much one variant is better than another, and how sure that is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import ConfigError
from policyqa.options import JsonOption, tell

if TYPE_CHECKING:
    from reports.side import Side

FORM = "RUN:VARIANT, as in runs/quick:sft-rag/rag"


def compare(
    a: Annotated[
        str,
        typer.Argument(
            help=f"A variant of a run: {FORM}; or a samples_*.jsonl that lm-eval logged, of any "
            "task."
        ),
    ],
    b: Annotated[
        str, typer.Argument(help="What it is compared with: a variant of any run, or a log.")
    ],
    where: Annotated[
        str | None,
        typer.Option(
            help="Only questions with FIELD=VALUE, as answerable=true.", metavar="FIELD=VALUE"
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="This metric alone; every one that both have if unset.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="Questions with the same value of this field are a group of intervals; those with "
            "the same evidence if unset.",
            metavar="FIELD",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show A minus B on the questions both answered, with paired 95% intervals."""
    from reports.pairwise import compare_variants
    from reports.tables import pair_table
    from reports.terminal import show_tables

    pair = compare_variants(_side(a), _side(b), where, by, cluster)
    tell(pair, as_json, lambda _, console: show_tables([pair_table(pair)], pair.signature, console))


def _side(name: str) -> "Side":
    """What a file or ``RUN:VARIANT`` holds."""
    from reports.side import log_side, variant_side

    if Path(name).is_file():
        return log_side(Path(name))
    run, _, variant = name.rpartition(":")
    if not (run and variant):
        raise ConfigError(
            f"{name!r} is no file, and no variant of a run: it has not the form {FORM}"
        )
    return variant_side(Path(run), variant)
