"""``policyqa compare``: by how much one variant is better than another, and how sure that is."""

from typing import Annotated

import typer

from harness.errors import ConfigError
from policyqa.gate import (
    FORM,
    Files,
    JunitOption,
    MarkdownOption,
    RowsOption,
    conclude,
    side_of,
)
from policyqa.options import JsonOption, tell


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
    gate: Annotated[
        bool,
        typer.Option(
            "--gate", help="Decide whether A replaces B; exit with 0 ship, 1 hold, 3 undecided."
        ),
    ] = False,
    margin: Annotated[
        float, typer.Option(help="Of a gate: the smallest difference that matters.", min=0)
    ] = 0.0,
    junit: JunitOption = None,
    markdown: MarkdownOption = None,
    rows: RowsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show A minus B on the questions both answered, with paired 95% intervals.

    With --gate, A is the candidate and B what is in place.
    """
    from harness.files import write_whole
    from harness.verdict import Rule
    from reports.gate import gate_sides
    from reports.markdown import page
    from reports.pairwise import compare_variants
    from reports.rows import score_lines
    from reports.tables import gate_tables, pair_table
    from reports.terminal import show_tables

    first, second = side_of(a), side_of(b)
    if gate and (where or cluster):
        raise ConfigError(
            "a gate decides on all questions, grouped by their evidence: leave out --where and "
            "--cluster, or leave out --gate"
        )
    if not gate and (junit or margin):
        raise ConfigError("--junit and --margin are of a gate: add --gate")
    if gate:
        gated = gate_sides(first, second, by, Rule(margin))
        pair, shown = gated.pair, gate_tables(gated)
        found = pair.as_json() | {"verdict": gated.verdict.as_json()}
        tell(found, as_json, lambda _, console: show_tables(shown, pair.signature, console))
        conclude(gated, Files(junit, markdown, rows))
    pair = compare_variants(first, second, where, by, cluster)
    shown = [pair_table(pair)]
    tell(pair, as_json, lambda _, console: show_tables(shown, pair.signature, console))
    if rows:
        write_whole(rows, score_lines(first, second))
    if markdown:
        write_whole(markdown, page(f"{a} beside {b}", shown, pair.signature))
