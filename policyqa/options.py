"""Options that several commands have, and how they print JSON."""

import json
import re
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from harness.inert import visible

DataOption = Annotated[
    Path | None, typer.Option(help="A data folder; the shipped policy set if unset.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]


def data_or_shipped(data: Path | None) -> Path:
    """What ``--data`` names, or the policy set this project ships."""
    from tasks.policyqa.questions import DATA

    return data or DATA


def tell(found: Any, as_json: bool, show: Callable[[Any, Console], None]) -> None:
    """Print what a command found, as JSON where that is asked, else as ``show`` shows it."""
    if as_json:
        print_json(found)
    else:
        show(found, Console())


def say(text: str, console: Console) -> None:
    """Print a line of text that nothing of steers a terminal, or is markup."""
    console.print(visible(text), markup=False, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Print one JSON document on standard output, with nothing that steers a terminal."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=methodcaller("as_json"))
    print(re.sub(r"[\x7f-\x9f]", lambda match: f"\\u{ord(match[0]):04x}", text))
