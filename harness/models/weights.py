"""
Bytes that the weights of a base take, by precision, from its configuration alone.

LLM.int8() (arXiv:2208.07339) keeps a byte a weight of linear layers and a float32 scale a row; NF4
(QLoRA, arXiv:2305.14314) half a byte and 0.127 bits of scales a weight. The rest keeps the type it
is stored in.
"""

from functools import cache
from typing import Any

from harness.models import catalogue
from harness.models.failures import load_explained
from harness.models.precision import Precision


@cache
def memory_of(model: str, precision: Precision | None) -> int:
    """Bytes of a base as a run loads it: a catalogue name, a Hugging Face id or a folder.

    Raises:
        ModelError: there is no such model, or it cannot be reached from here.
    """
    return weight_bytes(skeleton(catalogue.loadable(model)), precision)


def skeleton(folder: str) -> Any:
    """The model in that folder or of that Hugging Face id, on PyTorch's meta device: no weights."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with load_explained("configuration", folder), torch.device("meta"):
        return AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))


def weight_bytes(base: Any, precision: Precision | None) -> int:
    """Bytes of a base's weights; None is the precision it is stored in."""
    head = base.get_output_embeddings()
    linear = [one for one in linear_layers(base).values() if one is not head]
    quantised = sum(one.weight.numel() for one in linear)
    scales = 4 * sum(one.out_features for one in linear)
    width = number_bytes(base, precision)
    whole = {"int8": quantised + scales, "nf4": int(quantised * (4 + 0.127) / 8)}
    rest = width * (base.num_parameters() - quantised)
    return int(rest + whole.get(precision or "", width * quantised))


def number_bytes(base: Any, precision: Precision | None) -> int:
    """Bytes of a number that is computed with, and of a weight that is not quantised."""
    import torch

    stored = getattr(base.config, "dtype", None) or torch.float32
    return {"fp32": 4, "bf16": 2}.get(precision or "", int(stored.itemsize))


def linear_layers(base: Any) -> dict[str, Any]:
    """The linear layers, by name."""
    import torch

    found = base.named_modules()
    return {name: one for name, one in found if isinstance(one, torch.nn.Linear)}
