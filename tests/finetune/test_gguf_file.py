"""A GGUF file has llama.cpp's layout, and a tokenizer that cuts text as the model's own."""

import tracemalloc
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from finetune.gguf_file import rope_factors, write_gguf
from finetune.meta_layout import Params
from finetune.meta_tokenizer import read_tokenizer
from harness.errors import ModelError
from tests.finetune import meta

TEXTS = ["Breaches are notified within 72 hours.", "Who  must\ntell whom? é€", "the duty"]


@pytest.fixture(scope="module")
def like_llama2(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """A tokenizer of LLaMA 2's kind, and the SentencePiece model it comes from."""
    import sentencepiece

    folder = tmp_path_factory.mktemp("sentencepiece")
    path = meta.train_sentencepiece(folder, TEXTS)
    own = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return read_tokenizer(path, "LLaMA 2", 310), own


@pytest.fixture
def like_llama3(tmp_path: Path) -> Any:
    """A tokenizer of Llama 3's kind."""
    ranks = meta.merges([b" notified", b" hours", b"Breach", b"72", "é".encode()])
    meta.write_merges(tmp_path / "llama3.model", ranks)
    return read_tokenizer(tmp_path / "llama3.model", "Llama 3.1", len(ranks) + 256)


def llama(vocabulary: int, **changes: Any) -> Any:
    """A random Llama of two layers and 16 numbers a head."""
    torch.manual_seed(0)
    sizes = {"vocab_size": vocabulary, "hidden_size": 64, "intermediate_size": 96}
    heads = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
    values = {**sizes, **heads, "tie_word_embeddings": True, **changes}
    return LlamaForCausalLM(LlamaConfig(**values))


def written(folder: Path, model: Any, tokenizer: Any, stored: str = "f16") -> gguf.GGUFReader:
    path = folder / "model.gguf"
    write_gguf(model, tokenizer, path, stored, "bees")
    return gguf.GGUFReader(path)


def read_back(folder: Path) -> Any:
    return AutoTokenizer.from_pretrained(folder, gguf_file="model.gguf")


def field(reader: gguf.GGUFReader, name: str) -> Any:
    found = reader.get_field(name)
    assert found is not None
    return found.contents()


def types(reader: gguf.GGUFReader) -> dict[str, str]:
    return {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}


@pytest.mark.parametrize(("stored", "step", "number"), [("f16", 0, 1), ("q8_0", 0.5 / 127, 7)])
def test_each_weight_is_kept_to_its_blocks_step(
    tmp_path: Path, like_llama2: Any, stored: str, step: float, number: int
) -> None:
    """Half a step of 127 in Q8_0, beside what rounding to F16 moves the largest by. Rows of 100,
    which no blocks fill, are F16, and an output of its own is written."""
    model = llama(310, tie_word_embeddings=False, intermediate_size=100)
    reader = written(tmp_path, model, like_llama2[0], stored)
    assert (field(reader, "general.name"), field(reader, "general.file_type")) == ("bees", number)
    for name, kind in types(reader).items():
        wanted = "F32" if "norm" in name else "F16" if "ffn_down" in name else stored.upper()
        assert kind == wanted, name
    read = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="model.gguf", dtype="float32")
    whole = model.state_dict()
    for name, weight in read.state_dict().items():
        if weight.dim() == 1:
            assert torch.equal(weight, whole[name])
            continue
        block = 32 if weight.shape[1] % 32 == 0 else weight.shape[1]
        largest = whole[name].unflatten(-1, (-1, block)).abs().amax(-1, keepdim=True)
        apart = (weight - whole[name]).unflatten(-1, (-1, block)).abs()
        assert (apart <= largest * (step + 2**-10)).all()
        assert not torch.equal(weight, whole[name])


def test_no_more_than_a_tensor_is_in_memory_beside_the_model(
    tmp_path: Path, like_llama2: Any
) -> None:
    model = llama(310, num_hidden_layers=8, hidden_size=256, intermediate_size=1024)
    tracemalloc.start()
    try:
        write_gguf(model, like_llama2[0], tmp_path / "model.gguf", "f16", "bees")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (tmp_path / "model.gguf").stat().st_size / 4


def test_scaled_positions_are_factors_of_the_frequencies(tmp_path: Path, like_llama2: Any) -> None:
    linear = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}
    model = llama(310, rope_parameters=linear)
    factors = rope_factors(model.config)
    assert factors is not None
    assert factors.tolist() == pytest.approx([4.0] * 8)
    assert types(written(tmp_path, model, like_llama2[0]))["rope_freqs.weight"] == "F32"
    sizes = {"dim": 256, "n_layers": 1, "n_heads": 2, "norm_eps": 1e-5, "rope_theta": 5e5}
    factors = rope_factors(Params(**sizes, use_scaled_rope=True).config())
    assert factors is not None
    # Llama 3.1's: fast rotations as they were, slow ones eight times slower, between in between.
    assert (float(factors[0]), float(factors[-1])) == pytest.approx((1.0, 8.0))
    assert bool((factors.diff() >= -1e-5).all())
    assert rope_factors(llama(310).config) is None


@pytest.mark.parametrize(
    ("stored", "value"), [("f16", 1e5), ("q8_0", 1e7), ("f16", np.nan), ("q8_0", np.nan)]
)
def test_a_weight_that_the_form_does_not_hold_is_refused(
    tmp_path: Path, like_llama2: Any, stored: str, value: float
) -> None:
    model = llama(310)
    model.model.layers[1].mlp.up_proj.weight.data[3, 3] = value
    with pytest.raises(
        ModelError, match=rf"blk\.1\.ffn_up\.weight holds {value:g}".replace("+", r"\+")
    ):
        written(tmp_path, model, like_llama2[0], stored)


def test_a_sentencepiece_tokenizer_keeps_its_order_and_is_read_back(
    tmp_path: Path, like_llama2: Any
) -> None:
    tokenizer, own = like_llama2
    reader = written(tmp_path, llama(310), tokenizer)
    assert "output.weight" not in types(reader)  # It is the embeddings.
    assert field(reader, "tokenizer.ggml.model") == "llama"
    scores, tokens = (field(reader, f"tokenizer.ggml.{name}") for name in ("scores", "tokens"))
    joined = [i for i in range(310) if own.get_score(i) and len(tokens[i]) > 1]
    assert len(joined) > 20
    assert sorted(joined, key=lambda i: scores[i]) == sorted(joined, key=own.get_score)
    kinds = field(reader, "tokenizer.ggml.token_type")
    assert kinds[:4] == [2, 3, 3, 6]  # Unknown, two control tokens, the first byte.
    back = read_back(tmp_path)
    for text in TEXTS:
        assert back(text)["input_ids"] == [1, *own.encode(text)]


def test_a_tokenizer_of_llama_3_is_read_back_with_its_template(
    tmp_path: Path, like_llama3: Any
) -> None:
    like_llama3.chat_template = "{{ messages[0]['content'] }}"
    like_llama3.add_special_tokens({"pad_token": "<|finetune_right_pad_id|>"})
    reader = written(tmp_path, llama(len(like_llama3) + 3), like_llama3)
    assert field(reader, "tokenizer.ggml.pre") == "llama-bpe"
    assert field(reader, "tokenizer.ggml.add_bos_token")
    assert not field(reader, "tokenizer.ggml.add_eos_token")
    assert field(reader, "tokenizer.ggml.token_type")[-4:] == [3, 5, 5, 5]  # Three without a text.
    back = read_back(tmp_path)
    assert back.chat_template == like_llama3.chat_template
    for name in ("bos", "eos", "pad"):
        special = f"{name}_token_id"
        assert getattr(back, special) == getattr(like_llama3, special) is not None
    said = "<|start_header_id|>user<|end_header_id|>Who?<|eot_id|>"
    for text in [*TEXTS, "721 THEY'RE 7,100", said]:
        assert back(text)["input_ids"] == like_llama3(text)["input_ids"]


@pytest.mark.parametrize(
    ("digits", "name"), [([], "gpt-2"), ([pre_tokenizers.Digits(True)], "smollm")]
)
def test_ways_of_cutting_text_are_named_as_llama_cpp_names_them(
    tmp_path: Path, like_llama3: Any, digits: list[Any], name: str
) -> None:
    backend = like_llama3.backend_tokenizer
    backend.model.ignore_merges = False
    last = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.pre_tokenizer = pre_tokenizers.Sequence([*digits, last])
    reader = written(tmp_path, llama(len(like_llama3)), like_llama3)
    assert field(reader, "tokenizer.ggml.pre") == name


def test_what_has_no_counterpart_is_refused(
    tmp_path: Path, like_llama2: Any, like_llama3: Any
) -> None:
    dynamic = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0}
    with pytest.raises(ModelError, match="this model's are dynamic"):
        written(tmp_path, llama(310, rope_parameters=dynamic), like_llama2[0])
    other = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel()])
    like_llama3.backend_tokenizer.pre_tokenizer = other
    with pytest.raises(ModelError, match="this tokenizer has another"):
        written(tmp_path, llama(len(like_llama3)), like_llama3)
    words = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"a": 0}, "a")))
    with pytest.raises(ModelError, match="of kind BPE; this one is WordLevel"):
        written(tmp_path, llama(310), words)
    with pytest.raises(ModelError, match="these two do not belong together"):
        written(tmp_path, llama(300), like_llama2[0])
