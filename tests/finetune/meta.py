"""
Small LLaMA checkpoints in Meta's layout, and their arithmetic written out.

``logits`` follows the architecture with Meta's weights as they are, rotary embedding as complex
numbers of neighbouring features, so that a conversion is checked against arithmetic.
"""

import base64
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

WIDTH, LAYERS, HEADS, WORDS, FORWARD = 64, 2, 4, 320, 96
SIZE = WIDTH // HEADS
SPLIT_ROWS = ("wq", "wk", "wv", "w1", "w3", "output")
SPLIT_COLUMNS = ("wo", "w2")
Weights = dict[str, torch.Tensor]


def params(**changes: Any) -> dict[str, Any]:
    """``params.json`` of a LLaMA 2."""
    values = {"dim": WIDTH, "n_layers": LAYERS, "n_heads": HEADS, "norm_eps": 1e-5}
    return {**values, "multiple_of": 32, "vocab_size": -1, **changes}


def random_weights(values: dict[str, Any], tied: bool = False, words: int = WORDS) -> Weights:
    """Weights of a model with those parameters, by Meta's names; tied, without an output."""
    shared = values.get("n_kv_heads", HEADS) * SIZE
    layer = {
        "attention.wq": (WIDTH, WIDTH),
        "attention.wk": (shared, WIDTH),
        "attention.wv": (shared, WIDTH),
        "attention.wo": (WIDTH, WIDTH),
        "feed_forward.w1": (FORWARD, WIDTH),
        "feed_forward.w2": (WIDTH, FORWARD),
        "feed_forward.w3": (FORWARD, WIDTH),
        "attention_norm": (WIDTH,),
        "ffn_norm": (WIDTH,),
    }
    shapes = {"tok_embeddings": (words, WIDTH), "norm": (WIDTH,)}
    shapes |= {f"layers.{n}.{name}": shape for n in range(LAYERS) for name, shape in layer.items()}
    shapes |= {} if tied else {"output": (words, WIDTH)}
    drawn = torch.Generator().manual_seed(3)
    return {
        f"{name}.weight": 0.2 * torch.randn(shape, generator=drawn) + (len(shape) == 1)
        for name, shape in shapes.items()
    }


def write(folder: Path, weights: Weights, values: dict[str, Any], shards: int = 1) -> Path:
    """Write the checkpoint into ``folder``, its weights split as Meta splits them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.json").write_text(json.dumps(values))
    for number in range(shards):
        part = {name: _part(name, one, number, shards, values) for name, one in weights.items()}
        # The frequencies, which older checkpoints carry and no model needs.
        part["rope.freqs"] = torch.ones(SIZE // 2)
        torch.save(part, folder / f"consolidated.{number:02d}.pth")
    return folder


def _part(
    name: str, weight: torch.Tensor, number: int, shards: int, values: dict[str, Any]
) -> torch.Tensor:
    kind = name.split(".")[-2]
    by_feature = kind == "tok_embeddings" and "rope_theta" not in values
    if kind in SPLIT_COLUMNS or by_feature:
        return weight.chunk(shards, 1)[number].clone()
    if kind in ("wk", "wv"):  # Fewer heads than shards: neighbours hold copies.
        parts = min(shards, values.get("n_kv_heads", HEADS))
        return weight.chunk(parts, 0)[number * parts // shards].clone()
    if kind in SPLIT_ROWS or kind == "tok_embeddings":
        return weight.chunk(shards, 0)[number].clone()
    return weight


def logits(weights: Weights, values: dict[str, Any], ids: list[int]) -> torch.Tensor:
    """Logits of a text, (tokens, words), in float64."""
    held = {name.removesuffix(".weight"): weight.double() for name, weight in weights.items()}
    turns = _turns(values, len(ids))
    later = torch.ones(len(ids), len(ids), dtype=torch.bool).triu(1)

    def normed(hidden: torch.Tensor, name: str) -> torch.Tensor:
        mean = hidden.pow(2).mean(-1, keepdim=True)
        return hidden / (mean + values["norm_eps"]).sqrt() * held[name]

    hidden = held["tok_embeddings"][ids]
    for layer in (f"layers.{number}" for number in range(LAYERS)):
        inner = normed(hidden, f"{layer}.attention_norm")
        query, key, value = (
            (inner @ held[f"{layer}.attention.{kind}"].T).unflatten(-1, (-1, SIZE))
            for kind in ("wq", "wk", "wv")
        )  # Each is (tokens, heads, SIZE).
        query, key = _turned(query, turns), _turned(key, turns)
        key, value = (one.repeat_interleave(HEADS // one.shape[1], 1) for one in (key, value))
        scores = torch.einsum("qhd,khd->hqk", query, key) / SIZE**0.5
        attended = scores.masked_fill(later, float("-inf")).softmax(-1)
        mixed = torch.einsum("hqk,khd->qhd", attended, value).flatten(1)
        hidden = hidden + mixed @ held[f"{layer}.attention.wo"].T
        inner = normed(hidden, f"{layer}.ffn_norm")
        gate = functional.silu(inner @ held[f"{layer}.feed_forward.w1"].T)
        up = inner @ held[f"{layer}.feed_forward.w3"].T
        hidden = hidden + (gate * up) @ held[f"{layer}.feed_forward.w2"].T
    return normed(hidden, "norm") @ held.get("output", held["tok_embeddings"]).T


def _turns(values: dict[str, Any], count: int) -> torch.Tensor:
    """Rotations by position and pair of features, (count, SIZE / 2), complex."""
    theta = values.get("rope_theta", 10_000.0)
    angles = [theta ** (-2 * i / SIZE) for i in range(SIZE // 2)]
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


def write_merges(path: Path, ranks: dict[bytes, int]) -> None:
    """Write ``ranks`` as tiktoken reads them."""
    lines = [b"%b %d" % (base64.b64encode(token), rank) for token, rank in ranks.items()]
    path.write_bytes(b"\n".join(lines))


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
