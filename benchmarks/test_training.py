"""
Tokens that matter a second: training on the policy set as we do it, against the published padding.

Published: every example padded to the longest allowed, logits at every position. Here: batches of
similar length padded to their longest, logits of the answers alone. Both train the same examples
with the same model, so that the ratio of times is that of tokens, padding left out, a second.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import DataCollatorForSeq2Seq, Trainer

from benchmarks.conftest import LINES, in_turns, report
from benchmarks.speed import machine_rates
from finetune.examples import IGNORED, build_splits, tokenizer_of
from finetune.recipe import Recipe, load_recipe
from finetune.trainer import make_trainer
from harness.models import catalogue
from harness.progress import silent
from tasks.policyqa.questions import DATA
from tests.finetune.training import inputs

BATCHES = 3


@pytest.mark.parametrize("weights", ["sft", "sft-rag"])
def test_tokens_that_matter(benchmark: Any, weights: str, tmp_path: Path) -> None:
    recipe = load_recipe(f"smollm2-135m-{weights}")
    # 512 is what was published; contexts need the recipe's own limit.
    padded = max(512, recipe.max_tokens)
    trainer, batches = prepared(recipe, tmp_path)
    collate = DataCollatorForSeq2Seq(
        trainer.processing_class,
        label_pad_token_id=IGNORED,
        padding="max_length",
        max_length=padded,
    )
    ratio = in_turns(
        benchmark,
        lambda: train_on(batches, trainer),
        lambda: train_on(batches, trainer, collate, lambda *a: Trainer.compute_loss(trainer, *a)),
        rounds=2,
    )
    what = f"{weights}, tokens that matter a second"
    report(benchmark, f"every example padded to {padded}", {what: 1 / ratio}, more_is_better=True)


def test_the_last_layers_alone(benchmark: Any, tmp_path: Path) -> None:
    """The demo's recipe, against adapters on every layer, with dropout."""
    quick = load_recipe("smollm2-135m-sft-rag-quick")
    whole = quick.model_copy(update={"last_layers": None, "lora_dropout": 0.05})
    (last, batches), (every, _) = (prepared(one, tmp_path / one.model) for one in (quick, whole))
    turns = [lambda: train_on(batches, last), lambda: train_on(batches, every)]
    ratio = in_turns(benchmark, *turns, rounds=2)
    what = f"last {quick.last_layers} layers without dropout, tokens a second"
    report(benchmark, "adapters on every layer", {what: 1 / ratio}, more_is_better=True)


def test_by_onednn(benchmark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's recipe, against the products that PyTorch would ask MKL for."""
    recipe = load_recipe("smollm2-135m-sft-rag-quick")
    ours, batches = prepared(recipe, tmp_path / "ours")
    monkeypatch.setattr("finetune.trainer.by_onednn", lambda model: model)
    usual, _ = prepared(recipe, tmp_path / "usual")
    turns = [lambda: train_on(batches, ours), lambda: train_on(batches, usual)]
    faster = 1 / in_turns(benchmark, *turns, rounds=2)
    report(benchmark, "by MKL", {"tokens a second": faster}, more_is_better=True)
    rate = operations(ours.model, recipe, batches) / benchmark.stats.stats.median
    share = rate / max(machine_rates().values())
    benchmark.extra_info["share of the machine's limit"] = share
    LINES.append(f"{benchmark.name}: {share:.0%} of the machine's limit")


def operations(model: Any, recipe: Recipe, batches: list[list[dict[str, Any]]]) -> float:
    """Of training on the tokens of ``batches``, without padding: 2 a weight and token forward, and
    again backward from the answers to the first layer that has an adapter."""
    head = model.get_output_embeddings().weight.numel()
    layers = model.config.num_hidden_layers
    frozen = (one for name, one in model.named_parameters() if "lora_" not in name)
    layer = (sum(one.numel() for one in frozen) - head) / layers
    rows = [row for batch in batches for row in batch]
    tokens = sum(len(row["input_ids"]) for row in rows)
    answers = sum(label != IGNORED for row in rows for label in row["labels"])
    passed = layers + len(recipe.adapted(layers))
    return 2.0 * layer * passed * tokens + 4.0 * head * answers


def prepared(recipe: Recipe, work: Path) -> tuple[Any, list[list[dict[str, Any]]]]:
    """The recipe's trainer, and batches of an epoch: the middle one of each third by length."""
    folder = catalogue.resolve(recipe.model)
    tokenizer = tokenizer_of(folder)
    splits = build_splits(recipe, *inputs(DATA), tokenizer)
    trainer = make_trainer(work, recipe, folder, tokenizer, splits, silent)
    rows, size = splits["train"].rows, recipe.batch_size
    order = list(trainer._get_train_sampler())
    whole = [order[start : start + size] for start in range(0, len(order) - size, size)]
    whole.sort(key=lambda batch: sum(len(rows[i].input_ids) for i in batch))
    chosen = [whole[(2 * part + 1) * len(whole) // (2 * BATCHES)] for part in range(BATCHES)]
    return trainer, [
        [{"input_ids": rows[i].input_ids, "labels": rows[i].labels} for i in batch]
        for batch in chosen
    ]


def train_on(
    batches: list[list[dict[str, Any]]],
    trainer: Any,
    collate: Callable[[Any], Any] | None = None,
    loss: Callable[[Any, Any], Any] | None = None,
) -> None:
    """Forward and backward passes over ``batches``, as the trainer has it unless told otherwise."""
    trainer.model.train()
    for batch in batches:
        padded = (collate or trainer.data_collator)(batch)
        (loss or trainer.compute_loss)(trainer.model, padded).backward()
        trainer.model.zero_grad()
