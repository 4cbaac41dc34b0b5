"""``policyqa threshold``: from when on an answer is given, fitted on a run."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from policyqa.options import JsonOption, print_json


def threshold(
    run: Annotated[Path, typer.Argument(help="A run folder, of the validation split.")],
    variant: Annotated[str, typer.Argument(help="One of its variants, without a threshold.")],
    most: Annotated[
        float, typer.Option(help="Over-refusals at most, as a share.", min=0, max=1)
    ] = 0.1,
    on: Annotated[
        list[str] | None,
        typer.Option(help="A further variant the threshold is tried on; may be repeated."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a threshold of nearness and likelihood: the fewest false answers at few over-refusals.

    What it prints is a row of the table ``thresholds`` of a suite.
    """
    from harness.runs import read_manifest, read_result
    from reports.risk import answered, fit, held, refuse_held, risk_curves
    from reports.risk_table import curve_tables, threshold_table
    from reports.terminal import show_tables

    manifest = read_manifest(run)
    refuse_held(manifest, [variant, *(on or [])])
    split = manifest["scored_on"]["split"]
    result = read_result(run, variant)
    found = fit(result, most)
    named = {name: answered(read_result(run, name)) for name in on or []}
    others = {f"{variant}, all": held(answered(result), None, None)}
    for name, answers in named.items():
        others |= {
            f"{name}, all": held(answers, None, None),
            f"{name}, held": held(answers, found.nearness, found.likelihood),
        }
    curves = risk_curves(result)
    if as_json:
        print_json(
            {
                "split": split,
                "fitted": found.as_json(),
                "others": {name: one.as_json() for name, one in others.items()},
                "curves": {by: [one.as_json() for one in some] for by, some in curves.items()},
            }
        )
        return
    tables = [threshold_table(found, others, split), *curve_tables(curves)]
    show_tables(tables, manifest["signature"], Console())
    row = {"nearness": found.nearness, "likelihood": found.likelihood}
    asked = ", ".join(f"{name}: {value}" for name, value in row.items() if value is not None)
    if asked:
        print(f"thresholds: {{sure: {{{asked}}}}}")
    else:
        print("no threshold has fewer false answers than none, at so few over-refusals")
