"""
What memory a training takes at its peak: a plain formula of configuration, recipe and batch, and,
on a GPU, what its heaviest batch takes there.

The formula is an estimate: allocators keep what is freed, and buffers come and pass. Not in it are
pages of the weights' file, which the system takes back when memory is short. Sources of its terms:

- weights: ``harness.models.weights``.
- adapter: LoRA (arXiv:2106.09685) has rank × (inputs + outputs) parameters a layer. Each is a
  float32, as is its gradient, with Adam's two states of 4 bytes, or of 1 (arXiv:2110.02861).
- activations: counted as Korthikanti et al. do (arXiv:2205.05198, section 4.1), tensor by tensor of
  what a layer keeps for the backward pass. Theirs is a GPT layer of which all is trained. Here
  linear layers are frozen, so that inputs are kept by the adapter and by int8 alone; a fused
  attention keeps no scores; the feed-forward part is SwiGLU. Checkpointed, a layer keeps its input,
  and one at a time all the rest.
- logits: the log-probabilities of cross-entropy, and the gradients of these and of the logits.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers.utils import cached_file

from finetune.examples import IGNORED, Example, Examples
from finetune.recipe import Recipe
from finetune.train import memory_explained, refuse_idle_devices
from finetune.trainer import adapted_layers, make_trainer
from harness.models.weights import number_bytes, weight_bytes
from harness.progress import silent

PROCESS = 900_000_000
"""Bytes of Python and the libraries without a model, on a processor."""


class BatchShape(NamedTuple):
    """What decides how heavy a batch is."""

    rows: int
    tokens: int
    """Of its longest row, to which the others are padded."""
    answer: int
    """Positions at its end whose logits are computed: its longest answer, and one before."""


def heaviest(rows: Sequence[Example], size: int) -> BatchShape:
    """A batch of ``size`` that no batch of ``rows`` is heavier than."""
    answers = (sum(label != IGNORED for label in row.labels) for row in rows)
    longest = max(len(row.input_ids) for row in rows)
    return BatchShape(min(size, len(rows)), longest, 1 + max(answers))


def terms(base: Any, recipe: Recipe, batch: BatchShape) -> dict[str, int]:
    """The terms of the peak in bytes, of a base on PyTorch's meta device and its heaviest batch."""
    states = 2 if "8bit" in recipe.optimizer else 8
    logits = batch.rows * batch.answer * base.config.get_text_config().vocab_size
    return {
        "process": 0 if torch.cuda.is_available() else PROCESS,
        "weights": weight_bytes(base, recipe.precision),
        "adapter": trainable(base, recipe) * (4 + 4 + states),
        "activations": activations(base, recipe, batch),
        "logits": logits * 3 * 4,
    }


def trainable(base: Any, recipe: Recipe) -> int:
    """Parameters of the adapter."""
    layers = adapted_layers(base, recipe).values()
    return sum(recipe.lora_rank * (one.in_features + one.out_features) for one in layers)


def activations(base: Any, recipe: Recipe, batch: BatchShape) -> int:
    """Bytes that are kept for the backward pass."""
    config, width = base.config.get_text_config(), number_bytes(base, recipe.precision)
    hidden, heads = config.hidden_size, config.num_attention_heads
    layers = len(recipe.adapted(config.num_hidden_layers))
    norms = 2 * 4 * hidden  # The input of each, in float32.
    # Queries, keys, values and what comes out; keys and values once for each head of queries.
    attention = 4 * heads * (getattr(config, "head_dim", None) or hidden // heads) * width
    inner = config.intermediate_size
    feed_forward = 3 * inner * width  # Gate, its activation, what it gates.
    # bitsandbytes keeps the inputs of int8 layers, though they are frozen.
    frozen = (2 * hidden + inner) * width if recipe.precision == "int8" else 0
    # Every adapted layer drops out of its input by itself: a float32, and the mask's number.
    dropped = 4 + (1 if torch.cuda.is_available() else 4)
    inputs = dropped * sum(one.in_features for one in adapted_layers(base, recipe).values())
    tokens = batch.rows * batch.tokens
    kept = tokens * (layers * (norms + attention + feed_forward + frozen) + inputs)
    if recipe.gradient_checkpointing:
        kept = tokens * layers * hidden * width + kept // layers
    return int(kept)


def has_weights(folder: str) -> bool:
    """Whether the weights of a base are here, whose configuration is."""
    beside = Path(cached_file(folder, "config.json")).parent
    return any(any(beside.glob(name)) for name in ("*.safetensors", "pytorch_model*.bin"))


def measured_peak(recipe: Recipe, folder: str, tokenizer: Any, rows: Sequence[Example]) -> int:
    """Bytes that PyTorch had on the GPU at most: ``folder`` loaded, the heaviest batch trained on.

    One update is carried out, in a folder that is gone afterwards.

    Raises:
        TrainingError: memory ran out, or the loss is no number.
        ConfigError: this one process sees several GPUs.
    """
    refuse_idle_devices()
    batch = heaviest(rows, recipe.batch_size)
    ids, prompt = max((row.input_ids for row in rows), key=len), batch.tokens - batch.answer + 1
    row = Example(ids, [IGNORED] * prompt + ids[prompt:])
    splits = dict.fromkeys(("train", "validation"), Examples([row] * batch.rows, [], {}))
    once = {"epochs": 1.0, "gradient_accumulation": 1, "save_every": 1, "patience": None}
    torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as work, memory_explained(recipe):
        brief = recipe.model_copy(update=once)
        make_trainer(Path(work), brief, folder, tokenizer, splits, silent).train()
    return int(torch.cuda.max_memory_allocated())
