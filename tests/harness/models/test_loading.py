"""Loading weights: one base at a time, and what cannot be loaded is one line."""

from pathlib import Path
from typing import Any

import pytest
import torch

from harness.errors import ModelError
from harness.models import loading
from harness.models.loading import Loader
from harness.variants import Model
from tests.asking import asked


def test_lm_eval_s_own_class_answers_as_ours_does_and_ours_is_loaded_once(
    tiny_llama: Path, adapter: Path
) -> None:
    loader, loaded, said = Loader(2), [], []
    for engine in ("policyqa-hf", "hf"):
        for one in (None, adapter):
            loaded.append(loader.load(Model("m", str(tiny_llama), engine=engine, adapter=one)))
            said.append(loaded[-1].generate_until(asked(["Who may keep bees?"]), True))
    assert said[:2] == said[2:]
    assert said[0] != said[1]
    assert loaded[0] is loaded[1]
    ours = loader.load(Model("base", str(tiny_llama)))
    assert loader.load(Model("other", str(tiny_llama), precision="fp32")) is not ours


@pytest.mark.parametrize("engine", ["policyqa-hf", "hf"])
@pytest.mark.parametrize("options", [{"no_such": 1}, {"dtype": "float7"}, {}])
def test_damaged_weights_and_options_that_a_class_does_not_take_are_one_line(
    engine: str, options: dict[str, Any], tiny_llama: Path, tmp_path: Path
) -> None:
    for file in tiny_llama.iterdir():
        if options or file.suffix != ".safetensors":
            (tmp_path / file.name).symlink_to(file)
        else:
            (tmp_path / file.name).write_bytes(b"half a fi")
    with pytest.raises(ModelError) as raised:
        Loader(2).load(Model("mine", str(tmp_path), engine=engine, options=options))
    text = str(raised.value)
    assert text.startswith(f"mine: {engine} cannot load {tmp_path}: ")
    assert text.endswith("see the options of its row")
    assert "\n" not in text


def test_a_class_changes_no_options_and_is_told_none_that_are_read_here(
    tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """lm-eval's vLLM takes out of a table what it reads, and a second variant lacked it."""
    made: list[dict[str, Any]] = []

    def taking(**given: Any) -> None:
        made.append(dict(given))
        given["table"].pop("one")

    monkeypatch.setattr(loading, "engine_class", lambda _: taking)
    options: dict[str, Any] = {"table": {"one": 1}, "think_end_token": "</end>"}
    options |= {"chat_template_args": {"a": 1}, "enable_thinking": True}
    model = Model("mine", str(tiny_llama), engine="theirs", options=options)
    Loader(2).load(model)
    assert model.options["table"] == {"one": 1}
    read_here = {"think_end_token", "chat_template_args", "enable_thinking"}
    assert not read_here & set(made[0])
    # The number of a token is for lm-eval to look for.
    Loader(2).load(
        Model("mine", str(tiny_llama), engine="theirs", options={**options, "think_end_token": "7"})
    )
    assert "7" in made[1].values()


def test_what_spreads_over_gpus_is_refused_where_there_are_none(tiny_llama: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there are GPUs here")
    with pytest.raises(ModelError, match="GPUs, and this machine has none"):
        Loader(2).load(Model("mine", str(tiny_llama), options={"parallelize": True}))


def test_an_adapter_of_a_higher_rank_than_vllm_keeps_room_for_is_refused(
    tiny_llama: Path, adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(loading, "engine_class", lambda _: lambda **given: made.append(given))
    room = {"max_lora_rank": 4}
    model = Model("mine", str(tiny_llama), engine="vllm", adapter=adapter, options=room)
    with pytest.raises(ModelError, match="keeps room for 4: set max_lora_rank: 8"):
        Loader(2).load(model)
    assert made[0]["max_lora_rank"] == 4
