"""
The whole way for a newcomer: what there is, a commented suite, and the next command.

Writes a data folder and a suite, which a person can edit, and nothing else.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

import yaml
from rich.console import Console

from harness.errors import ConfigError
from harness.files import write_whole
from harness.reading import yaml_mapping
from harness.validation import validated
from policyqa.drafting import PAGE
from policyqa.options import say
from policyqa.progress import Watch
from policyqa.suite import Suite, load_suite
from rag.corpus import has_corpus
from tasks.drafting.record import read_drafts
from tasks.importing.importer import import_data
from tasks.policyqa.questions import DRAFTS, Split

SUITE = "suite.yaml"
DATA_FOLDER = "data"
MODEL = "smollm2-135m"
"""What is tried first: small enough for any machine."""
SMALLEST_DIFFERENCE = 0.02
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class Wishes:
    """What a newcomer wants compared."""

    model: str = MODEL
    """A catalogue name, a Hugging Face id, a folder; or a server's address and the name that it
    knows the model by, as ``http://localhost:8000/v1/chat/completions#my-model``."""
    today: str = ""
    """The assistant in place: a file of its answers, or ``package.module:function``."""
    train: bool = False
    difference: float = SMALLEST_DIFFERENCE
    """The smallest of BERTScore that matters."""

    @property
    def served(self) -> bool:
        """Whether the model is behind a server."""
        return self.model.startswith(("http://", "https://"))

    def check(self) -> None:
        """Refuse what cannot be, before anything is written.

        Raises:
            ConfigError: a wish is none.
        """
        if not (0 < self.difference < math.inf):
            raise ConfigError(f"a difference that matters is above 0, found {self.difference:g}")
        if self.served and not self.model.partition("#")[2]:
            raise ConfigError(
                f"--model {self.model}: say by what name the server knows its model, as "
                f"{self.model}#my-model"
            )
        if self.served and self.train:
            raise ConfigError("--train is of weights on this machine, and --model names a server")
        is_function = _FUNCTION.fullmatch(self.today)
        if self.today and not is_function and not Path(self.today).is_file():
            raise ConfigError(
                f"--today {self.today}: neither a file of answers that is there, as answers.jsonl, "
                "nor a function, as my_package.assistant:answer"
            )


@dataclass(frozen=True)
class Step:
    """One of the way."""

    done: bool
    what: str
    command: str


def lacks(folder: Path) -> tuple[bool, bool]:
    """Whether a folder lacks documents, and a suite.

    Raises:
        ConfigError: it is no folder, or has a data folder that is none.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file: name a folder, which is made, as policyqa start my")
    data = folder / DATA_FOLDER
    if data.exists() and not has_corpus(data):
        raise ConfigError(
            f"{data} is there and no data folder: it has no corpus; start in another folder"
        )
    return not data.exists(), not (folder / SUITE).exists()


def begin(folder: Path, documents: Path | None, wishes: Wishes, watch: Watch) -> None:
    """Make of the data folder and the suite what is not there.

    Args:
        folder: where.
        documents: that the data folder is made of.
        wishes: what is compared.
        watch: shows the progress.

    Raises:
        ConfigError: a wish cannot be.
        DataError: the documents cannot be read.
    """
    wishes.check()
    suite = suite_text(folder, wishes)
    validated(Suite, yaml_mapping(suite, SUITE), folder / SUITE, ConfigError)
    if documents is not None:
        there = folder / SUITE
        trains = load_suite(str(there)).trains if there.exists() else wishes.train
        shares: dict[Split, float] | None = None if trains else {"test": 1.0}
        with watch.stage(f"importing {documents}") as advance:
            import_data(documents, folder / DATA_FOLDER, shares=shares, advance=advance)
        if not trains:
            watch.say("all questions are for the test, since nothing is trained (--train)")
    if not (folder / SUITE).exists():
        write_whole(folder / SUITE, suite)


def way(folder: Path) -> list[Step]:
    """The way from documents to a verdict, and how far it was gone."""
    data, suite = folder / DATA_FOLDER, load_suite(str(folder / SUITE))
    drafts = read_drafts(data)
    questions = data / "questions.jsonl"
    asked = questions.exists() and questions.stat().st_size > 0
    waiting = sum(one.status == "draft" for one in drafts)
    page = Path("runs") / suite.name / "report.html"
    shares = "" if suite.trains else " --shares test=1"
    at, file = quote(str(data)), quote(str(folder / SUITE))
    reviewed = f"drafts reviewed ({len(drafts) - waiting} of {len(drafts)})"
    judging = f"open {data / PAGE}, export it, and: policyqa data review {at} reviewed.csv"
    if drafts and not waiting and not asked:
        judging = f"none was accepted: remove {data / DRAFTS}, and draft anew"
    return [
        Step(True, "documents read", f"policyqa data import DOCUMENTS --out {at}"),
        Step(bool(drafts) or asked, "questions drafted", f"policyqa data draft {at}{shares}"),
        Step(
            asked and not waiting,
            reviewed if drafts else "questions reviewed",
            judging,
        ),
        Step(
            page.exists(), "scored", f"policyqa run {file} --dry-run tells what it takes; then "
            f"policyqa run {file}",
        ),
        Step(False, "verdict", f"open {page}"),
    ]  # fmt: skip


def show_way(found: list[dict[str, Any]], console: Console) -> None:
    """Print the way, what of it is done, and the next command."""
    ahead = [one for one in found if not one["done"]]
    for one in found:
        mark = "done" if one["done"] else "next" if one is ahead[0] else "then"
        text = f"{mark:>6}  {one['what']}" + ("" if one["done"] else f": {one['command']}")
        say(text, console)


def suite_text(folder: Path, wishes: Wishes) -> str:
    """The suite, with a comment at whatever a newcomer may want to change."""
    variants = _variants(wishes)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("-._") or "mine"
    lines = [
        "# Written by policyqa start; every line is yours to change (docs/suites.md).",
        _line("name", name),
        f"{_line('data', str(folder / DATA_FOLDER))}    # documents and reviewed questions",
        *_models(wishes),
        "variants:    # model/prompt, a line each; floors that look the answer up are added",
        *[f"  - {variant}    # {why}" for variant, why in variants.items()],
        f"{_line('baseline', next(iter(variants)))}    # in place: others are compared with it",
        "# The smallest difference that matters; a limit is written as at_most: {seconds: 2}.",
        "# Where answers are a few words, as drafts by rules are, by: facts tells more.",
        f"decide: {{by: bertscore_f1, margin: {wishes.difference:g}}}",
        "# limit: 60    # questions, drawn by seed: for a first look",
    ]
    return "\n".join(lines) + "\n"


def _models(wishes: Wishes) -> list[str]:
    rows = []
    if wishes.today:
        key = "call" if _FUNCTION.fullmatch(wishes.today) else "answers"
        rows += ["  today:    # the assistant that is in place", f"    {_line(key, wishes.today)}"]
    if wishes.served:
        address, _, base = wishes.model.partition("#")
        rows += [
            "  served:    # its key, if it needs one, is OPENAI_API_KEY in the environment",
            "    engine: local-chat-completions",
            f"    {_line('base', base)}",
            "    options:",
            f"      {_line('base_url', address)}",
            "      num_concurrent: 4",
        ]
    model = [] if wishes.served else [_line("model", wishes.model)]
    return [*model, *(["models:", *rows] if rows else [])]


def _variants(wishes: Wishes) -> dict[str, str]:
    """What is compared, and why; what is in place first."""
    found = {"today": "as it answers"} if wishes.today else {}
    if wishes.served:
        return found | {
            "served/chat": "the model alone",
            "served/chat-rag": "shown what retrieval finds in the documents",
            "served/chat-rag+withheld": "shown everything but the section that answers",
        }
    found |= {
        "base/plain": "the model alone; base/chat asks an instruct model in its own form",
        "base/rag": "shown what retrieval finds in the documents; or base/chat-rag",
        "base/rag+withheld": "shown everything but the section that answers",
    }
    trained = {
        "base/few": "as base/rag, after three examples",
        "sft-rag/rag": "fine-tuned on the train split, shown what retrieval finds",
    }
    return found | (trained if wishes.train else {})


def _line(key: str, value: str) -> str:
    """``key: value``, quoted where YAML needs it."""
    return yaml.safe_dump({key: value}, allow_unicode=True, width=10**6).strip()
