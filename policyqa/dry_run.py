"""
A recipe → what training it would do and take, without training it.

Memory is estimated by a formula, and measured on a GPU where the weights are here
(``finetune.memory``). What stays is what any command may leave in the cache: the model if the
catalogue has it, and the index if contexts are retrieved.
"""

from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finetune.folders import size_text
from finetune.recipe import Recipe
from harness.models import catalogue
from policyqa.progress import Watch
from policyqa.train import prepared


def dry_run(recipe: Recipe, data: Path, watch: Watch) -> dict[str, Any]:
    """What ``recipe`` would do and take on the data folder ``data``; nothing is kept of it.

    Args:
        recipe: what to do.
        data: a data folder.
        watch: shows the progress, and hears what this machine does otherwise.

    Returns:
        As ``finetune.estimate.estimate`` has it.

    Raises:
        BenchError: the data is not usable, the model's configuration cannot be reached, or the
            memory of a GPU ran out.
    """
    recipe, questions, retriever = prepared(recipe, data, watch)
    folder = catalogue.loadable(recipe.model)
    import torch

    from finetune.estimate import estimate
    from finetune.examples import build_splits, tokenizer_of
    from finetune.memory import has_weights

    measure = torch.cuda.is_available() and has_weights(folder)
    if torch.cuda.is_available() and not measure:
        watch.say(f"memory is not measured: the weights of {recipe.model} are not here")
    tokenizer = tokenizer_of(folder)
    with watch.stage("examples"):
        splits = build_splits(recipe, questions, retriever, tokenizer)
    with watch.stage("memory"):
        return estimate(recipe, folder, tokenizer, splits, measure)


def show_estimate(told: dict[str, Any], console: Console) -> None:
    """Print what is done, what memory that takes by each term of the formula, and if it fits."""
    title = Text(f"{told['recipe']['name']} on {told['recipe']['model']}")
    table = Table(title=title, box=box.SIMPLE, title_justify="left", show_header=False)
    for split in ("train", "validation"):
        table.add_row(split, "", _counted(told[split]))
    measured = f"measured on validation {told['measurements']:,} times"
    table.add_row("updates", "", f"{told['updates']:,}, {measured}")
    trained = f"{told['trainable']:,} of {told['parameters']:,} trained ({told['share']:.2%})"
    table.add_row("parameters", "", trained)
    table.add_section()
    for name, term in told["terms"].items():
        if term["size"]:
            table.add_row(name, size_text(term["size"]), term["what"])
    peak = size_text(told["memory"]["peak"])
    table.add_row("in all", peak, "memory at the peak, estimated", style="bold")
    console.print(table)
    how = "estimated" if told["measured"] is None else "measured with the heaviest batch"
    needed, free = size_text(told["memory"]["needed"]), size_text(told["available"])
    needs = f"it needs {needed} ({how}) beside this process, and {free} are free"
    mend = ", or ".join(told["lighter"])
    verdict = f"fits: {needs}" if told["fits"] else f"does not fit: {needs}. To mend it: {mend}"
    console.print(Text(verdict))


def _counted(part: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in part["contexts"].items())
    return (
        f"{part['rows']:,} examples ({part['left_out']:,} too long and left out), "
        f"{part['tokens']:,} tokens, at most {part['longest']:,} each; contexts: {kinds}"
    )
