"""
A recipe → what training it would do and take, without training it.

Memory is estimated by a formula (``finetune.memory``), and measured on a GPU where the weights are
here. What stays is what any command may leave in the cache: the model if the catalogue has it, and
the index if contexts are retrieved.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from finetune.estimate import TrainingEstimate


def dry_run(recipe: Recipe, data: Path, watch: Watch) -> "TrainingEstimate":
    """What ``recipe`` would do and take on the data folder ``data``; nothing is kept of it.

    Args:
        recipe: what to do.
        data: a data folder.
        watch: shows the progress, and hears what this machine does otherwise.

    Raises:
        BenchError: the data is not usable, the model's configuration cannot be reached, or the
            memory of a GPU ran out.
    """
    # A recipe that shows nothing of documents needs none.
    sections = (load_corpus if recipe.asked.shows_context else load_sections)(data)
    questions = load_questions(data, [section.id for section in sections])
    for line in left_out(questions, "train", "validation"):
        watch.say(line)
    recipe = fitted_recipe(recipe, watch)
    folder = catalogue.loadable(recipe.model)
    import torch

    from finetune.estimate import estimate
    from finetune.examples import build_splits, tokenizer_of

    tokenizer = tokenizer_of(folder)
    with watch.stage("examples"):
        splits = build_splits(recipe, questions, Retriever(sections), tokenizer)
    told = estimate(recipe, folder, splits)
    if not torch.cuda.is_available():
        return told
    from finetune.measuring import has_weights, measured

    if not has_weights(folder):
        watch.say(f"memory is not measured: the weights of {recipe.model} are not here")
        return told
    with watch.stage("the heaviest batch, measured"):
        return replace(told, measured=measured(recipe, folder, tokenizer, splits["train"].rows))


def show(told: "TrainingEstimate", console: Console) -> None:
    """Print what is done, what memory that takes, and whether it fits."""
    work = _table(f"{told.recipe.name} on {told.recipe.model}")
    work.add_row("train", _counted(told.train))
    work.add_row("validation", _counted(told.validation))
    work.add_row("updates", f"{told.updates:,}, measured on validation {told.measurements:,} times")
    share = told.trainable / told.parameters
    work.add_row("parameters", f"{told.trainable:,} of {told.parameters:,} trained ({share:.2%})")
    console.print(work)
    memory = _table("memory at the peak, estimated")
    for name, term in told.memory.items():
        if term.size:
            memory.add_row(name, _size(term.size), term.what)
    memory.add_row("in all", _size(told.peak), style="bold")
    console.print(memory)
    console.print(Text(verdict(told)))


def verdict(told: "TrainingEstimate") -> str:
    """Whether this machine can."""
    needed, free = _size(told.needed), _size(told.available)
    how = "estimated" if told.measured is None else "measured with the heaviest batch"
    needs = f"it needs {needed} ({how}) beside this process, and {free} are free"
    if told.fits:
        return f"fits: {needs}"
    return f"does not fit: {needs}. To mend it: {', or '.join(lighter(told.recipe))}"


def _counted(part: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in part["contexts"].items())
    return (
        f"{part['rows']:,} examples ({part['left_out']:,} too long and left out), "
        f"{part['tokens']:,} tokens, at most {part['longest']:,} each; contexts: {kinds}"
    )


def _table(title: str) -> Table:
    return Table(title=Text(title), box=box.SIMPLE, title_justify="left", show_header=False)


def _size(count: int) -> str:
    """Bytes in GB of 10^9, as sizes of memory and files are sold."""
    return f"{count / 1e9:,.2f} GB"
