"""Who answers how, by the name of a model class: ours, lm-eval's, and none."""

import sys

import pytest
from lm_eval.models.openai_completions import LocalChatCompletion

from harness.errors import ConfigError
from harness.models.kinds import engine_class, kind_of


def test_every_engine_is_of_a_kind() -> None:
    kinds = {
        "policyqa-hf": "local",
        "policyqa-floor": "floor",
        "policyqa-answers": "answers",
        "policyqa-call": "call",
        "hf": "local",
        "local-completions": "served",
        "local-chat-completions": "served",
        "openai-chat-completions": "served",
    }
    assert {engine: kind_of(engine) for engine in kinds} == kinds
    assert engine_class("local-chat-completions") is LocalChatCompletion


@pytest.mark.parametrize(
    ("engine", "missing", "said"),
    [
        ("abacus", None, r"^no engine 'abacus' in lm-eval's registry; there are"),
        # It was said not to be there.
        ("ipex", None, "^engine ipex cannot be loaded from lm-eval"),
        # As if the package were not there.
        ("vllm", "vllm", r"^engine vllm needs what .* \(.*: pip install 'lm_eval\[vllm\]'$"),
        ("vllm-vlm", "ray", r"^engine vllm-vlm needs what .* \(.*: pip install ray$"),
    ],
)
def test_an_engine_that_cannot_be_had_is_one_line_with_a_remedy(
    engine: str, missing: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing:
        monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigError, match=said):
        kind_of(engine)
