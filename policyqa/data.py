"""What ``policyqa data`` prints."""

from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console

from tasks.importing.importer import RECORD

SHOWN = 20
"""Rows not taken that are printed; the record has all."""


def show_import(summary: dict[str, Any], out: Path, console: Console) -> None:
    """Print what an import took and what it did not."""

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    questions, documents = summary["questions"], summary["documents"]
    for name, count in summary.get("source", {}).items():
        say(f"{count:>7,} {name} in the source")
    say(f"{documents['taken']:>7,} documents")
    say(f"{summary['sections']:>7,} sections")
    say(f"{questions['taken']:>7,} questions {_splits(questions['splits'])}")
    if questions["without reference answer"]:
        say(
            f"{questions['without reference answer']:>7,} of them without a reference answer: they "
            "can be retrieved for, not scored for similarity"
        )
    not_taken = summary["not taken"]
    for (what, reason), count in Counter((r["what"], r["reason"]) for r in not_taken).items():
        say(f"{count:>7,} {what} not taken: {reason}")
    for row in not_taken[:SHOWN]:
        say(f"        {row['place']}: {row['reason']}")
    if len(not_taken) > SHOWN:
        say(f"        … and {len(not_taken) - SHOWN:,} more in {out / RECORD}")
    say(f"data folder: {out}")
    say(f"next: policyqa data check {out}")


def _splits(splits: dict[str, int]) -> str:
    return f"({', '.join(f'{count:,} {name}' for name, count in splits.items())})" if splits else ""
