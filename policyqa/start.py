"""
The whole way for a newcomer: what there is, a commented suite, and the next command.

Writes a data folder and a suite, which a person can edit, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from harness.errors import ConfigError
from harness.files import write_whole
from policyqa.drafting import PAGE
from policyqa.progress import Watch
from tasks.drafting.record import read_drafts
from tasks.importing.importer import import_data

SUITE = "suite.yaml"
DATA_FOLDER = "data"
MODEL = "smollm2-135m"
"""What is tried first: small enough for any machine."""
SMALLEST_DIFFERENCE = 0.02


@dataclass(frozen=True)
class Wishes:
    """What a newcomer wants compared."""

    documents: Path
    model: str = MODEL
    """A catalogue name, a Hugging Face id, a folder; or a server's address and the name that it
    knows the model by, as ``http://localhost:8000/v1/chat/completions#my-model``."""
    today: str = ""
    """The assistant in place: a file of its answers, or ``package.module:function``."""
    train: bool = False
    difference: float = SMALLEST_DIFFERENCE
    """The smallest of BERTScore that matters."""


@dataclass(frozen=True)
class Step:
    """One of the way."""

    done: bool
    what: str
    command: str


def begun(folder: Path) -> bool:
    """Whether data and suite are there."""
    return (folder / DATA_FOLDER).exists() and (folder / SUITE).exists()


def begin(folder: Path, wishes: Wishes, watch: Watch) -> None:
    """Make the data folder and the suite, unless they are there.

    Raises:
        ConfigError: a wish cannot be.
        DataError: the documents cannot be read.
    """
    if wishes.difference <= 0:
        raise ConfigError(f"a difference that matters is above 0, found {wishes.difference:g}")
    data, suite = folder / DATA_FOLDER, folder / SUITE
    if not data.exists():
        with watch.stage(f"importing {wishes.documents}") as advance:
            shares = None if wishes.train else {"test": 1.0}
            import_data(wishes.documents, data, shares=shares, advance=advance)  # type: ignore[arg-type]
    if not suite.exists():
        write_whole(suite, suite_text(folder, wishes))


def way(folder: Path, train: bool = False) -> list[Step]:
    """The way from documents to a verdict, and how far it was gone."""
    data, suite = folder / DATA_FOLDER, folder / SUITE
    drafts = read_drafts(data)
    questions = data / "questions.jsonl"
    asked = questions.exists() and questions.stat().st_size > 0
    waiting = sum(one.status == "draft" for one in drafts)
    name = folder.resolve().name
    run = Path("runs") / name
    shares = "" if train else " --shares test=1"
    return [
        Step(data.exists(), "documents read", f"policyqa data import DOCUMENTS --out {data}"),
        Step(bool(drafts) or asked, "questions drafted", f"policyqa data draft {data}{shares}"),
        Step(
            asked and not waiting,
            f"drafts reviewed ({len(drafts) - waiting} of {len(drafts)})"
            if drafts
            else "questions reviewed",
            f"open {data / PAGE}, export it, and: policyqa data review {data} reviewed.csv",
        ),
        Step(run.exists(), "what a run takes", f"policyqa run {suite} --dry-run"),
        Step((run / "report.html").exists(), "scored", f"policyqa run {suite}"),
        Step(False, "verdict", f"open {run / 'report.html'}"),
    ]


def show_steps(found: Sequence[dict[str, Any]], console: Console) -> None:
    """Print the way, what of it is done, and the next command."""
    ahead = [one for one in found if not one["done"]]
    for one in found:
        mark = "done" if one["done"] else "next" if one is ahead[0] else "then"
        text = f"{mark:>6}  {one['what']}" + ("" if one["done"] else f": {one['command']}")
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def suite_text(folder: Path, wishes: Wishes) -> str:
    """The suite, with a comment at whatever a newcomer may want to change."""
    name = folder.resolve().name
    lines = [
        "# Written by policyqa start; every line is yours to change (docs/suites.md).",
        _line("name", name),
        f"{_line('data', str(folder / DATA_FOLDER))}    # documents and reviewed questions",
        *_models(wishes),
        "variants:    # model/prompt, a line each; floors that look the answer up are added",
        *[f"  - {variant}    # {why}" for variant, why in _variants(wishes)],
        f"{_line('baseline', _baseline(wishes))}    # in place: others are compared with it",
        "# The smallest difference that matters; a limit is written as at_most: {seconds: 2}.",
        f"decide: {{by: bertscore_f1, margin: {wishes.difference:g}}}",
        "# limit: 60    # questions, drawn by seed: for a first look",
    ]
    return "\n".join(lines) + "\n"


def _models(wishes: Wishes) -> list[str]:
    rows = []
    if wishes.today:
        key = "answers" if _is_file(wishes.today) else "call"
        rows.append(f"  today: {{{_line(key, wishes.today)}}}    # the assistant that is in place")
    if _is_served(wishes.model):
        address, _, base = wishes.model.partition("#")
        rows += [
            "  served:    # its key, if it needs one, is OPENAI_API_KEY in the environment",
            "    engine: local-chat-completions",
            f"    {_line('base', base)}",
            f"    options: {{{_line('base_url', address)}, num_concurrent: 4}}",
        ]
        return ["models:", *rows]
    model = f"{_line('model', wishes.model)}    # a name, a Hugging Face id or a folder"
    return [model, *(["models:", *rows] if rows else [])]


def _variants(wishes: Wishes) -> Sequence[tuple[str, str]]:
    today = [("today", "as it answers")] if wishes.today else []
    if _is_served(wishes.model):
        return [
            *today,
            ("served/chat", "the model alone"),
            ("served/chat-rag", "shown what retrieval finds in the documents"),
            ("served/chat-rag+withheld", "shown everything but the section that answers"),
        ]
    own = [
        ("base/plain", "the model alone; base/chat asks an instruct model in its own form"),
        ("base/rag", "shown what retrieval finds in the documents; or base/chat-rag"),
        ("base/few", "the same after three examples") if wishes.train else None,
        ("base/rag+withheld", "shown everything but the section that answers"),
        ("sft-rag/rag", "fine-tuned on the train split, shown what retrieval finds")
        if wishes.train
        else None,
    ]
    return [*today, *(one for one in own if one)]


def _baseline(wishes: Wishes) -> str:
    return "today" if wishes.today else _variants(wishes)[0][0]


def _is_served(model: str) -> bool:
    return model.startswith(("http://", "https://"))


def _is_file(today: str) -> bool:
    return today.endswith((".jsonl", ".json")) or Path(today).exists()


def _line(key: str, value: str) -> str:
    """``key: value``, quoted where YAML needs it."""
    return yaml.safe_dump({key: value}, allow_unicode=True, width=10**6).strip()
