"""The results file that a sample log belongs to, and what it says of the log's task."""

from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.results import TaskResults, results_of
from tests.logs import TIME, write_log, write_results

OTHER_TIME = "2026-02-02T03-04-05"
FIGURES: dict[str, Any] = {
    "results": {"quiz": {"acc,none": 0.5}},
    "n-samples": {"quiz": {"original": 9, "effective": 4}},
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path, [])


def test_a_log_belongs_to_the_results_of_its_time(log: Path, tmp_path: Path) -> None:
    write_results(tmp_path, {"acc": True}, name=f"results_{OTHER_TIME}.json")
    write_results(
        tmp_path,
        {"acc": False, "f1": None, "em": 1},
        versions={"quiz": "2\n0"},
        model_name="\x1b[31m",
        lm_eval_version="0.4.13",
        **FIGURES,
    )
    assert results_of(log) == TaskResults(
        task="quiz",
        version=r"2\n0",
        model=r"\x1b[31m",
        lm_eval="0.4.13",
        higher_is_better={"acc": False},
        figures={"acc,none": 0.5},
        questions=4,
    )


def test_results_named_by_the_user_are_found_by_their_time(log: Path, tmp_path: Path) -> None:
    for time, higher in ((TIME, False), (OTHER_TIME, True)):
        write_results(tmp_path, {"acc": higher}, name=f"mine_{time}.json")
    assert results_of(log).higher_is_better == {"acc": False}


def test_the_only_results_of_another_time_tell_the_direction_and_no_figures(
    log: Path, tmp_path: Path
) -> None:
    write_results(tmp_path, {"acc": False}, name=f"results_{OTHER_TIME}.json", **FIGURES)
    assert results_of(log) == TaskResults("quiz", higher_is_better={"acc": False})
    # Of two nobody knows which.
    write_results(tmp_path, {"acc": False}, name=f"results_{OTHER_TIME}.5.json")
    assert results_of(log) == TaskResults("quiz")


def test_a_renamed_log_is_of_the_only_task_of_the_only_results(log: Path, tmp_path: Path) -> None:
    renamed = log.rename(tmp_path / "mine.jsonl")
    assert results_of(renamed) == TaskResults()
    write_results(tmp_path, {"acc": False})
    assert results_of(renamed) == TaskResults("quiz", higher_is_better={"acc": False})
    # Results of another task tell nothing.
    puzzle = write_log(tmp_path, [], task="puzzle")
    assert results_of(puzzle) == TaskResults("puzzle")


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_damaged_results_are_refused(log: Path, tmp_path: Path, text: str) -> None:
    path = write_results(tmp_path, {})
    path.write_text(text)
    with pytest.raises(DataError, match=path.name):
        results_of(log)


def test_what_is_of_the_wrong_type_is_not_known(log: Path, tmp_path: Path) -> None:
    wrong = {"versions": 2, "results": [], "n-samples": {"quiz": "many"}, "model_name": ""}
    write_results(tmp_path, {"acc": "yes"}, **wrong)
    assert results_of(log) == TaskResults("quiz")
