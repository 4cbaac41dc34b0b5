"""
A recipe → what training it would do and take, without training it.

A few updates are timed in a folder that is gone afterwards. What stays is what any command may
leave in the cache: the model if the catalogue has it, and the index if contexts are retrieved.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finetune.fitting import lighter
from finetune.recipe import Recipe
from harness.models import catalogue
from policyqa.progress import Watch
from policyqa.train import fitted_recipe
from rag.corpus import load_corpus, load_sections
from rag.retriever import Retriever
from tasks.policyqa.questions import left_out, load_questions

if TYPE_CHECKING:
    from finetune.plan import Part, Plan

MEMORY = {
    "process": "Python, libraries and examples",
    "weights": "weights, {precision}",
    "file": "their file, still mapped (given back when memory is short)",
    "adapter": "adapter, gradients, optimiser",
    "activations": "activations of the heaviest batch",
    "logits": "logits, and buffers in passing",
    "allocator": "freed and kept by the C library",
}
"""What the parts of the memory are called."""


def dry_run(recipe: Recipe, data: Path, watch: Watch, timing: bool = True) -> "Plan":
    """The plan of ``recipe`` on the data folder ``data``; nothing is trained or kept.

    Args:
        recipe: what to do.
        data: a data folder.
        watch: shows the progress, and hears what this machine does otherwise.
        timing: whether a few updates are timed, where the training fits and the weights are here.

    Raises:
        BenchError: the data is not usable, or the model's configuration cannot be reached.
    """
    # A recipe that shows nothing of documents needs none.
    sections = (load_corpus if recipe.asked.shows_context else load_sections)(data)
    questions = load_questions(data, [section.id for section in sections])
    for line in left_out(questions, "train", "validation"):
        watch.say(line)
    recipe = fitted_recipe(recipe, watch)
    folder = catalogue.loadable(recipe.model)
    from finetune.examples import build_splits, tokenizer_of
    from finetune.plan import has_weights, make_plan, timed

    tokenizer = tokenizer_of(folder)
    with watch.stage("examples"):
        splits = build_splits(recipe, questions, Retriever(sections), tokenizer)
    with watch.stage("an update without contents"):
        plan = make_plan(recipe, folder, splits)
    if not (timing and plan.fits):
        return plan
    if not has_weights(folder):
        watch.say(f"not timed: the weights of {recipe.model} are not here")
        return plan
    with watch.stage("a few updates, timed") as advance:
        return timed(plan, folder, tokenizer, splits, advance)


def show(plan: "Plan", console: Console) -> None:
    """Print what is done, what memory that takes, and whether it fits."""
    work = _table(f"{plan.recipe.name} on {plan.recipe.model}")
    for row in _work(plan):
        work.add_row(*row)
    console.print(work)
    memory = _table("memory at the peak")
    for name, title in MEMORY.items():
        size = getattr(plan.memory, name)
        if size:
            memory.add_row(title.format(precision=plan.recipe.precision), _size(size))
    if plan.memory.loading > plan.memory.training:
        memory.add_row("while it is loaded, which is more", _size(plan.memory.loading))
    memory.add_row("in all", _size(plan.memory.peak), style="bold")
    console.print(memory)
    console.print(Text(verdict(plan)))


def verdict(plan: "Plan") -> str:
    """Whether this machine can, and for how long it would."""
    needed, free = _size(plan.memory.needed), _size(plan.available)
    if not plan.fits:
        needs = f"does not fit: it needs {needed} beside this process, and {free} are free"
        return f"{needs}. To mend it: {', or '.join(lighter(plan.recipe))}"
    timing = "not timed" if plan.seconds is None else f"takes about {duration(plan.seconds)}"
    return f"fits: it needs {needed} beside this process, and {free} are free; {timing}"


def _work(plan: "Plan") -> list[tuple[str, str]]:
    """Names and values of what is done."""
    return [
        ("train", _part(plan.train)),
        ("validation", _part(plan.validation)),
        ("updates", f"{plan.updates:,}, measured on validation {plan.measurements:,} times"),
        ("parameters", f"{plan.trainable:,} of {plan.parameters:,} trained ({plan.share:.2%})"),
    ]


def _part(part: "Part") -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in part.contexts.items())
    return (
        f"{part.rows:,} examples ({part.left_out:,} too long and left out), "
        f"{part.tokens:,} tokens, at most {part.longest:,} each; contexts: {kinds}"
    )


def _table(title: str) -> Table:
    table = Table(title=Text(title), box=box.SIMPLE, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    return table


def _size(count: int) -> str:
    """Bytes in GB of 10^9, as sizes of memory and files are sold."""
    return f"{count / 1e9:,.2f} GB"


def duration(seconds: float) -> str:
    """Seconds as seconds, minutes or hours, as roughly as they are known."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
