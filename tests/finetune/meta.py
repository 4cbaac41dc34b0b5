"""
Small LLaMA checkpoints in Meta's layout, and their arithmetic written out.

``logits`` follows the architecture with Meta's weights as they are, rotary embedding as complex
numbers of neighbouring features, so that a conversion is checked against arithmetic.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

WIDTH, LAYERS, HEADS, WORDS, FORWARD = 64, 2, 4, 320, 96
SPLIT_ROWS = ("wq", "wk", "wv", "w1", "w3", "output")
SPLIT_COLUMNS = ("wo", "w2")
Weights = dict[str, torch.Tensor]


def params(**changes: Any) -> dict[str, Any]:
    """``params.json`` of a LLaMA 2."""
    values = {"dim": WIDTH, "n_layers": LAYERS, "n_heads": HEADS, "norm_eps": 1e-5}
    return {**values, "multiple_of": 32, "vocab_size": -1, **changes}


def twin(values: dict[str, Any], tied: bool) -> Any:
    """A random model of transformers with those parameters."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(3)
    scaled = {"rope_type": "default", "rope_theta": values.get("rope_theta", 10_000.0)}
    if values.get("use_scaled_rope"):
        scaled |= {
            "rope_type": "llama3",
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        }
    config = LlamaConfig(
        vocab_size=WORDS,
        hidden_size=WIDTH,
        intermediate_size=FORWARD,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=values.get("n_kv_heads", HEADS),
        rms_norm_eps=values["norm_eps"],
        rope_parameters=scaled,
        tie_word_embeddings=tied,
        initializer_range=0.2,
    )
    return LlamaForCausalLM(config).eval()


def in_metas_layout(model: Any) -> Weights:
    """The weights of a model of transformers, by Meta's names and in Meta's order of rows."""
    names = {
        "self_attn.q_proj": "attention.wq",
        "self_attn.k_proj": "attention.wk",
        "self_attn.v_proj": "attention.wv",
        "self_attn.o_proj": "attention.wo",
        "mlp.gate_proj": "feed_forward.w1",
        "mlp.down_proj": "feed_forward.w2",
        "mlp.up_proj": "feed_forward.w3",
        "input_layernorm": "attention_norm",
        "post_attention_layernorm": "ffn_norm",
        "embed_tokens": "tok_embeddings",
        "lm_head": "output",
    }
    found = {}
    for name, weight in model.state_dict().items():
        key = name.removeprefix("model.")
        for theirs, metas in names.items():
            key = key.replace(theirs, metas)
        found[key] = neighbouring(weight) if key.endswith(("wq.weight", "wk.weight")) else weight
    return {name: weight.clone() for name, weight in found.items()}


def neighbouring(weight: torch.Tensor) -> torch.Tensor:
    """Rows i and i + half of each head, one after the other."""
    size = WIDTH // HEADS
    order = [
        head * size + row
        for head in range(weight.shape[0] // size)
        for i in range(size // 2)
        for row in (i, i + size // 2)
    ]
    return weight[order]


def write(folder: Path, weights: Weights, values: dict[str, Any], shards: int = 1) -> Path:
    """Write the checkpoint into ``folder``, its weights split as Meta splits them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.json").write_text(json.dumps(values))
    by_feature = values.get("rope_theta", 10_000.0) == 10_000.0
    for number in range(shards):
        part = {
            name: _part(name, weight, number, shards, by_feature)
            for name, weight in weights.items()
        }
        # The frequencies, which older checkpoints carry and no model needs.
        part["rope.freqs"] = torch.ones(WIDTH // HEADS // 2)
        torch.save(part, folder / f"consolidated.{number:02d}.pth")
    return folder


def _part(
    name: str, weight: torch.Tensor, number: int, shards: int, by_feature: bool
) -> torch.Tensor:
    kind = name.split(".")[-2]
    if kind in SPLIT_COLUMNS or (kind == "tok_embeddings" and by_feature):
        return weight.chunk(shards, 1)[number].clone()
    if kind in SPLIT_ROWS or kind == "tok_embeddings":
        return weight.chunk(shards, 0)[number].clone()
    return weight


def logits(weights: Weights, values: dict[str, Any], ids: list[int]) -> torch.Tensor:
    """Logits of a text, (tokens, words), in float64."""
    held = {name: weight.double() for name, weight in weights.items()}
    size, count = WIDTH // HEADS, len(ids)
    kv_heads = values.get("n_kv_heads", HEADS)
    turns = _turns(values, size, count)
    hidden = held["tok_embeddings.weight"][ids]
    for layer in range(LAYERS):
        own = {
            name.removeprefix(f"layers.{layer}."): weight
            for name, weight in held.items()
            if name.startswith(f"layers.{layer}.")
        }
        normed = _norm(hidden, own["attention_norm.weight"], values["norm_eps"])
        query, key, value = (
            (normed @ own[f"attention.{kind}.weight"].T).view(count, heads, size)
            for kind, heads in (("wq", HEADS), ("wk", kv_heads), ("wv", kv_heads))
        )
        query, key = _turned(query, turns), _turned(key, turns)
        key, value = (one.repeat_interleave(HEADS // kv_heads, 1) for one in (key, value))
        scores = torch.einsum("qhd,khd->hqk", query, key) / size**0.5
        later = torch.ones(count, count, dtype=torch.bool).triu(1)
        attended = scores.masked_fill(later, float("-inf")).softmax(-1)
        mixed = torch.einsum("hqk,khd->qhd", attended, value).reshape(count, WIDTH)
        hidden = hidden + mixed @ own["attention.wo.weight"].T
        normed = _norm(hidden, own["ffn_norm.weight"], values["norm_eps"])
        gate = functional.silu(normed @ own["feed_forward.w1.weight"].T)
        up = normed @ own["feed_forward.w3.weight"].T
        hidden = hidden + (gate * up) @ own["feed_forward.w2.weight"].T
    hidden = _norm(hidden, held["norm.weight"], values["norm_eps"])
    return hidden @ held.get("output.weight", held["tok_embeddings.weight"]).T


def _norm(hidden: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    return hidden / (hidden.pow(2).mean(-1, keepdim=True) + eps).sqrt() * weight


def _turns(values: dict[str, Any], size: int, count: int) -> torch.Tensor:
    """Rotations by position and pair of features, (count, size / 2), complex."""
    theta = values.get("rope_theta", 10_000.0)
    angles = [theta ** (-2 * i / size) for i in range(size // 2)]
    if values.get("use_scaled_rope"):
        angles = [_stretched(angle) for angle in angles]
    phases = torch.outer(torch.arange(count).double(), torch.tensor(angles).double())
    return torch.polar(torch.ones_like(phases), phases)


def _stretched(angle: float) -> float:
    """Llama 3.1's: slow turns 8 times slower, fast ones as they are, between them a ramp."""
    turns_in_8192 = 8192 * angle / (2 * torch.pi)
    ramp = min(max((turns_in_8192 - 1) / (4 - 1), 0.0), 1.0)
    return (1 - ramp) * angle / 8 + ramp * angle


def _turned(vectors: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    pairs = torch.view_as_complex(vectors.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * turns[:, None]).flatten(-2)


def merges(words: list[bytes]) -> dict[bytes, int]:
    """All bytes, then every beginning of ``words``, as tiktoken ranks them."""
    begun = [word[:end] for word in words for _, end in pairwise(range(len(word) + 1)) if end > 1]
    return {token: rank for rank, token in enumerate([*(bytes([b]) for b in range(256)), *begun])}


def train_sentencepiece(folder: Path, texts: list[str]) -> Path:
    """A ``tokenizer.model`` of LLaMA 2's kind in ``folder``, with 310 words, made of ``texts``."""
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts * 20),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=310,
        model_type="bpe",
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        minloglevel=9,
    )
    return folder / "tokenizer.model"
