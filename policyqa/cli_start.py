"""``policyqa start``: from a folder of documents to a verdict, a step at a time."""

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.errors import ConfigError
from policyqa.options import JsonOption, tell
from policyqa.progress import Watch
from policyqa.quiet import quieten

if TYPE_CHECKING:
    from policyqa.start import Wishes


def start(
    folder: Annotated[Path, typer.Argument(help="Where data and suite are written.")],
    documents: Annotated[Path | None, typer.Option(help="A folder of documents.")] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A catalogue name, Hugging Face id, folder; or a server: ADDRESS#NAME."),
    ] = None,
    today: Annotated[
        str | None, typer.Option(help="What is in place: a file of answers, or module:function.")
    ] = None,
    train: Annotated[
        bool | None, typer.Option("--train/--no-train", help="Fine-tune on your questions.")
    ] = None,
    difference: Annotated[
        float | None, typer.Option(help="The smallest of BERTScore that matters.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read documents, write a commented suite, and tell the next command; run it again at any step.

    Every question it asks on a terminal can be answered as an option.
    """
    from policyqa.start import begin, lacks, show_way, way

    quieten()
    no_documents, no_suite = lacks(folder)
    given = {"model": model, "today": today, "train": train, "difference": difference}
    if no_documents or no_suite:
        answers = _answers(folder, no_documents, no_suite, {"documents": documents, **given})
        begin(folder, *answers, Watch())
    wished = any(one is not None for one in given.values())
    if (documents and not no_documents) or (wished and not no_suite):
        Watch().say(f"what is in {folder} already is left as it is: its files are yours to change")
    tell([vars(one) for one in way(folder)], as_json, show_way)


def _answers(
    folder: Path, no_documents: bool, no_suite: bool, given: dict[str, Any]
) -> tuple[Path | None, "Wishes"]:
    """What was given as options; the rest is asked on a terminal, or is what it is by default."""
    from policyqa.start import MODEL, SMALLEST_DIFFERENCE, Wishes

    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if no_documents and given["documents"] is None and not terminal:
        raise ConfigError(
            f"start asks on a terminal, and here is none: policyqa start {quote(str(folder))} "
            "--documents FOLDER, and if you like --model, --today, --train and --difference "
            "(--help says what they are)"
        )
    questions = {
        "documents": ("Folder of documents", None),
        "model": ("Model: a name, a folder, or ADDRESS#NAME of a server", MODEL),
        "today": ("Assistant in place: a file of its answers, module:function, or nothing", ""),
        "difference": ("Smallest difference of BERTScore that matters", SMALLEST_DIFFERENCE),
    }
    wanted = (["documents"] if no_documents else []) + [*questions][1:] * no_suite
    answers: dict[str, Any] = dict(given)
    for name, (text, default) in questions.items():
        if answers[name] is None:
            asks = terminal and name in wanted
            kind = type(default) if default is not None else str
            answers[name] = typer.prompt(text, default, type=kind, err=True) if asks else default
    if answers["train"] is None:
        answers["train"] = (
            terminal
            and no_suite
            and not Wishes(model=answers["model"]).served
            and typer.confirm("Fine-tune on your questions?", err=True)
        )
    found = answers.pop("documents")
    return Path(found) if no_documents else None, Wishes(**answers)
