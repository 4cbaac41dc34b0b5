"""Drafts as the command makes, writes and tells of them."""

import os
from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from shlex import quote
from typing import Any

from rich.console import Console

from harness.deciding import FEWEST_TO_DECIDE
from harness.errors import ConfigError
from harness.files import write_whole
from harness.reading import read_yaml
from policyqa.options import say
from reports.drafts.page import drafts_page
from reports.power import power_of
from tasks.drafting.record import DraftQuestion, check_places, read_drafts
from tasks.drafting.review import Reviewed, read_review, state_of, write_table
from tasks.drafting.withheld import WHOLE, all_sections

PAGE, TABLE = "drafts.html", "drafts.csv"
MINUTES_A_DRAFT = 1
"""Of review: to read a section, a question and an answer. An assumption, not measured."""
KEPT_DRAFTS = 0.7
"""Share of drafts that a review is planned to keep; of six folders 68% to 92% were
(docs/results)."""
SPREAD = Path(__file__).with_name("spread.yaml")
"""What a run of the shipped set can show, and of how many questions."""


def write_review(data: Path, drafts: Sequence[DraftQuestion] | None = None) -> None:
    """Write the page and the table on which the drafts of a data folder are reviewed.

    Args:
        data: the folder.
        drafts: of it; None are those that are kept.

    Raises:
        DataError: a draft is on a section that is gone.
    """
    drafts = read_drafts(data) if drafts is None else drafts
    sections = {one.id: one for one in all_sections(data)}
    check_places(data, drafts, sections)
    write_table(data / TABLE, drafts, sections)
    page = drafts_page(drafts, sections, data, f"{_review(data)} reviewed.csv", MINUTES_A_DRAFT)
    write_whole(data / PAGE, page)


def take_in(data: Path, table: Path | None) -> Reviewed:
    """Take in what was reviewed, in the folder's own table first and then in ``table``; and write
    page and table anew, as the review stands.

    Raises:
        ConfigError: nothing was drafted.
        DataError: a table is none.
    """
    own = data / TABLE
    found = read_review(data, own) if own.exists() else state_of(data)
    if table is not None and os.path.realpath(table) != os.path.realpath(own):
        first = found.conflicts
        found = read_review(data, table)
        found = replace(found, conflicts=(*first, *found.conflicts))
    write_review(data)
    return found


def _review(data: Path) -> str:
    return f"policyqa data review {quote(str(data))}"


def enough_for(difference: float, pilot: Path | None, data: Path) -> dict[str, Any]:
    """How many questions would show a true difference, and how long their review takes.

    Args:
        difference: of the deciding metric, above 0.
        pilot: a run of questions like those to come; None takes the shipped set's spread.
        data: where they are drafted.

    Raises:
        DataError: the folder has no documents.
        RunError: the pilot is no finished run, or too small.
        ConfigError: its variants never differ.
    """
    all_sections(data)
    if pilot is None:
        questions, groups, by = _shipped_need(difference)
    else:
        found = power_of(pilot, None, difference)
        needs = [one for one in found.variants.values() if one.questions and one.clusters]
        if not needs:
            raise ConfigError(f"the variants of {pilot} never differ, so nothing tells how many")
        most = max(needs, key=lambda one: one.questions or 0)
        questions, groups, by = most.questions or 0, most.clusters or 0, found.title
    drafts = ceil(questions / KEPT_DRAFTS)
    return {
        "data": str(data),
        "difference": difference,
        "by": by,
        "of": str(pilot) if pilot else "the shipped policy set",
        "questions": questions,
        "groups": groups,
        "drafts": drafts,
        "hours": drafts * MINUTES_A_DRAFT / 60,
    }


def _shipped_need(difference: float) -> tuple[int, int, str]:
    """Questions and groups that would show a difference, were they spread as the shipped set's.

    What is shown shrinks with the root of the groups, of which there are as many questions each.
    """
    known = read_yaml(SPREAD)
    growth = (known["detectable"] / difference) ** 2
    groups = max(ceil(known["groups"] * growth), FEWEST_TO_DECIDE)
    return ceil(groups * known["questions"] / known["groups"]), groups, known["title"]


def show_drafted(found: dict[str, Any], console: Console) -> None:
    """Print what was drafted, and what comes next."""
    splits = ", ".join(f"{count} {name}" for name, count in found["splits"].items())
    kinds = ", ".join(f"{count} {name}" for name, count in found["kinds"].items())
    registers = ", ".join(f"{count} as {name}" for name, count in found["registers"].items())
    lines = [
        f"{found['drafts']:>7,} drafts ({splits}), of {found['possible']:,} that could be made",
        f"        kinds: {kinds}",
        f"        asked: {registers}",
        f"{found['sections asked of']:>7,} of {found['sections']:,} sections asked of",
        f"{found['doubtful']:>7,} with a doubt beside them",
    ]
    if found["unanswerable"]:
        lines.append(
            f"{found['unanswerable']:>7,} that nothing answers any more: "
            f"{found['sections withheld']} sections were taken out of the documents, which are "
            f"whole in {Path(found['data']) / WHOLE}; an assistant of yours must search "
            f"{Path(found['data']) / 'corpus'}"
        )
    lines += [
        f"about {found['drafts'] * MINUTES_A_DRAFT} minutes of review, at a minute each",
        f"next: open {Path(found['data']) / PAGE} (or {TABLE} in a spreadsheet), then "
        f"{_review(Path(found['data']))} reviewed.csv",
    ]
    _say(lines, console)


def show_review(found: dict[str, Any], console: Console) -> None:
    """Print how far a review is, and what comes next."""
    lines = [
        f"{found['accepted']:>7,} accepted, {found['mended']} of them mended",
        f"{found['dropped']:>7,} dropped",
        f"{found['waiting']:>7,} to be reviewed, and scored by nobody before",
    ]
    if found["waiting"]:
        lines.append(
            f"next: go on in {Path(found['data']) / PAGE}, then {_review(Path(found['data']))} "
            "reviewed.csv"
        )
    if found["conflicts"]:
        lines.append(
            f"{len(found['conflicts']):>7,} were reviewed otherwise in the meantime, and are left "
            f"as they are: {', '.join(found['conflicts'])}"
        )
    if found["accepted"]:
        lines.append(f"next: policyqa data check {quote(found['data'])}")
    _say(lines, console)


def show_enough(found: dict[str, Any], console: Console) -> None:
    """Print how many questions a difference takes."""
    lines = [
        f"a true difference of {found['difference']:g} {found['by']} is shown, four times in five, "
        f"by {found['questions']:,} test questions over {found['groups']:,} groups of sections, "
        f"were they spread as those of {found['of']}",
        f"at {KEPT_DRAFTS:.0%} kept: {found['drafts']:,} drafts, about {found['hours']:.1f} hours "
        "of review at a minute each",
        f"next: policyqa data draft {quote(found['data'])} --limit {found['drafts']} "
        "--shares test=1 "
        "(more where you train)",
    ]
    _say(lines, console)


def _say(lines: list[str], console: Console) -> None:
    for line in lines:
        say(line, console)
