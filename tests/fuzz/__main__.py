"""
Try changed files with every command that reads them, and count what comes of it.

    python -m tests.fuzz --inputs 10000 --out tally.jsonl

It can be stopped, and goes on where it was; each input is the same whenever it is tried.
"""

import json
import os
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

import typer

from harness.files import cache_folder
from tests.fuzz.commands import COMMANDS
from tests.fuzz.trying import tried
from tests.fuzz.workplace import make

OUTCOMES = (
    "success", "refused", "verdict", "traceback", "hang", "killed", "several lines", "wrong",
)  # fmt: skip


def fuzz(
    inputs: Annotated[int, typer.Option(help="How many.")] = 10_000,
    out: Annotated[Path, typer.Option(help="The tally, a line an input.")] = Path("tally.jsonl"),
    seed: Annotated[int, typer.Option(help="Of the inputs.")] = 7,
    fresh: Annotated[int, typer.Option(help="Every so many in a process of its own.")] = 20,
    only: Annotated[str, typer.Option(help="Numbers to try again, and show.")] = "",
    commands: Annotated[str, typer.Option(help="Names of commands, and no others.")] = "",
) -> None:
    """Try inputs, and print a table of outcomes by command."""
    out, known = out.absolute(), set()
    if out.exists():
        known = {json.loads(line)["number"] for line in out.read_text().splitlines()}
    template = workplace()
    among = commands.split(",") if commands else list(COMMANDS)
    if only:
        for number in map(int, only.split(",")):
            print(json.dumps(tried(template, number, seed, among=among).as_json(), indent=1))
        return
    with out.open("a") as tally:
        for number in range(inputs):
            if number in known:
                continue
            found = tried(template, number, seed, number % fresh == 0, among)
            tally.write(json.dumps(found.as_json()) + "\n")
            tally.flush()
            if found.outcome not in ("success", "refused", "verdict"):
                print(f"{number}: {found.outcome}: {found.command}: {found.said}", flush=True)
            elif number % 100 == 0:
                print(f"{number} of {inputs}", flush=True)
    print(table(out))


def workplace() -> Path:
    """A new workplace, which is the working directory; the libraries commands use are loaded."""
    folder = Path(mkdtemp()) / "template"
    (folder / "home").mkdir(parents=True)
    (folder / "home" / "models").symlink_to(cache_folder("models"), target_is_directory=True)
    os.environ.update(POLICYQA_HOME=str(folder / "home"), HF_HUB_OFFLINE="1", COLUMNS="200")
    os.chdir(folder)
    return make(folder)


def table(tally: Path) -> str:
    """What came of the inputs, by command, in Markdown."""
    rows = [json.loads(line) for line in tally.read_text().splitlines()]
    found = Counter((row["command"], row["outcome"]) for row in rows)
    lines = [f"| command | {' | '.join(OUTCOMES)} |", f"| --- |{' ---: |' * len(OUTCOMES)}"]
    for name in [*COMMANDS, None]:
        counts = [
            sum(
                n for (command, what), n in found.items() if what == one and name in (None, command)
            )
            for one in OUTCOMES
        ]
        lines.append(f"| {name or '**all**'} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(fuzz)
