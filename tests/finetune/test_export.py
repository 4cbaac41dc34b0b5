"""What is exported answers as the checkpoint does, in every form others load."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from finetune.checkpoint import find_weights
from finetune.export import GGUF_FILE, Form, export, merged, plan_export
from harness.errors import BenchError, ConfigError, ModelError
from rag.corpus import load_corpus
from tasks.policyqa.prompts import render, shipped_prompt
from tasks.policyqa.questions import DATA, in_split, load_questions

Tokens = list[list[int]]
NEW_TOKENS = 10


@pytest.fixture
def adapter(tiny_llama: Path, make_adapter: Callable[[Path], Path]) -> Path:
    return make_adapter(tiny_llama)


@pytest.fixture(scope="module")
def prompts() -> list[str]:
    """The fifty shortest of the policy set's validation questions."""
    known = [section.id for section in load_corpus(DATA)]
    questions = in_split(load_questions(DATA, known), "validation")
    prompts = [render(shipped_prompt("plain"), question.question) for question in questions]
    return sorted(prompts, key=len)[:50]


def made(checkpoint: Path, target: Path, form: Form) -> Path:
    export(plan_export(find_weights(str(checkpoint)), form), target)
    return target


def greedy(model: Any, tokenizer: Any, prompts: Sequence[str], size: int = 10) -> Tokens:
    """Ids of each answer, in batches of that size."""
    found: Tokens = []
    for start in range(0, len(prompts), size):
        batch = tokenizer(list(prompts[start : start + size]), return_tensors="pt", padding=True)
        with torch.no_grad():
            ids = model.generate(**batch, max_new_tokens=NEW_TOKENS, do_sample=False)
        found += ids[:, batch["input_ids"].shape[1] :].tolist()
    return found


def tokenizer_in(folder: Path, **options: Any) -> Any:
    return AutoTokenizer.from_pretrained(folder, padding_side="left", **options)


def from_gguf(folder: Path) -> Any:
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=GGUF_FILE, dtype=torch.float32)
    return model.eval()


def rounded(model: Any) -> Any:
    """``model`` with its matrices rounded to F16."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data = parameter.data.half().float()
    return model


def with_adapter(base: Path, adapter: Path) -> Any:
    from peft import PeftModel

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return PeftModel.from_pretrained(model, str(adapter)).eval()


def share_that_differs(one: Tokens, other: Tokens) -> float:
    return sum(a != b for a, b in zip(one, other, strict=True)) / len(one)


def test_merged_answers_as_base_with_adapter(
    tiny_llama: Path, adapter: Path, tmp_path: Path, prompts: list[str]
) -> None:
    folder = made(adapter, tmp_path / "out", "merged")
    tokenizer = tokenizer_in(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.dtype == torch.float32
    wanted = greedy(with_adapter(tiny_llama, adapter), tokenizer, prompts)
    assert greedy(model, tokenizer, prompts) == wanted
    base = AutoModelForCausalLM.from_pretrained(tiny_llama)
    assert share_that_differs(greedy(base, tokenizer, prompts), wanted) > 0.5


def test_gguf_answers_as_the_merged_model_rounded_to_f16(
    tiny_llama: Path, adapter: Path, tmp_path: Path, prompts: list[str]
) -> None:
    folder = made(adapter, tmp_path / "out", "gguf-f16")
    tokenizer = tokenizer_in(folder, gguf_file=GGUF_FILE)
    wanted = greedy(rounded(merged(str(tiny_llama), adapter)), tokenizer, prompts)
    assert greedy(from_gguf(folder), tokenizer, prompts) == wanted
    assert tokenizer(prompts)["input_ids"] == tokenizer_in(tiny_llama)(prompts)["input_ids"]


def test_gguf_q8_0_keeps_each_weight_to_its_blocks_step(
    tiny_llama: Path, adapter: Path, tmp_path: Path
) -> None:
    model = from_gguf(made(adapter, tmp_path / "out", "gguf-q8_0"))
    whole = merged(str(tiny_llama), adapter).state_dict()
    for name, weight in model.state_dict().items():
        if weight.dim() == 1:
            assert torch.equal(weight, whole[name])
            continue
        largest = whole[name].unflatten(-1, (-1, 32)).abs().amax(-1, keepdim=True)
        apart = (weight - whole[name]).unflatten(-1, (-1, 32)).abs()
        # Half a step of 127, and what rounding the scale to F16 moves the largest by.
        assert (apart <= largest * (0.5 / 127 + 2**-10)).all()
        assert not torch.equal(weight, whole[name])


def test_an_int8_base_and_adapter_are_what_the_stock_model_loads(
    adapter: Path, tmp_path: Path
) -> None:
    from lm_eval.models.huggingface import HFLM

    from harness.models.policyqa_hf import PolicyQALM
    from tests.asking import PROMPTS, asked

    folder = made(adapter, tmp_path / "out", "int8")
    stock = HFLM(
        pretrained=str(folder / "base"), peft=str(folder / "adapter"), device="cpu", batch_size=2
    )
    layer = stock.model.base_model.model.model.layers[0].self_attn.q_proj.base_layer
    assert layer.weight.dtype == torch.int8
    ours = PolicyQALM(peft=str(adapter), load_in_8bit=True, device="cpu", batch_size=2)
    assert stock.generate_until(asked(PROMPTS), True) == ours.generate_until(asked(PROMPTS), True)


def test_a_base_alone_is_exported_but_not_merged(tiny_llama: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no adapter, so there is nothing to merge"):
        made(tiny_llama, tmp_path / "out", "merged")
    folder = made(tiny_llama, tmp_path / "out", "int8")
    assert [path.name for path in folder.iterdir()] == ["base"]


def test_what_cannot_be_exported_is_refused_and_leaves_nothing(
    adapter: Path, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("all of it")
    with pytest.raises(ConfigError, match="is there already; name another folder"):
        made(adapter, taken, "merged")
    other = tmp_path / "other"
    shutil.copytree(tiny_llama, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "model_type": "mistral"}))
    with pytest.raises(ModelError, match="GGUF is written for the Llama architecture"):
        made(other, tmp_path / "out", "gguf-f16")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(ModelError, match=r"needs about 0\.0 GB of disk"):
        made(adapter, tmp_path / "out", "gguf-q8_0")
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"taken", "other"}


def test_export_of_an_adapter_without_weights_is_refused(adapter: Path, tmp_path: Path) -> None:
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(BenchError, match=r"holds no adapter_model\.safetensors"):
        made(adapter, tmp_path / "out", "merged")


def test_a_base_without_a_tokenizer_is_refused(tiny_llama: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(tiny_llama, bare, ignore=shutil.ignore_patterns("tokenizer*", "special*"))
    with pytest.raises(ModelError, match="has no tokenizer that can be read"):
        made(bare, tmp_path / "out", "gguf-f16")


def test_a_base_without_weights_and_a_place_that_cannot_be_written_are_told_apart(
    tiny_llama: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(tiny_llama, bare, ignore=shutil.ignore_patterns("*.safetensors"))
    with pytest.raises(ModelError, match=r"cannot load the weights of .*bare"):
        made(bare, tmp_path / "out", "gguf-f16")
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"could not write .*file/out"):
        made(tiny_llama, tmp_path / "file" / "out", "gguf-f16")


def test_an_adapter_of_another_base_is_refused_and_leaves_nothing(
    adapter: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    wider = LlamaConfig.from_pretrained(tiny_llama, hidden_size=96)
    other = tmp_path / "other"
    LlamaForCausalLM(wider).save_pretrained(other)
    tokenizer_in(tiny_llama).save_pretrained(other)
    config = adapter / "adapter_config.json"
    named = json.loads(config.read_text()) | {"base_model_name_or_path": str(other)}
    config.write_text(json.dumps(named))
    with pytest.raises(
        ModelError, match=r"does not fit the base it is put on .*correct base_model_name_or_path"
    ):
        made(adapter, tmp_path / "out", "merged")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_real_model_answers_alike_merged_and_as_gguf(
    smollm2: Path, make_adapter: Callable[[Path], Path], tmp_path: Path, prompts: list[str]
) -> None:
    adapter = make_adapter(smollm2)
    whole = merged(str(smollm2), adapter)
    model = from_gguf(made(adapter, tmp_path / "out", "gguf-f16"))
    tokenizer = tokenizer_in(smollm2)
    apart = greedy(with_adapter(smollm2, adapter), tokenizer, prompts, 50)
    assert greedy(whole, tokenizer, prompts, 50) == apart
    assert greedy(rounded(whole), tokenizer, prompts, 50) == greedy(model, tokenizer, prompts, 50)
