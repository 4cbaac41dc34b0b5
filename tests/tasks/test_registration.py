"""Registering writes small files that include the real ones, and undoing leaves no trace."""

from pathlib import Path

import pytest
from lm_eval import tasks
from lm_eval.tasks import TaskManager

from harness.errors import ConfigError
from tasks.registration import TASKS, all_are_ours, register, unregister, without_other_tasks


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


@pytest.mark.parametrize(
    ("arguments", "ours"),
    [
        (["--tasks", "policyqa_rag"], True),
        (["--tasks=policyqa_rag,policyqa_plain", "--limit", "2"], True),
        (["-t", "policyqa_rag", "policyqa_plain", "--model", "hf"], True),
        (["--tasks", "policyqa_rag,hellaswag"], False),
        (["--tasks", "policyqa_rag", "hellaswag"], False),
        (["--tasks", "policyqa_*"], False),
        (["--model", "policyqa_rag"], False),
        ([], False),
    ],
)
def test_the_tasks_of_lm_eval_are_left_alone_where_ours_alone_are_named(
    arguments: list[str], ours: bool
) -> None:
    assert all_are_ours(arguments) is ours


def test_then_none_but_ours_are_known() -> None:
    with without_other_tasks():
        manager = tasks.TaskManager(include_path=str(TASKS))
    assert "policyqa_rag" in manager.all_tasks
    assert "hellaswag" not in manager.all_tasks
