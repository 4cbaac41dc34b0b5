"""
The files of an embedder → one that ``rag.bert`` computes, where they say that it is of that kind.

What they do not say is left to sentence-transformers.
"""

from pathlib import Path
from typing import Literal, TypeVar

import torch
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from safetensors.torch import load_file
from torch import Tensor

from harness.models.onednn import by_onednn
from rag.bert import TOKENIZER, Bert, BertEmbedder, BertShape

_Said = TypeVar("_Said")
WEIGHTS = "model.safetensors"
_MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
"""What a model of this kind is made of."""
_RENAMED = (
    ("embeddings.word_embeddings.weight", "words"),
    ("embeddings.position_embeddings.weight", "places"),
    ("embeddings.token_type_embeddings.weight", "kinds"),
    ("embeddings.LayerNorm", "norm"),
    ("encoder.layer", "layers"),
    ("attention.self.", ""),
    ("attention.output.dense", "joined"),
    ("attention.output.LayerNorm", "norm"),
    ("intermediate.dense", "widened"),
    ("output.dense", "narrowed"),
    ("output.LayerNorm", "last_norm"),
)
"""The names of a BERT's weights in files, and in ``Bert``; in this order."""


class _Reading(BaseModel):
    """``sentence_bert_config.json``: texts, as they are."""

    model_config = ConfigDict(extra="forbid")

    max_seq_length: int | None = None
    do_lower_case: Literal[False] = False
    transformer_task: Literal["feature-extraction"] = "feature-extraction"
    module_output_name: Literal["token_embeddings"] = "token_embeddings"
    modality_config: dict[Literal["text"], dict[str, str]] = {}


class _Pooling(BaseModel):
    """Its ``config.json``, in the layout of today or of before."""

    pooling_mode: str | None = None
    pooling_mode_cls_token: bool = False
    pooling_mode_mean_tokens: bool = False
    pooling_mode_max_tokens: bool = False
    pooling_mode_mean_sqrt_len_tokens: bool = False
    pooling_mode_weightedmean_tokens: bool = False
    pooling_mode_lasttoken: bool = False

    @property
    def modes(self) -> list[str]:
        """Those that are on."""
        if self.pooling_mode:
            return [self.pooling_mode]
        begin = "pooling_mode_"
        on = [name for name, value in self if name.startswith(begin) and value]
        return [name.removeprefix(begin).split("_")[0] for name in on]


class _Module(BaseModel):
    path: str
    type: str


class _Tokenizing(BaseModel):
    """``tokenizer_config.json``."""

    model_max_length: int | None = None


class _Prompts(BaseModel):
    """``config_sentence_transformers.json``: nothing is put before a text."""

    default_prompt_name: None = None


def read_bert(model: str) -> BertEmbedder | None:
    """The embedder in a folder, or of a Hugging Face id; None where it is of another kind.

    It is of this one where its files say: a BERT in float32, the mean of its vectors or the first
    of them, normalised or not, of texts as they are.
    """
    folder = _folder(model)
    try:
        shape = _said(BertShape, folder / "config.json")
        modules = _said(list[_Module], folder / "modules.json")
        kinds = [one.type.rpartition(".")[2] for one in modules]
        if kinds not in _MODULES or modules[0].path:
            return None
        reading = _said(_Reading, folder / "sentence_bert_config.json")
        pooling = _said(_Pooling, folder / modules[1].path / "config.json").modes
        tokenizing = _said(_Tokenizing, folder / "tokenizer_config.json")
        _said(_Prompts, folder / "config_sentence_transformers.json")
        weights = _weights(folder / WEIGHTS)
    except (OSError, ValidationError):  # A file is not there, or says another thing.
        return None
    floats = all(one.dtype == torch.float32 for one in weights.values())
    if pooling not in (["mean"], ["cls"]) or not floats or not (folder / TOKENIZER).is_file():
        return None
    window = reading.max_seq_length or tokenizing.model_max_length or shape.max_position_embeddings
    window = min(window, shape.max_position_embeddings)
    return BertEmbedder(_bert(shape, weights), folder, window, pooling[0])


def _folder(model: str) -> Path:
    folder = Path(model)
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(model, allow_patterns=["*.json", WEIGHTS]))


def _said(kind: type[_Said], path: Path) -> _Said:
    return TypeAdapter(kind).validate_json(path.read_bytes())


def _weights(path: Path) -> dict[str, Tensor]:
    """By the names of ``Bert``; without those of parts whose output is no vector of a token."""
    weights = {}
    for name, value in load_file(path).items():
        name = name.removeprefix("bert.")
        if name.startswith(("embeddings.", "encoder.")) and not name.endswith("position_ids"):
            for theirs, ours in _RENAMED:
                name = name.replace(theirs, ours)
            weights[name] = value
    return weights


def _bert(shape: BertShape, weights: dict[str, Tensor]) -> Bert:
    """With its weights, where it computes fastest."""
    with torch.device("meta"):
        bert = Bert(shape)
    bert.load_state_dict(weights, assign=True)
    bert.eval().to(torch.accelerator.current_accelerator(check_available=True) or "cpu")
    by_onednn(bert, answers_only=True)
    return bert
