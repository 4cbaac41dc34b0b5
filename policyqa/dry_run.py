"""
A recipe → what training it would do and take, without training it.

Memory is estimated by a formula, and measured on a GPU where the weights are here
(``finetune.memory``). What stays is what any command may leave in the cache: the model if the
catalogue has it, and the index if contexts are retrieved.
"""

import math
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from finetune.fitting import LIGHTER
from finetune.folders import size_text
from finetune.recipe import Recipe
from harness.models import catalogue
from harness.models.weights import skeleton
from policyqa.progress import Watch
from policyqa.train import prepared


def dry_run(recipe: Recipe, data: Path, watch: Watch) -> dict[str, Any]:
    """What ``recipe`` would do and take in one process, as JSON; memory in bytes.

    ``watch`` hears what this machine does otherwise.

    Raises:
        BenchError: the data is not usable, the model's configuration cannot be reached, or the
            memory of a GPU ran out.
    """
    recipe, questions, retriever = prepared(recipe, data, watch)
    folder = catalogue.loadable(recipe.model)
    import psutil
    import torch

    from finetune.examples import build_splits, tokenizer_of
    from finetune.memory import has_weights, heaviest, measured_peak, terms, trainable

    tokenizer, on_gpu = tokenizer_of(folder), torch.cuda.is_available()
    with watch.stage("examples"):
        splits = build_splits(recipe, questions, retriever, tokenizer)
    base = skeleton(folder)
    rows = splits["train"].rows
    batch = heaviest(rows, recipe.batch_size)
    memory = terms(base, recipe, batch)
    peak, measured = sum(memory.values()), None
    if on_gpu and has_weights(folder):
        with watch.stage("memory"):
            measured = measured_peak(recipe, folder, tokenizer, rows)
    # This process has the libraries already. What a container may have is not known to it.
    needed = peak - memory["process"] if measured is None else measured
    available = torch.cuda.mem_get_info()[0] if on_gpu else psutil.virtual_memory().available
    batches = math.ceil(len(rows) / recipe.batch_size)
    return {
        "recipe": recipe.model_dump(mode="json"),
        **{
            split: {"rows": len(one.rows), "left_out": len(one.too_long), "tokens": one.tokens}
            for split, one in splits.items()
        },
        "updates": math.ceil(math.ceil(batches / recipe.gradient_accumulation) * recipe.epochs),
        "parameters": base.num_parameters(),
        "trainable": trainable(base, recipe),
        "batch": batch._asdict(),
        "memory": memory | {"peak": peak, "needed": needed},
        "measured": measured,
        "available": available,
        "fits": needed <= available,
    }


def show_estimate(told: dict[str, Any], console: Console) -> None:
    """Print what is done, what memory that takes by each term of the formula, and if it fits."""
    table = Table(box=box.SIMPLE, show_header=False)
    for split in ("train", "validation"):
        counted = "{rows:,} examples ({left_out:,} too long and left out), {tokens:,} tokens"
        table.add_row(split, counted.format(**told[split]))
    table.add_row("updates", f"{told['updates']:,}")
    table.add_row("parameters", f"{told['parameters']:,}, and {told['trainable']:,} trained")
    heavy = "{rows} × {tokens:,} tokens, the last {answer:,} with logits".format(**told["batch"])
    table.add_row("heaviest batch", heavy)
    table.add_section()
    for name, size in told["memory"].items():
        table.add_row(name, size_text(size), style="bold" if name == "peak" else "")
    console.print(table)
    how = "estimated" if told["measured"] is None else "measured with the heaviest batch"
    needed, free = size_text(told["memory"]["needed"]), size_text(told["available"])
    needs = f"it needs {needed} ({how}) beside this process, and {free} are free"
    console.print(f"fits: {needs}" if told["fits"] else f"does not fit: {needs}. {LIGHTER}")
