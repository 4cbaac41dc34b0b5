"""What a run would do: as values, and as ``policyqa run --dry-run`` prints it."""

from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.progress import duration

_ROUGH = (
    "Times are rough: those of answers that are kept of the same model where there are some, else "
    "guessed from the model's size, on two processor cores. Fetching is not in them."
)


@dataclass(frozen=True)
class Training:
    """A model that would be trained."""

    model: str
    recipe: str
    questions: int
    seconds: float | None
    """None where nobody can tell; so below."""


@dataclass(frozen=True)
class Indexing:
    """An index that would be made."""

    embedder: str
    sections: int
    """To be embedded, at most."""
    seconds: float


@dataclass(frozen=True)
class Asking:
    """What a variant would be asked."""

    variant: str
    kept: int
    """Answers there are already."""
    asked: int
    seconds: float | None


@dataclass(frozen=True)
class Preview:
    """What a run would do."""

    suite: str
    split: str
    questions: int
    fetch: list[str]
    """Models that are not here."""
    train: list[Training]
    index: list[Indexing]
    variants: list[Asking]
    setting_up: float
    """Seconds of loading models, and of lm-eval's before and after each variant."""
    notes: list[str]

    @property
    def seconds(self) -> float | None:
        """In all, with the scoring, and but for the fetching."""
        parts = [one.seconds for one in self.train]
        parts += [one.seconds for one in self.variants]
        known = [one for one in parts if one is not None]
        known += [self.setting_up, *(one.seconds for one in self.index)]
        return None if None in parts else sum(known)

    def as_json(self) -> dict[str, Any]:
        """The same, with the seconds in all."""
        return {**asdict(self), "seconds": self.seconds}


def show_preview(found: Preview, console: Console) -> None:
    """Print what a run would do."""

    def say(text: str) -> None:
        console.print(Text(text), soft_wrap=True)

    say(f"suite {found.suite}: {found.questions:,} {found.split} questions")
    for note in found.notes:
        say(note)
    say(f"to fetch: {', '.join(found.fetch) or 'nothing'}")
    for one in found.train:
        about = _about(one.seconds)
        say(f"to train: {one.model} (recipe {one.recipe}) on {one.questions:,} questions, {about}")
    for made in found.index:
        say(f"to index: {made.sections:,} sections by {made.embedder}, {_about(made.seconds)}")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("variant", overflow="fold")
    for title in ("kept", "to ask", "time"):
        table.add_column(title, justify="right")
    for row in found.variants:
        cells = (row.variant, f"{row.kept:,}", f"{row.asked:,}", _about(row.seconds))
        table.add_row(*map(Text, cells))
    console.print(table)
    say(f"in all: {_about(found.seconds)}. {_ROUGH}")
    say("nothing was done: the same without --dry-run does it")


def _about(seconds: float | None) -> str:
    return "nobody can tell how long" if seconds is None else f"about {duration(seconds)}"
