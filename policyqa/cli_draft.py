"""``policyqa data draft`` and ``data review``: documents to questions that a person accepted."""

import math
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import ConfigError
from policyqa.options import JsonOption, tell
from policyqa.progress import Watch
from policyqa.quiet import quieten


def draft(
    data: Annotated[Path, typer.Argument(help="A data folder with documents.")],
    limit: Annotated[int | None, typer.Option(help="Drafts, at most; 200 if unset.", min=1)] = None,
    unanswerable: Annotated[
        float | None,
        typer.Option(help="Share whose section is taken out of the documents; 0.1 if unset."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="A model that drafts, in place of rules.", metavar="SUITE:MODEL"),
    ] = None,
    split_by: Annotated[
        str | None, typer.Option(help="What splits do not share: section (if unset), document.")
    ] = None,
    shares: Annotated[
        str | None, typer.Option(help="Of the splits, as in train=0.5,validation=0.5.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of choice and splits; 7 if unset.")] = None,
    difference: Annotated[
        float | None,
        typer.Option("--for", help="Draft nothing: how many questions show it.", min=1e-9),
    ] = None,
    pilot: Annotated[
        Path | None, typer.Option(help="With --for: a run whose spread is taken.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Draft questions with answers, evidence and facts on the documents of a data folder.

    Nothing is scored on a draft before it is accepted: drafts.html in the folder shows each beside
    its section, drafts.csv is for a spreadsheet, and policyqa data review reads both back.
    """
    from policyqa.drafting import enough_for, show_drafted, show_enough, write_review
    from tasks.drafting.by_rules import asked_by_rules
    from tasks.drafting.choosing import DraftPlan
    from tasks.drafting.draft import AskSections, draft_questions
    from tasks.importing.splits import shares_of

    if difference is not None and not math.isfinite(difference):
        raise ConfigError(f"--for {difference}: name a difference above 0, as --for 0.05")
    if pilot is not None and difference is None:
        raise ConfigError(
            "--pilot is a run that --for looks at: name the difference, as --for 0.05"
        )
    if difference is not None:
        tell(enough_for(difference, pilot, data), as_json, show_enough)
        return
    quieten()
    given = {
        "limit": limit,
        "unanswerable": unanswerable,
        "split_by": split_by,
        "shares": shares_of(shares) if shares else None,
        "seed": seed,
    }
    plan = DraftPlan(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    plan.check()
    watch = Watch()
    ask: AskSections = asked_by_rules
    if by:
        from policyqa.model_drafts import asked_by_model

        ask = asked_by_model(by, data, watch)
    with watch.stage(f"drafting on {data}") as advance:
        found = draft_questions(data, ask, plan, advance, partial(write_review, data))
    tell({"data": str(data), **found}, as_json, show_drafted)


def review(
    data: Annotated[Path, typer.Argument(help="A data folder with drafts.")],
    table: Annotated[
        Path | None,
        typer.Argument(help="What was reviewed: reviewed.csv; the folder's drafts.csv if unset."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take a reviewed table into a data folder, as often as the review went on.

    What is accepted becomes a question. Page and table are written anew, as the review stands.
    """
    from dataclasses import asdict

    from policyqa.drafting import show_review, take_in

    quieten()
    tell({"data": str(data), **asdict(take_in(data, table))}, as_json, show_review)
