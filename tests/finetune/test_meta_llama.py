"""Meta's weights, converted, compute what they computed; what is not whole or safe is refused."""

import json
import os
import pickle
import re
import shutil
from collections.abc import Callable
from contextlib import chdir
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from finetune import meta_llama
from finetune.meta_llama import convert_meta_checkpoint, read_meta_checkpoint
from harness.errors import ConfigError, ModelError
from tests.conftest import call, refused
from tests.finetune import meta

IDS = [1, 17, 300, 17, 5, 211, 42, 99]
LLAMA3 = {"rope_theta": 500_000.0}
STRETCHED = {**LLAMA3, "use_scaled_rope": True, "n_kv_heads": 2}
GROUPED = {"n_kv_heads": 2}
Spoil = Callable[[Path], object]


def convert(source: Path) -> Path:
    """The converted folder, beside ``source``."""
    convert_meta_checkpoint(read_meta_checkpoint(source), source.parent / "out")
    return source.parent / "out"


def loaded(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A whole checkpoint of two shards."""
    return meta.write(tmp_path / "meta", meta.random_weights(meta.params()), meta.params(), 2)


@pytest.mark.parametrize("shards", [1, 2, 4])
@pytest.mark.parametrize("output", ["its own", "none", "the embeddings again"])
@pytest.mark.parametrize(
    ("changes", "context"),
    [({}, 4096), (GROUPED, 4096), ({**GROUPED, **LLAMA3}, 8192), (STRETCHED, 131072)],
)
def test_logits_are_those_of_metas_arithmetic(
    tmp_path: Path, shards: int, output: str, changes: dict[str, Any], context: int
) -> None:
    values, tied = meta.params(**changes), output != "its own"
    # In bfloat16, which the conversion keeps.
    weights = {name: one.bfloat16() for name, one in meta.random_weights(values, tied).items()}
    if output == "the embeddings again":
        weights["output.weight"] = weights["tok_embeddings.weight"]
    made = convert(meta.write(tmp_path / "meta", weights, values, shards))
    model = loaded(made)
    with torch.no_grad():
        found = model(torch.tensor([IDS])).logits[0].double()
    assert (found - meta.logits(weights, values, IDS)).abs().max() < 1e-4
    assert found.abs().max() > 1
    config = model.config
    assert (config.tie_word_embeddings, config.max_position_embeddings) == (tied, context)
    stored = AutoModelForCausalLM.from_pretrained(made, dtype="auto")
    assert {one.dtype for one in stored.parameters()} == {torch.bfloat16}


def test_files_and_memory_stay_small(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meta_llama, "FILE_BYTES", 30_000)
    found = read_meta_checkpoint(source)
    told: list[tuple[int, int]] = []
    convert_meta_checkpoint(found, tmp_path / "out", lambda *done: told.append(done))
    files = list((tmp_path / "out").glob("*.safetensors"))
    assert len(files) > 2
    assert told[-1] == (found.disk, found.disk)
    assert max(path.stat().st_size for path in files) < found.memory < found.disk
    whole = sum(one.numel() * 4 for one in loaded(tmp_path / "out").parameters())
    assert found.disk == whole


class Code:
    """Runs a command when it is read as a pickle."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch was-run",)


def shard(folder: Path, number: int) -> Path:
    return folder / f"consolidated.{number:02d}.pth"


def cut(kept: slice) -> Spoil:
    return lambda folder: shard(folder, 1).write_bytes(shard(folder, 1).read_bytes()[kept])


def params(**changes: Any) -> Spoil:
    return lambda folder: (folder / "params.json").write_text(json.dumps(meta.params(**changes)))


def weight(number: int, name: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Spoil:
    """Another weight in that shard."""

    def spoil(folder: Path) -> None:
        held = torch.load(shard(folder, number), weights_only=True)
        held[f"{name}.weight"] = change(held[f"{name}.weight"])
        torch.save(held, shard(folder, number))

    return spoil


def no_copies(folder: Path) -> None:
    """Two shards that share one head of keys and values, and do not have the same."""
    params(n_kv_heads=1)(folder)
    for layer, kind, number in product((0, 1), "kv", (0, 1)):
        weight(number, f"layers.{layer}.attention.w{kind}", lambda w: w[:16])(folder)


def flipped(folder: Path) -> None:
    """One bit of one weight."""
    held = bytearray(shard(folder, 1).read_bytes())
    found = torch.load(shard(folder, 1), weights_only=True)["layers.0.attention.wq.weight"]
    held[held.index(found.numpy().tobytes()) + 5] ^= 1
    shard(folder, 1).write_bytes(held)


WQ, W1 = "layers.0.attention.wq", "layers.0.feed_forward.w1"
BROKEN: list[tuple[Spoil, str]] = [
    (cut(slice(-2000)), r"01\.pth is cut short, .* \([\d,]+ bytes\); download it again"),
    (cut(slice(3000, None)), r"01\.pth is (damaged|not in the zip format)"),
    (lambda f: torch.save({"norm.weight": Code()}, shard(f, 0)), "not safe: .*it would call"),
    (lambda f: shard(f, 0).write_bytes(pickle.dumps(Code())), r"not in the zip format"),
    (lambda f: torch.save([torch.ones(1)], shard(f, 0)), r"00\.pth holds no weights by name"),
    (lambda f: (f / "params.json").unlink(), r"no params\.json.*found consolidated\.00\.pth"),
    (lambda f: (f / "params.json").write_bytes(b"\xff\xfe"), r"params\.json cannot be read"),
    (lambda f: (f / "params.json").write_text('{"n_layers": 2}'), r"params\.json.*dim"),
    (lambda f: shard(f, 0).unlink(), r"lacks consolidated\.00\.pth; found consolidated\.01\.pth"),
    # It had no end.
    (params(n_layers=2**63), r"params\.json: n_layers: .*less than or equal to 1000"),
    (params(n_layers=3), r"lacks the weight layers\.2\..*correct n_layers of params\.json"),
    (params(n_layers=1), r"does not have, layers\.1\..* first"),
    (params(dim=48), r"has the shape \[320, 32\].*fit dim 48 of params\.json"),
    (params(n_heads=3), "3 heads of even size do not make up dim 64"),
    (params(n_kv_heads=3), "3 n_kv_heads do not divide 4 n_heads"),
    (params(vocab_size=9), r"have 320 words, params\.json says 9"),
    (params(n_kv_heads=1), r"attention\.wk\.weight has the shape \[32, 64\]"),
    (flipped, r"01\.pth is damaged: the CRC-32 of .*; download it again"),
    (weight(0, WQ, lambda w: w.to(torch.int8)), r"wq\.weight is torch\.int8.*quantised and sparse"),
    (weight(0, "norm", lambda w: w.to_sparse()), r"is torch\.float32, torch\.sparse_coo"),
    (weight(1, WQ, lambda w: w.half()), r"layers\.0\..* is torch\.float16, and torch\.float32 in"),
    (weight(0, "tok_embeddings", lambda w: w.flatten()), r"\[10240\], which does not fit a matrix"),
    (weight(0, W1, lambda w: w[0, 0]), r"w1\.weight has the shape \[\], .* fit a matrix"),
    (weight(1, "norm", lambda w: w[0]), r"01\.pth: norm\.weight has the shape \[\], .* fit \[64\]"),
    (no_copies, r"01\.pth: layers\.0\..* should repeat that of a neighbouring shard"),
]


@pytest.mark.parametrize(("spoil", "said"), BROKEN)
def test_what_is_not_whole_or_safe_is_refused_and_nothing_is_written(
    source: Path, tmp_path: Path, spoil: Spoil, said: str
) -> None:
    spoil(source)
    with chdir(tmp_path):
        assert re.search(said, refused("convert", "meta-llama", source, tmp_path / "out"))
    assert {path.name for path in tmp_path.iterdir()} <= {"meta", "out.lock"}


def test_what_is_there_is_not_replaced_and_a_disk_without_room_is_not_filled(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(ModelError, match=r"needs about 0\.\d MB of disk, and 0\.0 MB are free"):
        convert(source)
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("all of it")
    with pytest.raises(ConfigError, match="is there already; name another folder"):
        convert(source)


def test_without_a_tokenizer_the_weights_are_converted_and_it_is_said(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert call("convert", "meta-llama", str(source), str(out)) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{out}\n"
    assert "LLaMA 2 layout, 2 shards" in printed.err
    assert re.search(r"needs 0\.\d MB of disk and 0\.\d MB of memory", printed.err)
    assert f"no tokenizer.model in {source} or above it" in printed.err
    assert loaded(out).config.eos_token_id == 2


def test_a_sentencepiece_tokenizer_cuts_text_as_sentencepiece_does(source: Path) -> None:
    import sentencepiece

    texts = ["Breaches are notified within 72 hours.", "Who  must\ntell whom? é€"]
    model_file = meta.train_sentencepiece(source, texts)
    model_file.rename(source.parent / model_file.name)  # Above the weights.
    out = convert(source)
    made = AutoTokenizer.from_pretrained(out)
    wanted = sentencepiece.SentencePieceProcessor(model_file=str(source.parent / model_file.name))
    for text in [*texts, "the controller’s duty"]:
        assert made(text)["input_ids"] == [1, *wanted.encode(text)]
        assert made.decode(made(text)["input_ids"], skip_special_tokens=True) == text
    assert loaded(out).config.eos_token_id == 2


RANKS = meta.merges([b" notified", b" hours", b"Breach", b"72", "é".encode()])


def of_llama3(folder: Path, words: int) -> Path:
    """A checkpoint of Llama 3 with that many embeddings."""
    values = meta.params(**GROUPED, **LLAMA3)
    return meta.write(folder / "meta", meta.random_weights(values, words=words), values)


def test_a_tiktoken_tokenizer_cuts_text_as_tiktoken_does(tmp_path: Path) -> None:
    import tiktoken
    from transformers.convert_slow_tokenizer import TikTokenConverter

    begin = len(RANKS)
    source = of_llama3(tmp_path, begin + 256)
    # tiktoken's reader kept a copy by path: the file put in its place was never seen.
    meta.write_merges(source / "tokenizer.model", dict(list(RANKS.items())[:-4]))
    with pytest.raises(ModelError, match=r"words and the weights \d+: .* cut short"):
        convert(source)
    meta.write_merges(source / "tokenizer.model", RANKS)
    out = convert(source)
    made = AutoTokenizer.from_pretrained(out)
    wanted = tiktoken.Encoding(
        "llama3", pat_str=TikTokenConverter().pattern, mergeable_ranks=RANKS, special_tokens={}
    )
    for text in ["Breaches are notified within 72 hours.", "Who  must\ntell 721 whom? é€"]:
        assert made(text)["input_ids"] == [begin, *wanted.encode(text)]
        assert made.decode(made(text)["input_ids"], skip_special_tokens=True) == text
    assert made.convert_tokens_to_ids("<|eot_id|>") == begin + 9
    assert len({*made.convert_ids_to_tokens(range(begin, begin + 256))}) == 256
    ends = GenerationConfig.from_pretrained(out).eos_token_id
    assert made.convert_ids_to_tokens(ends) == ["<|end_of_text|>", "<|eot_id|>"]
    assert loaded(out).config.eos_token_id == begin + 1


def test_a_vocabulary_too_small_for_special_tokens_has_none(tmp_path: Path) -> None:
    config = loaded(convert(of_llama3(tmp_path, words=100))).config
    assert (config.bos_token_id, config.eos_token_id) == (None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, rf"{len(RANKS) + 256} words and the weights 320: it belongs to another"),
        (b"YQ== 0\nYg== 2\n", r"is no tokenizer of Meta's \(a rank is missing"),
        (b"nothing of the kind", "is no tokenizer of Meta's"),
    ],
)
def test_a_tokenizer_that_is_not_the_models_is_refused(
    source: Path, tmp_path: Path, text: bytes | None, said: str
) -> None:
    meta.write_merges(source / "tokenizer.model", RANKS)
    if text is not None:
        (source / "tokenizer.model").write_bytes(text)
    with pytest.raises(ModelError, match=said):
        convert(source)
    assert not (tmp_path / "out").exists()
