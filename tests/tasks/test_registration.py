"""Registering writes small files that include the real ones, and undoing leaves no trace."""

from pathlib import Path

import pytest
from lm_eval.tasks import TaskManager

from harness.errors import ConfigError
from tasks.registration import register, unregister


def test_registered_tasks_are_found_by_name_and_undoing_leaves_no_trace(tmp_path: Path) -> None:
    register(tmp_path / "policyqa")
    manager = TaskManager(include_path=str(tmp_path), include_defaults=False)
    assert {"policyqa", "policyqa_plain", "policyqa_rag"} <= set(manager.all_tasks)
    for _ in range(2):
        unregister(tmp_path / "policyqa")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_names_the_other_way(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--include_path"):
        register(tmp_path / "missing" / "policyqa")
