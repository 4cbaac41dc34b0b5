"""
A Llama model and its tokenizer → one GGUF file, for llama.cpp, Ollama, OpenVINO and transformers.

Tensors are converted and written one by one, so that beside the model no more than one is in
memory. Matrices are F16 or Q8_0 (blocks of 32 int8 with an F16 scale each); norms stay F32.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType
from numpy.typing import NDArray

from finetune.gguf_tokenizer import add_tokenizer
from harness.errors import ModelError
from harness.progress import Advance, silent

_LARGEST = {"F32": float(np.finfo(np.float32).max), "F16": 65504.0, "Q8_0": 127 * 65504.0}
"""Size of the largest weight each holds; a block's scale, by which 127 is multiplied, is F16."""


def write_gguf(
    model: Any, tokenizer: Any, path: Path, stored: str, name: str, advance: Advance = silent
) -> None:
    """Write ``model`` to ``path``; its output matrix is left out where it is the embeddings.

    Where positions are scaled (Llama 3.1), llama.cpp follows the file and transformers 5.23
    does not: it reads the file as if they were not.

    Args:
        model: a LlamaForCausalLM in any float type, without an adapter.
        tokenizer: its tokenizer.
        path: of the file, which must not be there.
        stored: how matrices are: ``f16`` or ``q8_0``, 16 or 8.5 bits a weight.
        name: for people, in the file's metadata.
        advance: hears tensors written and in all.

    Raises:
        ModelError: the model is no Llama, its tokenizer or its positions have no counterpart in
            GGUF, or a weight is no number or larger than the form holds.
    """
    refuse_other_than_llama(model.config)
    tensors = list(_tensors(model, GGMLQuantizationType[stored.upper()]))
    with closing(GGUFWriter(path, "llama")) as writer:
        writer.add_name(name)
        writer.add_file_type(LlamaFileType[f"MOSTLY_{stored.upper()}"])
        writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        size = model.get_input_embeddings().weight.shape[0]
        _add_architecture(writer, model.config, size)
        add_tokenizer(writer, tokenizer, size)
        for tensor in tensors:
            tensor.announce(writer)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for done, tensor in enumerate(tensors, start=1):
            writer.write_tensor_data(tensor.encoded())
            advance(done, len(tensors))


def refuse_other_than_llama(config: Any) -> None:
    """Pass a configuration that ``write_gguf`` can carry out.

    Raises:
        ModelError: it is of another architecture, or scales positions by their number.
    """
    if config.model_type != "llama" or config.hidden_act != "silu":
        raise ModelError(
            f"GGUF is written for the Llama architecture; this model is {config.model_type} with "
            f"{getattr(config, 'hidden_act', 'another activation')}. Export it as merged, and use "
            "llama.cpp's own convert_hf_to_gguf.py"
        )
    if config.rope_parameters["rope_type"] not in ("default", "linear", "llama3"):
        raise ModelError(
            "GGUF is written for positions that are not scaled, or scaled as linear or llama3; "
            f"this model's are {config.rope_parameters['rope_type']}"
        )


class _Tensor(NamedTuple):
    """One tensor on its way from the model into the file."""

    name: str
    """GGUF's."""
    values: torch.Tensor
    stored: GGMLQuantizationType
    heads: int | None
    """Attention heads whose rows are to be reordered; None keeps the order."""

    def announce(self, writer: GGUFWriter) -> None:
        block, size = gguf.GGML_QUANT_SIZES[self.stored]
        nbytes = self.values.numel() // block * size
        shape = tuple(self.values.shape)
        writer.add_tensor_info(self.name, shape, np.dtype(np.float32), nbytes, self.stored)

    def encoded(self) -> NDArray[Any]:
        values = self.values.detach().cpu().float()
        if self.heads:
            # Positions turn pairs of rows. transformers pairs row i of a head with row i + half;
            # GGUF, as Meta's own code, has the two side by side.
            values = values.unflatten(0, (self.heads, 2, -1)).transpose(1, 2).flatten(0, 2)
        largest = float(values.abs().max())
        most = _LARGEST[self.stored.name]
        if not largest <= most:  # Which is so of NaN too.
            raise ModelError(
                f"{self.name} holds {largest:g}, and {self.stored.name} holds no more than "
                f"{most:g}; export the model as merged or int8"
            )
        return np.ascontiguousarray(gguf.quantize(values.numpy(), self.stored))


def _tensors(model: Any, stored: GGMLQuantizationType) -> Iterator[_Tensor]:
    config = model.config
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    tied = model.get_input_embeddings().weight.data_ptr()
    if (factors := rope_factors(config)) is not None:
        yield _Tensor("rope_freqs.weight", factors, GGMLQuantizationType.F32, None)
    for key, values in model.state_dict().items():
        if key == "lm_head.weight" and values.data_ptr() == tied:
            continue
        name = names.get_name(key, try_suffixes=(".weight", ".bias"))
        if name is None:
            raise ModelError(f"GGUF has no place for {key} in a model of the Llama architecture")
        fits = values.shape[-1] % gguf.GGML_QUANT_SIZES[stored][0] == 0  # Blocks must fill a row.
        kind = stored if fits else GGMLQuantizationType.F16
        if values.dim() == 1:
            kind = GGMLQuantizationType.F32
        yield _Tensor(name, values, kind, heads.get(key.split(".")[-2]))


def rope_factors(config: Any) -> torch.Tensor | None:
    """What each rotation's frequency is divided by, (head dimension / 2,); None if by nothing."""
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    if config.rope_parameters["rope_type"] == "default":
        return None
    plain, _ = LlamaRotaryEmbedding.compute_default_rope_parameters(config)
    return plain / LlamaRotaryEmbedding(config).inv_freq


def _add_architecture(writer: GGUFWriter, config: Any, size: int) -> None:
    head = config.head_dim or config.hidden_size // config.num_attention_heads
    writer.add_vocab_size(size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
