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


def test_what_belongs_to_a_log_is_found_by_its_time_or_is_all_there_is(
    log: Path, tmp_path: Path
) -> None:
    for time, higher in ((TIME, False), (OTHER_TIME, True)):
        write_results(tmp_path, {"acc": higher}, name=f"mine_{time}.json")
    assert results_of(log).higher_is_better == {"acc": False}  # As --output_path named them.
    (tmp_path / f"mine_{TIME}.json").unlink()
    # Of another time: the direction, and no figures.
    only = TaskResults("quiz", higher_is_better={"acc": False})
    write_results(tmp_path, {"acc": False}, name=f"results_{OTHER_TIME}.json", **FIGURES)
    assert results_of(log) == only
    # Results of another task tell nothing; a renamed log is of the only task of the only results.
    assert results_of(write_log(tmp_path, [], task="puzzle")) == TaskResults("puzzle")
    renamed = log.rename(tmp_path / "mine.jsonl")
    assert results_of(renamed) == only
    # Of two nobody knows which.
    write_results(tmp_path, {"acc": False}, name=f"results_{OTHER_TIME}.5.json")
    assert results_of(renamed) == TaskResults()


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
