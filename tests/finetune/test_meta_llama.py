"""Meta's weights, converted, compute what they computed; what is not whole or safe is refused."""

import base64
import itertools
import json
import pickle
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from finetune import meta_llama
from finetune.meta_llama import convert, read_checkpoint
from finetune.meta_tokenizer import special_tokens
from harness.errors import BenchError, ConfigError, ModelError
from tests.conftest import call
from tests.finetune import meta

IDS = [1, 17, 300, 17, 5, 211, 42, 99]
LLAMA3 = {"rope_theta": 500_000.0}


def converted(folder: Path, values: dict[str, Any], shards: int = 1, tied: bool = False) -> Any:
    """The converted twin, the twin itself and its weights in Meta's layout."""
    model = meta.twin(values, tied)
    weights = meta.in_metas_layout(model)
    if tied:
        del weights["output.weight"]
    source = meta.write(folder / "meta", weights, values, shards)
    convert(read_checkpoint(source), folder / "out")
    return AutoModelForCausalLM.from_pretrained(folder / "out"), model, weights


def same_logits(made: Any, model: Any, weights: meta.Weights, values: dict[str, Any]) -> None:
    with torch.no_grad():
        found, wanted = (one(torch.tensor([IDS])).logits[0].double() for one in (made, model))
    assert (found - wanted).abs().max() < 1e-4
    assert (found - meta.logits(weights, values, IDS)).abs().max() < 1e-4
    assert found.abs().max() > 1


@pytest.mark.parametrize(
    ("shards", "grouped", "tied"), itertools.product([1, 2], [False, True], [False, True])
)
def test_logits_are_the_same(tmp_path: Path, shards: int, grouped: bool, tied: bool) -> None:
    values = meta.params(**({"n_kv_heads": 2} if grouped else {}))
    made, model, weights = converted(tmp_path, values, shards, tied)
    same_logits(made, model, weights, values)
    assert made.config.tie_word_embeddings == tied
    assert made.config.num_key_value_heads == (2 if grouped else 4)


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("stretched", [False, True])
def test_logits_of_llama_3_are_the_same(tmp_path: Path, shards: int, stretched: bool) -> None:
    values = meta.params(n_kv_heads=2, use_scaled_rope=stretched, **LLAMA3)
    made, model, weights = converted(tmp_path, values, shards)
    same_logits(made, model, weights, values)
    assert made.config.max_position_embeddings == (131072 if stretched else 8192)


def test_an_output_that_repeats_the_embeddings_is_tied(tmp_path: Path) -> None:
    weights = meta.in_metas_layout(meta.twin(meta.params(), tied=True))
    assert torch.equal(weights["output.weight"], weights["tok_embeddings.weight"])
    found = read_checkpoint(meta.write(tmp_path, weights, meta.params(), shards=2))
    assert found.config.tie_word_embeddings
    assert "lm_head.weight" not in found.weights


def test_number_format_is_kept_and_files_stay_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meta_llama, "FILE_BYTES", 30_000)
    model = meta.twin(meta.params(), tied=False).to(torch.bfloat16)
    source = meta.write(tmp_path / "meta", meta.in_metas_layout(model), meta.params())
    found = read_checkpoint(source)
    told: list[tuple[int, int]] = []
    assert convert(found, tmp_path / "out", lambda *done: told.append(done))
    assert len(list((tmp_path / "out").glob("*.safetensors"))) > 2
    assert told[-1] == (found.disk, found.disk)
    assert found.memory < found.disk
    made = AutoModelForCausalLM.from_pretrained(tmp_path / "out", dtype="auto").state_dict()
    assert all(torch.equal(made[name], one) for name, one in model.state_dict().items())
    assert not convert(found, tmp_path / "out")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A whole checkpoint of two shards."""
    weights = meta.in_metas_layout(meta.twin(meta.params(), tied=False))
    return meta.write(tmp_path / "meta", weights, meta.params(), shards=2)


class Code:
    """Runs a command when it is read as a pickle."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        import os

        return os.system, ("touch was-run",)


def cut(folder: Path) -> None:
    shard = folder / "consolidated.01.pth"
    shard.write_bytes(shard.read_bytes()[:-2000])


def cut_inside(folder: Path) -> None:
    """The whole archive but for the first bytes of what is in it."""
    shard = folder / "consolidated.01.pth"
    shard.write_bytes(shard.read_bytes()[3000:])


def code(folder: Path) -> None:
    torch.save({"tok_embeddings.weight": Code()}, folder / "consolidated.00.pth")


def bare_code(folder: Path) -> None:
    (folder / "consolidated.00.pth").write_bytes(pickle.dumps(Code()))


def no_params(folder: Path) -> None:
    (folder / "params.json").unlink()


def no_shard(folder: Path) -> None:
    (folder / "consolidated.00.pth").unlink()


def more_layers(folder: Path) -> None:
    (folder / "params.json").write_text(json.dumps(meta.params(n_layers=3)))


def fewer_layers(folder: Path) -> None:
    (folder / "params.json").write_text(json.dumps(meta.params(n_layers=1)))


def other_heads(folder: Path) -> None:
    (folder / "params.json").write_text(json.dumps(meta.params(n_kv_heads=1)))


def changed(folder: Path, number: int, **weights: Any) -> None:
    """Put other weights into a shard; of names, ``__`` stands for a dot."""
    path = folder / f"consolidated.{number:02d}.pth"
    held = torch.load(path, weights_only=True)
    for name, change in weights.items():
        key = f"{name.replace('__', '.')}.weight"
        held[key] = change(held[key])
    torch.save(held, path)


def quantised(folder: Path) -> None:
    for number in range(2):
        changed(folder, number, layers__0__attention__wq=lambda w: w.to(torch.int8))


def sparse(folder: Path) -> None:
    changed(folder, 0, norm=lambda w: w.to_sparse())


def other_format(folder: Path) -> None:
    changed(folder, 1, layers__1__attention__wq=lambda w: w.half())


def flat(folder: Path) -> None:
    changed(folder, 0, tok_embeddings=lambda w: w.flatten())


def one_number(folder: Path) -> None:
    changed(folder, 0, layers__0__feed_forward__w1=lambda _: torch.tensor(1.0))


def no_text(folder: Path) -> None:
    (folder / "params.json").write_bytes(b"\xff\xfe")


def no_copies(folder: Path) -> None:
    """Two shards that share one head of keys and values, and do not have the same."""
    (folder / "params.json").write_text(json.dumps(meta.params(n_kv_heads=1)))
    for number in range(2):
        grouped = {f"layers__{i}__attention__w{x}": lambda w: w[:16] for i in (0, 1) for x in "kv"}
        changed(folder, number, **grouped)


def flipped(folder: Path) -> None:
    """One bit of one weight."""
    path = folder / "consolidated.01.pth"
    held = bytearray(path.read_bytes())
    weight = torch.load(path, weights_only=True)["layers.0.attention.wq.weight"]
    held[held.index(weight.numpy().tobytes()) + 5] ^= 1
    path.write_bytes(held)


def no_width(folder: Path) -> None:
    (folder / "params.json").write_text(json.dumps({"n_layers": 2}))


BROKEN = [
    (cut, r"consolidated\.01\.pth is cut short \([\d,]+ bytes\); download it again"),
    (cut_inside, r"consolidated\.01\.pth is (damaged|not in the zip format)"),
    (code, r"consolidated\.00\.pth is not safe: it holds more than tensors \(it would call"),
    (bare_code, r"consolidated\.00\.pth is not in the zip format of torch\.save, and is not read"),
    (no_params, r"holds no params\.json.*found consolidated\.00\.pth"),
    (no_shard, r"lacks consolidated\.00\.pth; found consolidated\.01\.pth"),
    (more_layers, r"lacks the weight layers\.2\..*correct n_layers of params\.json"),
    (fewer_layers, r"does not have, layers\.1\..* first"),
    (other_heads, r"attention\.wk\.weight has the shape \[32, 64\]"),
    (flipped, r"consolidated\.01\.pth is damaged: the CRC-32 of .*; download it again"),
    (no_width, r"params\.json.*dim"),
    (no_text, r"params\.json cannot be read"),
    (quantised, r"attention\.wq\.weight is torch\.int8.*quantised and sparse ones are not"),
    (sparse, r"norm\.weight is torch\.float32, torch\.sparse_coo"),
    (
        other_format,
        r"consolidated\.01\.pth: layers\.1\..* is torch\.float16, and torch\.float32 in",
    ),
    (flat, r"tok_embeddings\.weight has the shape \[10240\], which does not fit a matrix"),
    (one_number, r"feed_forward\.w1\.weight has the shape \[\], which does not fit a matrix"),
    (no_copies, r"consolidated\.01\.pth: layers\.0\..* should repeat that of a neighbouring shard"),
]


@pytest.mark.parametrize(("spoil", "said"), BROKEN, ids=[spoil.__name__ for spoil, _ in BROKEN])
def test_what_is_not_whole_or_safe_is_refused_and_nothing_is_written(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoil: Any,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    spoil(source)
    assert call("convert", "meta-llama", str(source), str(tmp_path / "out")) == 2
    assert re.search(said, capsys.readouterr().err.replace("\n", " "))
    assert {path.name for path in tmp_path.iterdir()} <= {"meta", "out.lock"}


def test_a_folder_that_holds_something_else_is_not_replaced(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("all of it")
    with pytest.raises(ConfigError, match="holds something else; name another folder"):
        convert(read_checkpoint(source), tmp_path / "out")


def test_a_disk_without_room_is_refused_beforehand(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = meta_llama.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(meta_llama.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(ModelError, match=r"needs 0\.\d MB of disk, and 0\.0 MB are free"):
        convert(read_checkpoint(source), tmp_path / "out")
    assert not (tmp_path / "out").exists()


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
    assert AutoModelForCausalLM.from_pretrained(out).config.eos_token_id == 2


def test_a_sentencepiece_tokenizer_cuts_text_as_sentencepiece_does(
    source: Path, tmp_path: Path
) -> None:
    import sentencepiece

    texts = ["Breaches are notified within 72 hours.", "Who  must\ntell whom? é€"]
    model_file = meta.train_sentencepiece(source, texts)
    convert(read_checkpoint(source), tmp_path / "out")
    made = AutoTokenizer.from_pretrained(tmp_path / "out")
    wanted = sentencepiece.SentencePieceProcessor(model_file=str(model_file))
    for text in [*texts, "the controller’s duty"]:
        assert made(text)["input_ids"] == [1, *wanted.encode(text)]
        assert made.decode(made(text)["input_ids"], skip_special_tokens=True) == text
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "out").config.eos_token_id == 2


def test_a_tiktoken_tokenizer_cuts_text_as_tiktoken_does(tmp_path: Path) -> None:
    import tiktoken
    from transformers.convert_slow_tokenizer import TikTokenConverter

    ranks = meta.merges([b" notified", b" hours", b"Breach", b"72", "é".encode()])
    values = meta.params(n_kv_heads=2, **LLAMA3)
    model = meta.twin(values, tied=False)
    model.resize_token_embeddings(len(ranks) + 256)
    source = meta.write(tmp_path / "meta", meta.in_metas_layout(model), values)
    lines = [b"%b %d" % (base64.b64encode(token), rank) for token, rank in ranks.items()]
    (source / "tokenizer.model").write_bytes(b"\n".join(lines))
    convert(read_checkpoint(source), tmp_path / "out")
    made = AutoTokenizer.from_pretrained(tmp_path / "out")
    wanted = tiktoken.Encoding(
        "llama3", pat_str=TikTokenConverter().pattern, mergeable_ranks=ranks, special_tokens={}
    )
    begin = len(ranks)
    for text in ["Breaches are notified within 72 hours.", "Who  must\ntell 721 whom? é€"]:
        assert made(text)["input_ids"] == [begin, *wanted.encode(text)]
        assert made.decode(made(text)["input_ids"], skip_special_tokens=True) == text
    assert made.convert_tokens_to_ids("<|eot_id|>") == begin + 9
    ends = GenerationConfig.from_pretrained(tmp_path / "out").eos_token_id
    assert made.convert_ids_to_tokens(ends) == ["<|end_of_text|>", "<|eot_id|>"]
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "out").config.eos_token_id == begin + 1


def write_ranks(source: Path, ranks: dict[bytes, int]) -> None:
    lines = [b"%b %d" % (base64.b64encode(token), rank) for token, rank in ranks.items()]
    (source / "tokenizer.model").write_bytes(b"\n".join(lines))


def test_ranks_cut_short_are_refused_and_a_whole_file_in_their_place_is_read(
    tmp_path: Path,
) -> None:
    # tiktoken's reader kept a copy by path: the file put in its place was never seen.
    ranks = meta.merges([b" notified", b" hours"])
    model = meta.twin(values := meta.params(**LLAMA3), tied=False)
    model.resize_token_embeddings(len(ranks) + 256)
    source = meta.write(tmp_path / "meta", meta.in_metas_layout(model), values)
    write_ranks(source, dict(list(ranks.items())[:-4]))
    with pytest.raises(ModelError, match=r"521 words and the weights 525: .* cut short"):
        convert(read_checkpoint(source), tmp_path / "out")
    write_ranks(source, ranks)
    convert(read_checkpoint(source), tmp_path / "out")
    made = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert made.bos_token_id == len(ranks)


def test_a_vocabulary_too_small_for_special_tokens_has_none(tmp_path: Path) -> None:
    values = meta.params(**LLAMA3)
    model = meta.twin(values, tied=False)
    model.resize_token_embeddings(100)
    source = meta.write(tmp_path / "meta", meta.in_metas_layout(model), values)
    convert(read_checkpoint(source), tmp_path / "out")
    config = AutoModelForCausalLM.from_pretrained(tmp_path / "out").config
    assert (config.bos_token_id, config.eos_token_id) == (None, None)


def test_shards_that_hold_copies_of_a_head_compute_the_same(tmp_path: Path) -> None:
    values = meta.params(n_kv_heads=2)
    model = meta.twin(values, tied=False)
    weights = meta.in_metas_layout(model)
    repeated = {
        name: weight.view(2, 16, 64).repeat_interleave(2, 0).flatten(0, 1)
        if name.endswith(("wk.weight", "wv.weight"))
        else weight
        for name, weight in weights.items()
    }
    source = meta.write(tmp_path / "meta", repeated, values, shards=4)
    convert(read_checkpoint(source), tmp_path / "out")
    same_logits(AutoModelForCausalLM.from_pretrained(tmp_path / "out"), model, weights, values)


@pytest.mark.parametrize("generation", ["Llama 3", "Llama 3.1"])
def test_special_tokens_are_256_different_ones(generation: str) -> None:
    names = special_tokens(generation)
    assert len(set(names)) == 256
    assert names[:2] == ["<|begin_of_text|>", "<|end_of_text|>"]


def test_a_tokenizer_of_another_model_is_refused(source: Path, tmp_path: Path) -> None:
    ranks = meta.merges([bytes(range(65, 91))])
    lines = [b"%b %d" % (base64.b64encode(token), rank) for token, rank in ranks.items()]
    (source / "tokenizer.model").write_bytes(b"\n".join(lines))
    with pytest.raises(BenchError, match="537 words and the weights 320: it belongs to another"):
        convert(read_checkpoint(source), tmp_path / "out")
    assert not (tmp_path / "out").exists()
