"""Arms by name, and sample logs read back."""

import json
from pathlib import Path

import pytest

from harness.errors import ConfigError, RunError
from harness.runs import Arm, read_arm, read_samples


@pytest.mark.parametrize(
    ("text", "arm", "task"),
    [
        ("base/plain", Arm("base", "plain"), "policyqa_plain"),
        ("sft-rag/rag@int8", Arm("sft-rag", "rag", "int8"), "policyqa_rag"),
    ],
)
def test_an_arm_reads_and_writes_itself(text: str, arm: Arm, task: str) -> None:
    assert Arm.parse(text) == arm
    assert str(arm) == text
    assert arm.task == task


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
