"""Loading weights: one base at a time, and what cannot be loaded is one line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lm_eval.api.instance import Instance

from harness.errors import ModelError
from harness.models import loading
from harness.models.loading import Loader
from harness.variants import Model

SETTINGS = {"until": ["\n\n"], "max_gen_toks": 8, "do_sample": False}


def said(loader: Loader, model: Model) -> list[str]:
    asked = [Instance("generate_until", {}, ("Who may keep bees?", SETTINGS), 0)]
    texts: list[str] = loader.load(model).generate_until(asked, disable_tqdm=True)
    return texts


def test_lm_eval_s_own_class_answers_as_ours_does_with_and_without_an_adapter(
    tiny_llama: Path, make_adapter: Callable[[Path], Path]
) -> None:
    adapter, loader = make_adapter(tiny_llama), Loader(2)
    ours = [Model("m", str(tiny_llama), adapter=one) for one in (None, adapter)]
    theirs = [Model("m", str(tiny_llama), engine="hf", adapter=one) for one in (None, adapter)]
    first, second = (said(loader, one) for one in ours)
    assert [said(loader, one) for one in theirs] == [first, second]
    assert first != second


def test_a_base_is_loaded_once_for_all_its_adapters(
    tiny_llama: Path, make_adapter: Callable[[Path], Path]
) -> None:
    adapter, loader = make_adapter(tiny_llama), Loader(2)
    loaded = loader.load(Model("base", str(tiny_llama)))
    assert loader.load(Model("tuned", str(tiny_llama), adapter=adapter)) is loaded
    assert loader.load(Model("other", str(tiny_llama), precision="fp32")) is not loaded


def test_weights_that_are_damaged_are_one_line(tiny_llama: Path, tmp_path: Path) -> None:
    for file in tiny_llama.iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).symlink_to(file)
    (tmp_path / "model.safetensors").write_bytes(b"half a fi")
    with pytest.raises(ModelError, match="mine: policyqa-hf cannot load"):
        Loader(2).load(Model("mine", str(tmp_path)))


@pytest.mark.parametrize("engine", ["policyqa-hf", "hf"])
@pytest.mark.parametrize("options", [{"no_such": 1}, {"dtype": "float7"}])
def test_options_that_a_class_does_not_take_are_one_line(
    engine: str, options: dict[str, Any], tiny_llama: Path
) -> None:
    model = Model("mine", str(tiny_llama), engine=engine, options=options)
    with pytest.raises(ModelError) as raised:
        Loader(2).load(model)
    text = str(raised.value)
    assert text.startswith(f"mine: {engine} cannot load {tiny_llama}: ")
    assert text.endswith("see the options of its row")
    assert "\n" not in text


def test_an_adapter_of_a_higher_rank_than_vllm_keeps_room_for_is_refused(
    tiny_llama: Path, make_adapter: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(loading, "engine_class", lambda _: lambda **given: made.append(given))
    model = Model(
        "mine",
        str(tiny_llama),
        engine="vllm",
        adapter=make_adapter(tiny_llama),
        options={"max_lora_rank": 4},
    )
    with pytest.raises(ModelError, match="keeps room for 4: set max_lora_rank: 8"):
        Loader(2).load(model)
    assert made[0]["max_lora_rank"] == 4
