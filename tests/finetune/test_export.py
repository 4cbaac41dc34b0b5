"""What is exported answers as the checkpoint does, in every form others load."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM, AutoTokenizer

from finetune.checkpoint import find_weights
from finetune.export import GGUF_FILE, Form, export_weights, merged
from harness.errors import BenchError, ConfigError, ModelError
from rag.corpus import load_corpus
from tasks.policyqa.prompts import render, shipped_prompt
from tasks.policyqa.questions import DATA, in_split, load_questions
from tests.policyqa.test_cli import call

Tokens = list[list[int]]


@pytest.fixture
def adapter(tiny_llama: Path, make_adapter: Callable[[Path], Path]) -> Path:
    return make_adapter(tiny_llama)


@pytest.fixture(scope="module")
def prompts() -> list[str]:
    """The twenty shortest of the policy set's validation questions."""
    known = [section.id for section in load_corpus(DATA)]
    questions = in_split(load_questions(DATA, known), "validation")
    prompts = [render(shipped_prompt("plain"), question.question) for question in questions]
    return sorted(prompts, key=len)[:20]


def made(checkpoint: Path, target: Path, form: Form) -> Path:
    export_weights(find_weights(str(checkpoint)), form, target)
    return target


def greedy(model: Any, tokenizer: Any, prompts: Sequence[str]) -> Tokens:
    """Ids of each answer."""
    batch = tokenizer(prompts, return_tensors="pt", padding=True)
    with torch.no_grad():
        ids = model.generate(**batch, max_new_tokens=10, do_sample=False)
    return list(ids[:, batch["input_ids"].shape[1] :].tolist())


def tokenizer_in(folder: Path, **options: Any) -> Any:
    return AutoTokenizer.from_pretrained(folder, padding_side="left", **options)


def with_adapter(base: Path, adapter: Path) -> Any:
    from peft import PeftModel

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return PeftModel.from_pretrained(model, str(adapter)).eval()


def test_merged_answers_as_base_with_adapter(
    tiny_llama: Path, adapter: Path, tmp_path: Path, prompts: list[str]
) -> None:
    folder = made(adapter, tmp_path / "out", "merged")
    tokenizer = tokenizer_in(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.dtype == torch.float32
    wanted = greedy(with_adapter(tiny_llama, adapter), tokenizer, prompts)
    assert greedy(model, tokenizer, prompts) == wanted
    base = greedy(AutoModelForCausalLM.from_pretrained(tiny_llama), tokenizer, prompts)
    assert sum(a != b for a, b in zip(base, wanted, strict=True)) > len(prompts) / 2


def test_an_int8_base_and_adapter_are_what_the_stock_model_loads(
    adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from lm_eval.models.huggingface import HFLM

    from harness.models.policyqa_hf import PolicyQALM
    from tests.asking import PROMPTS, asked

    out = tmp_path / "out"
    assert call("export", str(adapter), str(out), "--as", "int8") == 0
    base, peft, printed = str(out / "base"), str(out / "adapter"), capsys.readouterr()
    assert printed.out == f"{out}\n"
    assert f"pretrained={base},peft={peft}" in printed.err
    stock = HFLM(pretrained=base, peft=peft, device="cpu", batch_size=2)
    layer = stock.model.base_model.model.model.layers[0].self_attn.q_proj.base_layer
    assert layer.weight.dtype == torch.int8
    ours = PolicyQALM(peft=str(adapter), load_in_8bit=True, device="cpu", batch_size=2)
    assert stock.generate_until(asked(PROMPTS), True) == ours.generate_until(asked(PROMPTS), True)


def test_a_base_alone_is_exported_but_not_merged(tiny_llama: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no adapter, so there is nothing to merge"):
        made(tiny_llama, tmp_path / "out", "merged")
    folder = made(tiny_llama, tmp_path / "int8", "int8")
    assert [path.name for path in folder.iterdir()] == ["base"]
    reader = GGUFReader(made(tiny_llama, tmp_path / "gguf", "gguf-q8_0") / GGUF_FILE)
    found = [reader.get_field(f"general.{name}") for name in ("name", "file_type")]
    assert [one and one.contents() for one in found] == [tiny_llama.name, 7]


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
    with pytest.raises(ModelError, match=r"needs about \d+\.\d MB of disk"):
        made(adapter, tmp_path / "out", "gguf-q8_0")
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"could not write .*file/out"):
        made(adapter, tmp_path / "file" / "out", "merged")
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(BenchError, match=r"holds no adapter_model\.safetensors"):
        made(adapter, tmp_path / "out", "merged")
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"taken", "other"}


@pytest.mark.parametrize(
    ("missing", "said"),
    [("t*", "cannot load the tokenizer of"), ("*.safetensors", "cannot load the weights of")],
)
def test_a_base_that_is_not_whole_is_refused(
    tiny_llama: Path, tmp_path: Path, missing: str, said: str
) -> None:
    shutil.copytree(tiny_llama, tmp_path / "bare", ignore=shutil.ignore_patterns(missing))
    with pytest.raises(ModelError, match=said):
        made(tmp_path / "bare", tmp_path / "out", "gguf-f16")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_real_model_answers_alike_merged_and_as_gguf(
    smollm2: Path, make_adapter: Callable[[Path], Path], tmp_path: Path, prompts: list[str]
) -> None:
    adapter = make_adapter(smollm2)
    whole = merged(str(smollm2), adapter)
    folder = made(adapter, tmp_path / "out", "gguf-f16")
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=GGUF_FILE, dtype=torch.float32)
    tokenizer = tokenizer_in(smollm2)
    read = tokenizer_in(folder, gguf_file=GGUF_FILE)
    assert read(prompts)["input_ids"] == tokenizer(prompts)["input_ids"]
    prompts = prompts[:8]
    apart = greedy(with_adapter(smollm2, adapter), tokenizer, prompts)
    assert greedy(whole, tokenizer, prompts) == apart
    for parameter in whole.parameters():
        if parameter.dim() > 1:
            parameter.data = parameter.data.half().float()
    assert greedy(whole, tokenizer, prompts) == greedy(model.eval(), tokenizer, prompts)


def test_an_adapter_of_a_kind_that_cannot_be_merged_is_one_line(
    adapter: Path, tmp_path: Path
) -> None:
    # It was a traceback that fuzzing found.
    other = shutil.copytree(adapter, tmp_path / "alora")
    config = json.loads((other / "adapter_config.json").read_text())
    (other / "adapter_config.json").write_text(
        json.dumps(config | {"alora_invocation_tokens": [1]})
    )
    with pytest.raises(ModelError, match=r"cannot be merged: aLoRA .* Export it as int8"):
        made(other, tmp_path / "out", "merged")
    assert not (tmp_path / "out").exists()
