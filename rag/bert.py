"""
Texts → unit vectors by the commonest kind of embedder, with no more than torch and the tokenizer.

Importing sentence-transformers and the models of transformers takes longer than all else that one
question waits for. A BERT (Devlin et al. 2019, https://arxiv.org/abs/1810.04805) is torch's own
``TransformerEncoder`` behind the sum of three embeddings, and a folder says whether that, pooled
and normalised, is all there is to its model (``rag.bert_files``). The vectors are those of
sentence-transformers but for rounding.
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
from torch.nn.functional import normalize

TOKENIZER = "tokenizer.json"


class BertShape(BaseModel):
    """What ``config.json`` says of a BERT that torch's layers compute."""

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


class Bert(nn.Module):  # type: ignore[misc]
    """Token ids → a vector of each token, with torch's own layers."""

    def __init__(self, shape: BertShape) -> None:
        """``shape``: its sizes; its weights are whatever memory holds."""
        super().__init__()
        width = shape.hidden_size
        self.words = nn.Embedding(shape.vocab_size, width)
        self.places = nn.Embedding(shape.max_position_embeddings, width)
        self.kinds = nn.Embedding(shape.type_vocab_size, width)
        self.norm = nn.LayerNorm(width, shape.layer_norm_eps)
        layer = nn.TransformerEncoderLayer(
            width,
            shape.num_attention_heads,
            shape.intermediate_size,
            activation="gelu",
            layer_norm_eps=shape.layer_norm_eps,
            batch_first=True,
        )
        self.encoder = nn.TransformerEncoder(
            layer, shape.num_hidden_layers, enable_nested_tensor=False
        )

    def forward(self, tokens: Tensor, padding: Tensor) -> Tensor:
        """The vectors, (B, T, d), of ``tokens``, (B, T), where ``padding`` is False."""
        places = self.places.weight[: tokens.shape[1]]
        summed = self.words(tokens) + self.kinds.weight[0] + places
        return self.encoder(self.norm(summed), src_key_padding_mask=padding)


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
        return int(self._bert.words.embedding_dim)

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
        device = self._bert.words.weight.device
        tokens = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=device)
        lengths = torch.tensor([[len(row)] for row in rows], device=device)
        padding = torch.arange(width, device=device) >= lengths
        with torch.inference_mode():
            states = self._bert(tokens, padding)
            kept = states.masked_fill(padding[..., None], 0) if self._mean else states[:, :1]
            # A unit vector is the same of a sum as of a mean.
            vectors: npt.NDArray[np.float32] = normalize(kept.sum(dim=1)).cpu().numpy()
        return vectors
