"""
Texts → unit vectors by the commonest kind of embedder, with no more than torch and the tokenizer.

That is a BERT (Devlin et al. 2019, https://arxiv.org/abs/1810.04805) whose vectors are pooled and
normalised. Importing sentence-transformers and the models of transformers takes longer than all
else that one question waits for; the vectors are theirs but for rounding. Torch's own
``TransformerEncoder`` does the same, and imports its compiler for it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BaseModel
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import embedding, gelu, normalize, scaled_dot_product_attention

TOKENIZER = "tokenizer.json"


class BertShape(BaseModel):
    """What ``config.json`` says of a BERT that is computed here."""

    model_type: Literal["bert"]
    hidden_act: Literal["gelu"]
    position_embedding_type: Literal["absolute"] = "absolute"
    is_decoder: Literal[False] = False
    hidden_size: int
    intermediate_size: int
    layer_norm_eps: float
    max_position_embeddings: int
    num_attention_heads: int
    num_hidden_layers: int
    type_vocab_size: int
    vocab_size: int


class BertLayer(nn.Module):  # type: ignore[misc]
    """Each token looks at all others, then at itself."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        width, inner = shape.hidden_size, shape.intermediate_size
        self.heads = shape.num_attention_heads
        self.query, self.key, self.value, self.joined = (nn.Linear(width, width) for _ in range(4))
        self.widened, self.narrowed = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm, self.last_norm = (nn.LayerNorm(width, shape.layer_norm_eps) for _ in range(2))

    def forward(self, states: Tensor, seen: Tensor) -> Tensor:
        """States after the layer, (B, T, d); ``seen``, (B, 1, 1, T), are not padding."""
        query, key, value = (
            one(states).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for one in (self.query, self.key, self.value)
        )
        found = scaled_dot_product_attention(query, key, value, attn_mask=seen)
        states = self.norm(states + self.joined(found.transpose(1, 2).flatten(2)))
        return self.last_norm(states + self.narrowed(gelu(self.widened(states))))


class Bert(nn.Module):  # type: ignore[misc]
    """Token ids → a vector of each token."""

    def __init__(self, shape: BertShape) -> None:
        super().__init__()
        width = shape.hidden_size
        # Of nn.Embedding the weights are drawn, which without memory imports torch's compiler.
        self.words = nn.Parameter(torch.empty(shape.vocab_size, width))
        self.places = nn.Parameter(torch.empty(shape.max_position_embeddings, width))
        self.kinds = nn.Parameter(torch.empty(shape.type_vocab_size, width))
        self.norm = nn.LayerNorm(width, shape.layer_norm_eps)
        self.layers = nn.ModuleList(BertLayer(shape) for _ in range(shape.num_hidden_layers))

    def forward(self, tokens: Tensor, seen: Tensor) -> Tensor:
        """The vectors, (B, T, d), of ``tokens``, (B, T), where ``seen`` is True."""
        places = self.places[: tokens.shape[1]]
        states = self.norm(embedding(tokens, self.words) + self.kinds[0] + places)
        for layer in self.layers:
            states = layer(states, seen[:, None, None])
        return states


class BertEmbedder:
    """A loaded embedder of this kind."""

    def __init__(self, bert: Bert, folder: Path, window: int, pooling: str) -> None:
        """See ``rag.bert_files.read_bert``; ``window`` is the tokens of a text that are read."""
        self._bert = bert
        self._mean = pooling == "mean"
        self._whole = Tokenizer.from_file(str(folder / TOKENIZER))
        self._whole.no_truncation()
        self._whole.no_padding()
        self._cut = Tokenizer.from_str(self._whole.to_str())
        self._cut.enable_truncation(window)

    @property
    def size(self) -> int:
        """Dimensions of a vector."""
        return int(self._bert.words.shape[1])

    def embed(self, texts: Sequence[str], batch_size: int) -> npt.NDArray[np.float32]:
        """Unit vectors of N texts, shape (N, d); those of a batch are of like length."""
        rows = [one.ids for one in self._cut.encode_batch(list(texts))]
        order = sorted(range(len(rows)), key=lambda row: -len(rows[row]))
        vectors = np.empty((len(rows), self.size), dtype=np.float32)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            vectors[batch] = self._embedded([rows[row] for row in batch])
        return vectors

    def tokens(self, text: str) -> list[tuple[int, int]]:
        """Where each token of ``text`` starts and ends, in characters."""
        return list(self._whole.encode(text, add_special_tokens=False).offsets)

    def _embedded(self, rows: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        width = max(map(len, rows))
        device = self._bert.words.device
        tokens = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=device)
        lengths = torch.tensor([[len(row)] for row in rows], device=device)
        seen = torch.arange(width, device=device) < lengths
        with torch.inference_mode():
            states = self._bert(tokens, seen)
            # A unit vector is the same of a sum as of a mean.
            pooled = (states * seen[..., None]).sum(dim=1) if self._mean else states[:, 0]
            vectors: npt.NDArray[np.float32] = normalize(pooled).cpu().numpy()
        return vectors
