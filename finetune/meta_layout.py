"""
Meta's layout of a LLaMA checkpoint: its hyper-parameters, and where each weight comes from.

Meta names weights its own way and splits most of them over the shards: by output features, by
input features, or, the embeddings, by either. Its rotary embedding turns neighbouring features of a
head as one pair, that of transformers turns feature i with feature i + half: the rows of q and k
are put in that order.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.models.catalogue import MOST_LAYERS
from harness.validation import Count

CONTEXT = {
    "LLaMA 1": 2048,
    "LLaMA 2": 4096,
    "Code Llama": 16384,
    "Llama 3": 8192,
    "Llama 3.1": 131072,
}
"""Tokens that each generation was trained on at most; 3.2 and 3.3 have the layout of 3.1."""
PARTS: dict[str, tuple[str, int | None]] = {
    "self_attn.q_proj": ("attention.wq", 0),
    "self_attn.k_proj": ("attention.wk", 0),
    "self_attn.v_proj": ("attention.wv", 0),
    "self_attn.o_proj": ("attention.wo", 1),
    "mlp.gate_proj": ("feed_forward.w1", 0),
    "mlp.down_proj": ("feed_forward.w2", 1),
    "mlp.up_proj": ("feed_forward.w3", 0),
    "input_layernorm": ("attention_norm", None),
    "post_attention_layernorm": ("ffn_norm", None),
    "norm": ("norm", None),
    "lm_head": ("output", 0),
}
"""By the name in transformers: Meta's, and the dimension that shards split (None: none)."""


class Params(BaseModel):
    """``params.json``, without what the weights themselves tell (vocabulary, feed-forward size)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    dim: Count
    """Size of the hidden states."""
    n_layers: Annotated[int, Field(ge=1, le=MOST_LAYERS)]
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

    def config(self, **sizes: Any) -> Any:
        """The ``LlamaConfig``; ``sizes`` has the fields that only the weights tell.

        How rotary frequencies are stretched is no field of the file: Meta's code and the published
        configurations fix it, and those of Llama 3.2's 1B and 3B stretch them further.
        """
        from transformers import LlamaConfig

        rope: dict[str, Any] = {"rope_type": "default"}
        if self.use_scaled_rope:
            further = (self.dim, self.n_layers) in {(2048, 16), (3072, 28)}
            rope = {
                "rope_type": "llama3",
                "factor": 32.0 if further else 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 8192,
            }
        return LlamaConfig(
            architectures=["LlamaForCausalLM"],
            hidden_size=self.dim,
            num_hidden_layers=self.n_layers,
            num_attention_heads=self.n_heads,
            num_key_value_heads=self.kv_heads,
            rms_norm_eps=self.norm_eps,
            rope_parameters={**rope, "rope_theta": self.rope_theta},
            **sizes,
        )


class SplitWeight(NamedTuple):
    """One weight of the converted model, and how shards hold it."""

    whole: Any
    """Its parameter, on PyTorch's meta device."""
    source: str
    """Meta's name of it, the same in every shard."""
    split: int | None
    """The dimension that shards split; None: each has all of it."""
    parts: int
    """Different parts there are; with fewer than shards, neighbouring shards hold copies."""
    heads: int | None
    """Heads that are turned by the rotary embedding; None: none are."""

    def fits(self, shape: Sequence[int]) -> bool:
        """Whether that is the shape of each shard's part."""
        lengths = list(shape)
        if self.split is not None and self.split < len(lengths):
            lengths[self.split] *= self.parts
        return lengths == list(self.whole.shape)

    def joined(self, held: Sequence[Any]) -> Any:
        """The weight, contiguous, in transformers' order of rows; ``held`` by shard, in order."""
        import torch

        parts = held[:: len(held) // self.parts]
        whole = parts[0] if self.split is None or len(parts) == 1 else torch.cat(parts, self.split)
        if self.heads:
            pairs = whole.unflatten(0, (self.heads, -1, 2))  # (heads, half a head, 2, columns)
            whole = pairs.transpose(1, 2).flatten(0, 2)
        return whole.contiguous()


def split_weights(config: Any, shards: int, embeddings: int) -> dict[str, SplitWeight]:
    """Every weight of a model of that configuration, by its name in transformers.

    Args:
        config: a ``LlamaConfig``.
        shards: how many hold the checkpoint.
        embeddings: the dimension that they split the embeddings along.
    """
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    sources = PARTS | {"embed_tokens": ("tok_embeddings", embeddings)}
    kv_heads = config.num_key_value_heads
    turned = {"self_attn.q_proj": config.num_attention_heads, "self_attn.k_proj": kv_heads}
    found = {}
    for name, parameter in model.named_parameters():  # Leaves out an output that is tied.
        layer, part = re.fullmatch(r"(?:model\.)?(layers\.\d+\.)?(.+)\.weight", name).groups("")  # type: ignore[union-attr]
        source, split = sources[part]
        parts = min(shards, kv_heads) if part.endswith(("k_proj", "v_proj")) else shards
        source = f"{layer}{source}.weight"
        found[name] = SplitWeight(parameter, source, split, parts, turned.get(part))
    return found
