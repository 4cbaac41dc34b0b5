"""The model class: adapters go on and come off, int8 is int8, and what was cut is known."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lm_eval.models.huggingface import HFLM
from peft import PromptTuningConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
)

from harness.errors import ModelError
from harness.models.onednn import is_reordered
from harness.models.policyqa_hf import PolicyQALM
from tests.asking import PROMPTS, asked
from tests.tiny import write_adapter


def test_an_adapter_changes_the_answers_and_comes_off_without_a_trace(
    tiny_llama: Path, adapter: Path
) -> None:
    # An adapter alone finds its base.
    model = PolicyQALM(peft=str(adapter), device="cpu", batch_size=2)
    adapted = model.generate_until(asked(PROMPTS), True)
    model.use_adapter(None)
    base = model.generate_until(asked(PROMPTS), True)
    model.use_adapter(adapter)
    assert model.generate_until(asked(PROMPTS), True) == adapted != base
    plain = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2)
    assert plain.generate_until(asked(PROMPTS), True) == base


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"use_dora": True},
        {"init_lora_weights": "pissa"},
        {"modules_to_save": ["k_proj"]},
        {"layer_replication": [(0, 2), (1, 2)]},
    ],
)
def test_adapters_of_any_kind_find_weights_as_written_and_come_off(
    tiny_llama: Path, tmp_path: Path, more: dict[str, Any]
) -> None:
    adapter = write_adapter(tiny_llama, tmp_path, **more)
    first = PolicyQALM(peft=str(adapter), device="cpu", batch_size=2)
    adapted = first.generate_until(asked(PROMPTS), True)
    second = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2)
    base = second.generate_until(asked(PROMPTS), True)
    second.use_adapter(adapter)
    assert second.generate_until(asked(PROMPTS), True) == adapted != base
    for model in (first, second):
        layers = model.model.get_base_model().model.layers
        assert {is_reordered(one.mlp.up_proj) for one in layers} == {not more}
        assert not is_reordered(layers[0].self_attn.q_proj.lora_A["default"])
        model.use_adapter(None)
        assert model.generate_until(asked(PROMPTS), True) == base


def test_a_base_alone_answers_without_importing_peft(tiny_llama: Path) -> None:
    code = (
        "import sys\n"
        "from harness.models.policyqa_hf import PolicyQALM\n"
        "from tests.asking import PROMPTS, asked\n"
        "PolicyQALM(sys.argv[1], device='cpu', batch_size=2).generate_until(asked(PROMPTS), True)\n"
        "print('peft' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tiny_llama)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"  # A second of every `policyqa ask`.


def test_a_prompt_that_is_learned_comes_off(tiny_llama: Path, tmp_path: Path) -> None:
    base = AutoModelForCausalLM.from_pretrained(tiny_llama)
    wanted = PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4)
    get_peft_model(base, wanted).save_pretrained(tmp_path)
    model = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2)
    alone = model.generate_until(asked(PROMPTS), True)
    model.use_adapter(tmp_path)
    model.use_adapter(None)
    assert model.generate_until(asked(PROMPTS), True) == alone


def test_mixed_precision_finds_weights_as_written(tiny_llama: Path) -> None:
    model = PolicyQALM(
        pretrained=str(tiny_llama), device="cpu", batch_size=2, mixed_precision_dtype="bfloat16"
    )
    model.generate_until(asked(PROMPTS), True)
    assert not any(map(is_reordered, model.model.modules()))


def test_a_model_that_multiplies_by_weights_on_its_own_finds_them(
    tiny_llama: Path, tmp_path: Path
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "state_size": 4, "initializer_range": 0.2}
    config = MambaConfig(vocab_size=len(tokenizer), eos_token_id=tokenizer.eos_token_id, **sizes)
    MambaForCausalLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = PolicyQALM(str(tmp_path), device="cpu", batch_size=1, max_length=2048)
    answers = model.generate_until(asked(PROMPTS), True)
    assert any(map(is_reordered, model.model.modules()))
    stock = HFLM(str(tmp_path), device="cpu", batch_size=1, max_length=2048)
    assert answers == stock.generate_until(asked(PROMPTS), True)


@pytest.mark.parametrize(
    ("option", "layer", "dtype"),
    [("load_in_8bit", "Linear8bitLt", "int8"), ("load_in_4bit", "Linear4bit", "uint8")],
)
def test_a_quantised_base_really_is_one(
    tiny_llama: Path, adapter: Path, option: str, layer: str, dtype: str
) -> None:
    import bitsandbytes
    import torch

    model = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2, **{option: True})

    def projection() -> Any:
        return model.model.model.layers[0].self_attn.q_proj

    assert isinstance(projection(), getattr(bitsandbytes.nn, layer))
    assert projection().weight.dtype == getattr(torch, dtype)
    base = model.generate_until(asked(PROMPTS), True)
    model.use_adapter(adapter)
    assert model.generate_until(asked(PROMPTS), True) != base
    model.use_adapter(None)
    assert model.generate_until(asked(PROMPTS), True) == base
    assert isinstance(projection(), getattr(bitsandbytes.nn, layer))


def test_what_names_no_model_or_one_under_terms_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="no model"):
        PolicyQALM()
    with pytest.raises(ModelError, match=r"no adapter_config\.json"):
        PolicyQALM(peft=str(tmp_path))
    with pytest.raises(ModelError, match="policyqa model fetch gemma3-270m --accept-terms"):
        PolicyQALM("gemma3-270m")


def test_an_adapter_of_another_base_is_refused_however_it_is_put_on(
    tiny_llama: Path, adapter: Path, tmp_path: Path
) -> None:
    wider = LlamaConfig.from_pretrained(tiny_llama, hidden_size=96)
    LlamaForCausalLM(wider).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny_llama).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="does not fit the base"):
        PolicyQALM(pretrained=str(tmp_path), peft=str(adapter), device="cpu")
    model = PolicyQALM(pretrained=str(tmp_path), device="cpu")
    with pytest.raises(ModelError, match="does not fit the base"):
        model.use_adapter(adapter)


def test_beams_end_each_by_itself_and_answer_alike_in_any_batch(tiny_llama: Path) -> None:
    prompts = [f"{prompt}{more}" for prompt in PROMPTS for more in (" of", " and", " in")]
    stop = [" the", "ing"]
    requests = asked(prompts, until=stop, num_beams=4, max_gen_toks=40)
    models = [
        PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=size) for size in (3, 12)
    ]
    few, together = (model.generate_until(requests, True) for model in models)
    assert together == few
    assert models[0].cut == models[1].cut
    assert set(models[1].cut) == {True, False}


def test_an_answer_is_cut_if_the_model_would_have_gone_on(tiny_llama: Path, tmp_path: Path) -> None:
    import torch

    plain = AutoModelForCausalLM.from_pretrained(tiny_llama)
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)

    def goes_on(prompt: str) -> list[int]:
        """The likeliest tokens, one by one: an independent look, without an end or a batch."""
        tokens = tokenizer(prompt, return_tensors="pt")["input_ids"]
        start = tokens.shape[1]
        for _ in range(12):
            likeliest = plain(tokens).logits[0, -1].argmax()
            tokens = torch.cat([tokens, likeliest.view(1, 1)], dim=1)
        return [int(token) for token in tokens[0, start:]]

    tokens = {prompt: goes_on(prompt) for prompt in PROMPTS}
    # Further ends, as Llama 3 has them: one answer's sixth token, and another's last.
    ends = {tokens[PROMPTS[0]][5], tokens[PROMPTS[2]][11], tokenizer.eos_token_id}
    stop = tokenizer.decode(tokens[PROMPTS[1]][3:5])
    for file in tiny_llama.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "generation_config.json").unlink()
    GenerationConfig(eos_token_id=sorted(ends)).save_pretrained(tmp_path)

    def is_cut(prompt: str) -> bool:
        return not ends & set(tokens[prompt]) and stop not in tokenizer.decode(tokens[prompt])

    for size in (1, 2, 4):
        model = PolicyQALM(pretrained=str(tmp_path), device="cpu", batch_size=size)
        model.generate_until(asked(PROMPTS, until=[stop]), True)
        assert model.cut == [is_cut(prompt) for prompt in PROMPTS]
    assert model.cut == [False, False, False, True]
