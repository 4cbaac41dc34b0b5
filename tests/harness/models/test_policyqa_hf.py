"""The model class: adapters go on and come off, int8 is int8, and answers are kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lm_eval.api.instance import Instance
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from harness.errors import ModelError
from harness.models.policyqa_hf import PolicyQALM

SETTINGS = {"until": ["\n\n"], "max_gen_toks": 12, "do_sample": False}
PROMPTS = ["The controller", "A breach of the rules on data", "Who", "Seventy-two hours after"]


def asked(prompts: list[str]) -> list[Instance]:
    return [
        Instance("generate_until", {}, (prompt, SETTINGS), i) for i, prompt in enumerate(prompts)
    ]


def test_an_adapter_changes_the_answers_and_comes_off_without_a_trace(
    tiny_llama: Path, make_adapter: Callable[[Path], Path]
) -> None:
    model = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2)
    base = model.generate_until(asked(PROMPTS), disable_tqdm=True)
    model.use_adapter(make_adapter(tiny_llama))
    adapted = model.generate_until(asked(PROMPTS), disable_tqdm=True)
    model.use_adapter(None)
    assert adapted != base
    assert model.generate_until(asked(PROMPTS), disable_tqdm=True) == base


def test_an_adapter_alone_finds_its_base(
    tiny_llama: Path, make_adapter: Callable[[Path], Path]
) -> None:
    adapter = make_adapter(tiny_llama)
    alone = PolicyQALM(peft=str(adapter), device="cpu", batch_size=2)
    both = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2)
    both.use_adapter(adapter)
    assert alone.generate_until(asked(PROMPTS), True) == both.generate_until(asked(PROMPTS), True)


@pytest.mark.parametrize(
    ("option", "layer", "dtype"),
    [("load_in_8bit", "Linear8bitLt", "int8"), ("load_in_4bit", "Linear4bit", "uint8")],
)
def test_a_quantised_base_really_is_one(
    tiny_llama: Path, make_adapter: Callable[[Path], Path], option: str, layer: str, dtype: str
) -> None:
    import bitsandbytes
    import torch

    model = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2, **{option: True})

    def projection() -> Any:
        return model.model.model.layers[0].self_attn.q_proj

    assert isinstance(projection(), getattr(bitsandbytes.nn, layer))
    assert projection().weight.dtype == getattr(torch, dtype)
    base = model.generate_until(asked(PROMPTS), True)
    model.use_adapter(make_adapter(tiny_llama))
    assert model.generate_until(asked(PROMPTS), True) != base
    model.use_adapter(None)
    assert model.generate_until(asked(PROMPTS), True) == base
    assert isinstance(projection(), getattr(bitsandbytes.nn, layer))


def test_a_prompt_beyond_the_window_is_refused_rather_than_cut(tiny_llama: Path) -> None:
    model = PolicyQALM(pretrained=str(tiny_llama), device="cpu", batch_size=2, max_length=64)
    long = asked([*PROMPTS, "word " * 70])
    with pytest.raises(ModelError, match=r"a prompt has 7\d tokens, .* more than the 64"):
        model.generate_until(long, True)


def test_no_model_and_no_adapter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model"):
        PolicyQALM()
    with pytest.raises(ModelError, match=r"no adapter_config\.json"):
        PolicyQALM(peft=str(tmp_path))


def test_a_base_whose_terms_are_not_accepted_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="policyqa model fetch gemma3-270m --accept-terms"):
        PolicyQALM("gemma3-270m")


def test_an_adapter_of_another_base_is_refused_however_it_is_put_on(
    tiny_llama: Path, make_adapter: Callable[[Path], Path], tmp_path: Path
) -> None:
    wider = LlamaConfig.from_pretrained(tiny_llama, hidden_size=96)
    LlamaForCausalLM(wider).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny_llama).save_pretrained(tmp_path)
    adapter = make_adapter(tiny_llama)
    with pytest.raises(ModelError, match="does not fit the base"):
        PolicyQALM(pretrained=str(tmp_path), peft=str(adapter), device="cpu")
    model = PolicyQALM(pretrained=str(tmp_path), device="cpu")
    with pytest.raises(ModelError, match="does not fit the base"):
        model.use_adapter(adapter)
