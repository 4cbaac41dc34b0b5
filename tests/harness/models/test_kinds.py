"""Who answers how, by the name of a model class: ours, lm-eval's, and none."""

import sys

import pytest
from lm_eval.models.openai_completions import LocalChatCompletion

from harness.errors import ConfigError
from harness.models.kinds import engine_class, kind_of


@pytest.mark.parametrize(
    ("engine", "kind"),
    [
        ("policyqa-hf", "local"),
        ("policyqa-floor", "floor"),
        ("policyqa-answers", "answers"),
        ("policyqa-call", "call"),
        ("hf", "local"),
        ("local-completions", "served"),
        ("local-chat-completions", "served"),
        ("openai-chat-completions", "served"),
    ],
)
def test_every_engine_is_of_a_kind(engine: str, kind: str) -> None:
    assert kind_of(engine) == kind


def test_an_engine_is_lm_eval_s_class() -> None:
    assert engine_class("local-chat-completions") is LocalChatCompletion


def test_an_engine_that_is_none_is_named_with_some_that_are() -> None:
    with pytest.raises(ConfigError, match="no engine 'abacus' in lm-eval's registry; there are"):
        kind_of("abacus")


def test_an_engine_that_lm_eval_itself_cannot_load_is_one_line() -> None:
    # It was said not to be there.
    with pytest.raises(ConfigError, match="engine ipex cannot be loaded from lm-eval"):
        kind_of("ipex")


@pytest.mark.parametrize(
    ("engine", "missing", "remedy"),
    [("vllm", "vllm", "'lm_eval[vllm]'"), ("vllm-vlm", "ray", "ray")],
)
def test_an_engine_whose_packages_are_missing_says_what_to_install(
    engine: str, missing: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # As if it were not there.
    with pytest.raises(ConfigError) as raised:
        kind_of(engine)
    said = str(raised.value)
    assert said.startswith(f"engine {engine} needs what is not installed (")
    assert said.endswith(f"pip install {remedy}")
