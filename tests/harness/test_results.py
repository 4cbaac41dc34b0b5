"""The results file that a sample log belongs to, and what it says of the log's task."""

from pathlib import Path

import pytest

from harness.errors import DataError
from harness.results import TaskResults, results_of
from tests.logs import TIME, write_log, write_results

OTHER_TIME = "2026-02-02T03-04-05"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path, [])


def test_a_log_belongs_to_the_results_of_its_time(log: Path, tmp_path: Path) -> None:
    write_results(tmp_path, {"acc": True}, name=f"results_{OTHER_TIME}.json")
    write_results(
        tmp_path,
        {"acc": False, "f1": None, "em": 1},
        versions={"quiz": 2.0},
        model_name="org/model",
        lm_eval_version="0.4.13",
        results={"quiz": {"acc,none": 0.5}},
        **{"n-samples": {"quiz": {"original": 9, "effective": 4}}},
    )
    assert results_of(log) == TaskResults(
        task="quiz",
        version="2.0",
        model="org/model",
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
    counted = {"n-samples": {"quiz": {"effective": 4}}, "results": {"quiz": {"acc,none": 0.5}}}
    write_results(tmp_path, {"acc": False}, name=f"results_{OTHER_TIME}.json", **counted)
    found = results_of(log)
    assert found.higher_is_better == {"acc": False}
    assert (found.figures, found.questions) == ({}, None)


def test_two_results_of_other_times_tell_nothing(log: Path, tmp_path: Path) -> None:
    for second in ("06", "07"):
        name = f"results_2026-02-02T03-04-{second}.json"
        write_results(tmp_path, {"acc": False}, name=name)
    assert results_of(log) == TaskResults("quiz")


def test_a_renamed_log_is_of_the_only_task_of_the_only_results(log: Path, tmp_path: Path) -> None:
    renamed = log.rename(tmp_path / "mine.jsonl")
    assert results_of(renamed) == TaskResults()
    write_results(tmp_path, {"acc": False})
    assert results_of(renamed).task == "quiz"
    assert results_of(renamed).higher_is_better == {"acc": False}


def test_results_of_another_task_tell_nothing(tmp_path: Path) -> None:
    log = write_log(tmp_path, [], task="puzzle")
    write_results(tmp_path, {"acc": False}, model_name="org/model")
    assert results_of(log) == TaskResults("puzzle")


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


def test_what_it_says_is_printable(log: Path, tmp_path: Path) -> None:
    write_results(tmp_path, {}, model_name="\x1b[31m", versions={"quiz": "1\n2"})
    found = results_of(log)
    assert (found.model, found.version) == (r"\x1b[31m", r"1\n2")
