"""Arms by name, and sample logs read back."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError, RunError
from harness.metrics import METRICS
from harness.runs import (
    EVIDENCE_SHOWN,
    PRECISIONS,
    PROMPTS,
    SETTINGS,
    WEIGHTS,
    Arm,
    read_arm,
    read_samples,
)

NUMBERS = st.none() | st.integers(0, 999_999)


@st.composite
def arms(draw: st.DrawFn) -> Arm:
    """Any arm there can be."""
    prompt = draw(st.sampled_from(PROMPTS))
    settings = {name: draw(NUMBERS) for name in SETTINGS if prompt in SETTINGS[name]}
    precision = draw(st.sampled_from((None, *PRECISIONS)))
    return Arm(draw(st.sampled_from(WEIGHTS)), prompt, precision, **settings)


@pytest.mark.parametrize(
    ("text", "arm", "task"),
    [
        ("base/plain", Arm("base", "plain"), "policyqa_plain"),
        ("sft-rag/rag@int8", Arm("sft-rag", "rag", "int8"), "policyqa_rag"),
        ("base/oracle+budget=0", Arm("base", "oracle", budget=0), "policyqa_oracle"),
        ("sft-rag/rag+k=4+budget=800@int8", Arm("sft-rag", "rag", "int8", 4, 800), "policyqa_rag"),
    ],
)
def test_an_arm_reads_and_writes_itself(text: str, arm: Arm, task: str) -> None:
    assert Arm.parse(text) == arm
    assert str(arm) == text
    assert arm.task == task


@given(arms())
def test_every_arm_reads_back_as_it_is_written(arm: Arm) -> None:
    assert Arm.parse(str(arm)) == arm


def test_settings_may_stand_in_any_order_and_are_written_in_one() -> None:
    assert str(Arm.parse("base/rag+budget=0800+k=4@int8")) == "base/rag+k=4+budget=800@int8"


def test_an_arm_shows_what_the_suite_says_unless_it_says_otherwise() -> None:
    assert Arm.parse("base/rag").limits(2, 400) == (2, 400)
    assert Arm.parse("base/rag+k=0").limits(2, 400) == (0, 400)
    assert Arm.parse("base/rag+budget=0").limits(2, 400) == (2, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("base/rag+k=-1", r"\+k=-1 is none of"),
        ("base/rag+k=1.5", r"\+k=1\.5 is none of"),
        ("base/rag+k=", r"\+k= is none of"),
        ("base/rag+k=1000000", "from 0 to 999999"),
        ("base/rag+k=²", "is none of"),
        ("base/rag+depth=3", r"\+depth=3 is none of \+k=4 and \+budget=800"),
        ("base/rag+k=1+k=2", r"\+k=2 is none of .* each given once"),
        ("base/rag@int8+k=2", "has not the form"),
        ("base/rag++k=2", "has not the form"),
        ("base/plain+k=2", r"\+k=2 has no effect on plain, only on rag"),
        ("base/oracle+k=2", r"\+k=2 has no effect on oracle, only on rag"),
        ("base/engineered+budget=9", r"has no effect on engineered, only on rag, oracle, misled"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Arm.parse(text)


@pytest.mark.parametrize(
    "text", ["base", "base/", "tuned/plain", "base/poem", "base/plain@int3", "a/b/c", "../plain"]
)
def test_an_arm_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="arm"):
        Arm.parse(text)


def test_an_unfinished_arm_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "arms/base/plain").mkdir(parents=True)
    with pytest.raises(RunError, match="no finished arm base/plain"):
        read_arm(tmp_path, "base/plain")


def test_a_log_of_another_task_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "samples_other.jsonl"
    path.write_text(json.dumps({"doc": {"text": "?"}, "acc": 1.0}) + "\n")
    with pytest.raises(RunError, match=r"samples_other\.jsonl:1"):
        read_samples(path)


def test_a_log_says_whether_the_context_held_the_answer(tmp_path: Path) -> None:
    cases = {
        "shown": (["f/a", "f/b"], ["f/x", "f/b"]),
        "missed": (["f/a"], ["f/x"]),
        "bare": (["f/a"], []),
        "unanswerable": ([], ["f/x"]),
    }
    path = tmp_path / "samples.jsonl"
    with path.open("w") as file:
        for name, (evidence, context) in cases.items():
            doc = {"id": name, "evidence": evidence, "context_ids": context}
            sample = {"doc": doc, "filtered_resps": ["x"], **dict.fromkeys(METRICS, 0.5)}
            file.write(json.dumps(sample) + "\n")
    read = read_samples(path)
    found = {name: answer.scores.get(EVIDENCE_SHOWN) for name, answer in read.items()}
    assert found == {"shown": 1.0, "missed": 0.0, "bare": 0.0, "unanswerable": None}
    sections = {name: answer.sections for name, answer in read.items()}
    assert sections == {"shown": 2, "missed": 1, "bare": 0, "unanswerable": 1}
