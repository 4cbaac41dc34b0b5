"""What ``policyqa run --dry-run`` prints."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from policyqa.preview import Preview
from policyqa.progress import duration

ROUGH = (
    "Times are rough: those of answers that are kept of the same model where there are some, else "
    "guessed from the model's size, on two processor cores. Fetching is not in them."
)


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
    say(f"in all: {_about(found.seconds)}. {ROUGH}")
    say("nothing was done: the same without --dry-run does it")


def _about(seconds: float | None) -> str:
    return "nobody can tell how long" if seconds is None else f"about {duration(seconds)}"
