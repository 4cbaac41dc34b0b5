"""
What memory a training takes at its peak: a plain formula of configuration, recipe and batch.

It is an estimate: allocators keep what is freed, and buffers come and pass. Not in it are pages of
the weights' file, which the system takes back when memory is short. Sources of the terms:

- weights: LLM.int8() (arXiv:2208.07339) keeps a byte a weight of linear layers and a float32 scale
  a row; NF4 (QLoRA, arXiv:2305.14314) half a byte and 0.127 bits of scales a weight.
- adapter: LoRA (arXiv:2106.09685) has rank × (inputs + outputs) parameters a layer. Each is a
  float32, as is its gradient, with Adam's two states of 4 bytes, or of 1 (arXiv:2110.02861).
- activations: counted as Korthikanti et al. do (arXiv:2205.05198, section 4.1), tensor by tensor of
  what a layer keeps for the backward pass. Theirs is a GPT layer of which all is trained. Here
  linear layers are frozen, so that inputs are kept by the adapter and by int8 alone; a fused
  attention keeps no scores; the feed-forward part is SwiGLU. Checkpointed, a layer keeps its input,
  and one at a time all the rest.
- logits: the log-probabilities of cross-entropy, and the gradients of these and of the logits.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import psutil
import torch

from finetune.examples import IGNORED, Example
from finetune.recipe import Recipe

PROCESS = 900_000_000
"""Bytes of Python and the libraries without a model, on a processor."""


class Batch(NamedTuple):
    """The shape of a batch."""

    rows: int
    tokens: int
    """Of its longest row, to which the others are padded."""
    answer: int
    """Positions at its end whose logits are computed: its longest answer, and one before."""


class Term(NamedTuple):
    """A part of the peak: its bytes, and what they are of."""

    size: int
    what: str


def heaviest(rows: Sequence[Example], size: int) -> Batch:
    """A batch of ``size`` that no batch of ``rows`` is heavier than."""
    answers = (sum(label != IGNORED for label in row.labels) for row in rows)
    longest = max(len(row.input_ids) for row in rows)
    return Batch(min(size, len(rows)), longest, 1 + max(answers))


def terms(base: Any, recipe: Recipe, batch: Batch) -> dict[str, Term]:
    """The terms of the peak, of a base on PyTorch's meta device and its heaviest batch."""
    parameters, trained = base.num_parameters(), trainable(base, recipe)
    states = 2 if "8bit" in recipe.optimizer else 8
    logits = batch.rows * batch.answer * base.config.get_text_config().vocab_size
    return {
        "process": Term(0 if torch.cuda.is_available() else PROCESS, "Python and the libraries"),
        "weights": Term(weights(base, recipe), f"{parameters:,} parameters, {recipe.precision}"),
        "adapter": Term(
            trained * (4 + 4 + states),
            f"{trained:,} parameters, their gradients, states of {recipe.optimizer}",
        ),
        "activations": Term(
            activations(base, recipe, batch),
            f"the heaviest batch, {batch.rows} × {batch.tokens:,} tokens",
        ),
        "logits": Term(logits * 3 * 4, f"its {batch.rows} × {batch.answer:,} answer positions"),
    }


def weights(base: Any, recipe: Recipe) -> int:
    """Bytes of the base; what bitsandbytes does not quantise keeps the type it is stored in."""
    linear = [one for one in _linear(base, "") if one is not base.get_output_embeddings()]
    quantised = sum(one.weight.numel() for one in linear)
    scales = 4 * sum(one.out_features for one in linear)
    rest = base.num_parameters() - quantised
    width = _width(base, recipe)
    whole = {"int8": quantised + scales, "nf4": math.ceil(quantised * (4 + 0.127) / 8)}
    size: int = rest * width + whole.get(recipe.precision, quantised * width)
    return size


def trainable(base: Any, recipe: Recipe) -> int:
    """Parameters of the adapter."""
    layers = _linear(base, *recipe.target_modules)
    return sum(recipe.lora_rank * (one.in_features + one.out_features) for one in layers)


def activations(base: Any, recipe: Recipe, batch: Batch) -> int:
    """Bytes that are kept for the backward pass."""
    config, width = base.config.get_text_config(), _width(base, recipe)
    hidden, heads, layers = config.hidden_size, config.num_attention_heads, config.num_hidden_layers
    norms = 2 * 4 * hidden  # The input of each, in float32.
    # Queries, keys, values and what comes out; keys and values once for each head of queries.
    attention = 4 * heads * (getattr(config, "head_dim", None) or hidden // heads) * width
    inner = config.intermediate_size
    feed_forward = 3 * inner * width  # Gate, its activation, what it gates.
    # bitsandbytes keeps the inputs of int8 layers, though they are frozen.
    frozen = (2 * hidden + inner) * width if recipe.precision == "int8" else 0
    # Every adapted layer drops out of its input by itself: a float32, and the mask's number.
    dropped = 4 + (1 if torch.cuda.is_available() else 4)
    inputs = dropped * sum(one.in_features for one in _linear(base, *recipe.target_modules))
    tokens = batch.rows * batch.tokens
    kept: int = tokens * (layers * (norms + attention + feed_forward + frozen) + inputs)
    if recipe.gradient_checkpointing:
        kept = tokens * layers * hidden * width + kept // layers
    return kept


def free_memory() -> int:
    """Bytes that this process can still take, on the GPU where there is one.

    A container's limit is not known to it.
    """
    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0])
    return int(psutil.virtual_memory().available)


def _width(base: Any, recipe: Recipe) -> int:
    """Bytes of a number that is computed with, and of a weight that is not quantised."""
    stored = getattr(base.config, "dtype", None) or torch.float32
    return {"fp32": 4, "bf16": 2}.get(recipe.precision, int(stored.itemsize))


def _linear(base: Any, *names: str) -> list[Any]:
    """The linear layers whose names end in one of ``names``."""
    found = (one for name, one in base.named_modules() if name.endswith(names))
    return [one for one in found if isinstance(one, torch.nn.Linear)]
