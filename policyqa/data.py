"""What ``policyqa data`` prints."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.inert import visible
from harness.metrics import make_metrics
from policyqa.options import say
from tasks.checking.findings import CHECKS, Finding
from tasks.importing.importer import IMPORT_RECORD
from tasks.policyqa.questions import UNANSWERED, WITHOUT_ANSWER

ENGLISH_ALONE = "who abstains is told by rules for English, so leave those rates aside"
COLUMN = ": a column answerable, with false in that row"
"""How a table of questions says that the documents do not answer one."""
ROWS_SHOWN = 20
"""Lines on rows not taken that are printed; the record has all."""
ALIKE_SHOWN = 3
"""Of them, those of questions for much the same reason."""


def show_import(summary: dict[str, Any], console: Console, out: Path) -> None:
    """Print what an import took and what it did not."""
    tell = partial(say, console=console)
    questions, not_taken = summary["questions"], summary["not taken"]
    splits = ", ".join(f"{count:,} {name}" for name, count in questions["splits"].items())
    blank, silent = questions["without reference answer"], questions["unanswerable without answer"]
    counts = [
        *((count, f"{name} in the source") for name, count in summary.get("source", {}).items()),
        (summary["documents"]["taken"], "documents"),
        (summary["sections"], "sections"),
        (questions["taken"], f"questions ({splits})" if splits else "questions"),
    ]
    if blank:
        first = f"(the first is {questions['first without reference answer']})"
        mark = COLUMN if summary["layout"] == "documents" else ""
        counts.append((blank, f"of them have no reference answer {first}: {WITHOUT_ANSWER}{mark}"))
    if silent:
        own = f"with no answer of their own: their reference is {UNANSWERED!r}"
        counts.append((silent, f"of them are unanswerable, {own}"))
    foreign = questions["hardly English"]
    if 2 * foreign > questions["taken"]:
        counts.append((foreign, f"of them are hardly English: {ENGLISH_ALONE}"))
    kinds = Counter(f"{row['what']}s not taken" for row in not_taken)
    files = [row["reason"] for row in not_taken if row["what"] == "document"]
    reasons = Counter(f"times: {reason}" for reason in files)
    counts += [(count, what) for what, count in kinds.items()]
    counts += [(count, reason) for reason, count in reasons.items() if count > 1]
    for count, what in counts:
        tell(f"{count:>7,} {what}")
    for line in _rows_not_taken(not_taken, out / IMPORT_RECORD):
        tell(f"        {line}")
    for line in summary.get("too few", ()):
        tell(line)
    tell(f"data folder: {out}")
    if questions["taken"] or questions["not taken"]:
        tell(f"next: policyqa data check {out}")
    else:
        tell(
            "no questions: put a questions.csv beside the documents, or name one with --questions;"
        )
        tell("or have some drafted, which you review")
        tell(f"next: policyqa data draft {out}")


def _rows_not_taken(rows: Sequence[Mapping[str, str]], record: Path) -> list[str]:
    """Lines of rows with their reasons; of questions for much the same reason the first few."""
    alike: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in rows:
        # A file is named whatever the reason.
        alike[row["place"] if row["what"] == "document" else _without_names(row)].append(row)
    lines = []
    for some in alike.values():
        lines += [f"{row['place']}: {row['reason']}" for row in some[:ALIKE_SHOWN]]
        if len(some) > ALIKE_SHOWN:
            lines.append(f"… and {len(some) - ALIKE_SHOWN:,} more like that, all in {record}")
    more = [f"… and more in {record}"] if len(lines) > ROWS_SHOWN else []
    return lines[:ROWS_SHOWN] + more


def _without_names(row: Mapping[str, str]) -> str:
    """Why a row was not taken, but for what it was that it named."""
    return re.split("[:;] ", re.sub(r"'.*?'|\".*?\"", "…", row["reason"]))[0]


def show_ceiling(found: dict[str, Any], console: Console) -> None:
    """Print what further references score, with intervals."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("metric", "against all others", "against the first alone", "n"):
        table.add_column(title)
    titles = {metric.name: metric.title for metric in make_metrics()}
    for name, figure in found["all"].items():
        first = found["first"].get(name)
        shown = [figure_text(one) if one else "–" for one in (figure, first)]
        table.add_row(titles[name], *shown, str(figure["n"]))
    console.print(table)


def figure_text(figure: Mapping[str, Any]) -> str:
    """A figure with its interval, if it has one."""
    mean = f"{figure['mean']:.3f}"
    return mean if figure["low"] is None else f"{mean} [{figure['low']:.3f}, {figure['high']:.3f}]"


def show_findings(findings: list[Finding]) -> None:
    """Print findings, one a line, and how many there are of each check."""
    for finding in findings:
        print(visible(" ".join(str(finding).split())))
    counts = Counter(finding.check for finding in findings)
    found = ", ".join(f"{counts[check]} {check}" for check in CHECKS if counts[check])
    print(f"{len(findings)} findings: {found}" if findings else "clean: no check found anything")


def show_information(information: dict[str, Any], console: Console) -> None:
    """Print the counts of a data folder."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in information.items():
        table.add_row(name, Text(visible(_shown(value))))
    console.print(table)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list):
        if all(isinstance(part, int) for part in value):
            return " to ".join(map(str, value)) or "none"
        return f"{len(value)} ({', '.join(value)})"
    return "none" if value is None else str(value)
