"""An adapter tells its base, on another machine too."""

import json
from pathlib import Path

import pytest
from peft import IA3Config, LoraConfig, PeftConfig, PromptTuningConfig

from harness.errors import ModelError
from harness.models.adapter import CONFIG, RECORD, adds_alone, base_of


def test_the_base_is_where_it_was_trained_from_or_a_model_of_the_catalogue(tmp_path: Path) -> None:
    def base(configured: str | None, trained_on: str) -> str:
        (tmp_path / CONFIG).write_text(json.dumps({"base_model_name_or_path": configured}))
        (tmp_path / RECORD).write_text(json.dumps({"recipe": {"model": trained_on}}))
        return base_of(tmp_path)

    assert base(str(tmp_path), "smollm2-135m") == str(tmp_path)
    assert base("owner/model", "owner/model") == "owner/model"
    # On another machine a folder of the cache is not there.
    assert base("/elsewhere/models/smollm2-135m", "smollm2-135m") == "smollm2-135m"
    with pytest.raises(ModelError, match="names no base model"):
        base(None, "smollm2-135m")
    (tmp_path / CONFIG).unlink()
    with pytest.raises(ModelError, match=r"is no adapter: it has no adapter_config\.json"):
        base_of(tmp_path)


@pytest.mark.parametrize(
    ("config", "alone"),
    [
        (LoraConfig(r=4, target_modules=["q_proj"], use_rslora=True, lora_bias=True), True),
        (LoraConfig(alora_invocation_tokens=[1], rank_pattern={"q_proj": 2}), True),
        (LoraConfig(init_lora_weights="gaussian"), False),
        (LoraConfig(init_lora_weights="pissa"), False),
        (LoraConfig(use_dora=True), False),
        (LoraConfig(modules_to_save=["lm_head"]), False),
        (LoraConfig(trainable_token_indices=[1]), False),
        (LoraConfig(target_parameters=["mlp.weight"]), False),
        (IA3Config(), False),
        (PromptTuningConfig(num_virtual_tokens=4), False),
    ],
)
def test_only_a_lora_that_is_nothing_else_adds_alone(config: PeftConfig, alone: bool) -> None:
    assert adds_alone(config.to_dict()) is alone
    assert not adds_alone(config.to_dict() | {"peft_type": "OF_ANOTHER_KIND"})
