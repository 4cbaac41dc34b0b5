"""
Meta's layout of a LLaMA checkpoint: its hyper-parameters, and where each weight comes from.

Meta names weights its own way and splits most of them over the shards: by output features, by
input features, or, the embeddings, by either. Its rotary embedding turns neighbouring features of a
head as one pair, that of transformers turns feature i with feature i + half: the rows of q and k
are put in that order.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.validation import Count

CONTEXT = {
    "LLaMA 1": 2048,
    "LLaMA 2": 4096,
    "Code Llama": 16384,
    "Llama 3": 8192,
    "Llama 3.1": 131072,
}
"""Tokens that each generation was trained on at most; 3.2 and 3.3 have the layout of 3.1."""
COMPUTED = re.compile(r"(.+\.)?rope\.freqs")
"""What some checkpoints carry and no model needs: the rotary frequencies."""

ROWS, COLUMNS, WHOLE = 0, 1, None
PARTS: dict[str, tuple[str, int | None]] = {
    "self_attn.q_proj": ("attention.wq", ROWS),
    "self_attn.k_proj": ("attention.wk", ROWS),
    "self_attn.v_proj": ("attention.wv", ROWS),
    "self_attn.o_proj": ("attention.wo", COLUMNS),
    "mlp.gate_proj": ("feed_forward.w1", ROWS),
    "mlp.down_proj": ("feed_forward.w2", COLUMNS),
    "mlp.up_proj": ("feed_forward.w3", ROWS),
    "input_layernorm": ("attention_norm", WHOLE),
    "post_attention_layernorm": ("ffn_norm", WHOLE),
    "norm": ("norm", WHOLE),
    "lm_head": ("output", ROWS),
}
"""By the name in transformers: Meta's, and the dimension that shards split (None: none)."""
EMBEDDINGS, OUTPUT = "tok_embeddings.weight", "output.weight"


class Params(BaseModel):
    """``params.json``, without what the weights themselves tell (vocabulary, feed-forward size)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    dim: Count
    """Size of the hidden states."""
    n_layers: Count
    n_heads: Count
    n_kv_heads: Count | None = None
    """Heads of keys and values; as many as of queries if unset."""
    norm_eps: Annotated[float, Field(gt=0)]
    rope_theta: Annotated[float, Field(gt=0)] = 10_000.0
    use_scaled_rope: bool = False
    """Whether the rotary frequencies are stretched for long contexts, as from Llama 3.1 on."""
    vocab_size: int = -1
    """-1: as many as the tokenizer has."""

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.dim % (2 * self.n_heads):
            raise ValueError(f"{self.n_heads} heads of even size do not make up dim {self.dim}")
        if self.n_heads % self.kv_heads:
            raise ValueError(f"{self.kv_heads} n_kv_heads do not divide {self.n_heads} n_heads")
        return self

    @property
    def kv_heads(self) -> int:
        """Heads of keys and values."""
        return self.n_kv_heads or self.n_heads

    @property
    def generation(self) -> str:
        """The generation (a key of ``CONTEXT``) that these values are of; no field states it.

        Of the first generation, only the 65B model has the second's norm_eps; the second's model
        of that width shares heads of keys and values.
        """
        if self.use_scaled_rope:
            return "Llama 3.1"
        if self.rope_theta > 10_000:
            return "Llama 3" if self.rope_theta == 500_000 else "Code Llama"
        second = self.norm_eps == 1e-5 and (self.dim < 8192 or self.n_kv_heads)
        return "LLaMA 2" if second else "LLaMA 1"

    @property
    def rope(self) -> dict[str, Any]:
        """The rotary embedding, as transformers' configuration has it.

        The stretch is no field of the file: Meta's code and the published configurations fix it,
        and those of Llama 3.2's 1B and 3B have a larger one.
        """
        if not self.use_scaled_rope:
            return {"rope_type": "default", "rope_theta": self.rope_theta}
        larger = (self.dim, self.n_layers) in {(2048, 16), (3072, 28)}
        return {
            "rope_type": "llama3",
            "rope_theta": self.rope_theta,
            "factor": 32.0 if larger else 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        }


@dataclass(frozen=True)
class Weight:
    """One weight of the converted model, and how shards hold it."""

    source: str
    """Meta's name of it, the same in every shard."""
    shape: tuple[int, ...]
    """Of the whole weight."""
    split: int | None
    """The dimension that shards split; None: each has all of it."""
    parts: int
    """Different parts there are; with fewer than shards, neighbouring shards hold copies."""
    heads: int | None
    """Heads that are turned by the rotary embedding; None: none are."""

    @property
    def part_shape(self) -> tuple[int, ...]:
        """Shape that each shard's part must have, (0, …) where it cannot be split evenly."""
        sizes = list(self.shape)
        if self.split is not None:
            size = sizes[self.split]
            sizes[self.split] = 0 if size % self.parts else size // self.parts
        return tuple(sizes)

    def whole(self, held: list[Any]) -> Any:
        """The weight, contiguous, in transformers' order of rows; ``held`` by shard, in order."""
        import torch

        parts = held[:: len(held) // self.parts]
        whole = parts[0] if self.split is None or len(parts) == 1 else torch.cat(parts, self.split)
        if self.heads:
            pairs = whole.unflatten(0, (self.heads, -1, 2))  # (heads, half a head, 2, columns)
            whole = pairs.transpose(1, 2).flatten(0, 2)
        return whole.contiguous()


def configuration(params: Params, sizes: dict[str, Any]) -> Any:
    """The ``LlamaConfig`` of ``params``; ``sizes`` has the fields that only the weights tell."""
    from transformers import LlamaConfig

    return LlamaConfig(
        architectures=["LlamaForCausalLM"],
        hidden_size=params.dim,
        num_hidden_layers=params.n_layers,
        num_attention_heads=params.n_heads,
        num_key_value_heads=params.kv_heads,
        rms_norm_eps=params.norm_eps,
        rope_parameters=params.rope,
        **sizes,
    )


def weights(config: Any, shards: int, embeddings: int) -> dict[str, Weight]:
    """Every weight of a model of that configuration, by its name in transformers.

    Args:
        config: a ``LlamaConfig``.
        shards: how many hold the checkpoint.
        embeddings: the dimension that they split the embeddings along.
    """
    import torch
    from transformers import LlamaForCausalLM

    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    parts = PARTS | {"embed_tokens": (EMBEDDINGS.removesuffix(".weight"), embeddings)}
    turned = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    found = {}
    for name, parameter in model.named_parameters():  # Leaves out an output that is tied.
        layer, part = re.fullmatch(r"(?:model\.)?(layers\.\d+\.)?(.+)\.weight", name).groups("")  # type: ignore[union-attr]
        source, split = parts[part]
        grouped = part.endswith(("k_proj", "v_proj"))
        found[name] = Weight(
            source=f"{layer}{source}.weight",
            shape=tuple(parameter.shape),
            split=split,
            parts=min(shards, config.num_key_value_heads) if grouped else shards,
            heads=turned.get(part.rpartition(".")[2]),
        )
    return found
