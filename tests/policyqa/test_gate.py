"""The commands that gate a change: their exit status, and the files they leave."""

import json
from pathlib import Path

import pytest

from policyqa.gate import side_of
from tests.conftest import printed, refused, spoken
from tests.reports.test_gate import log


def log_of(folder: Path, level: float, n: int = 60) -> Path:
    log(folder, level, n)
    return next(folder.glob("samples_*"))


@pytest.fixture
def today(tmp_path: Path) -> Path:
    """A kept baseline file, from a log of somebody else's task."""
    log = log_of(tmp_path / "today", 0.0)
    baseline = tmp_path / "baseline.jsonl"
    status, _, _ = spoken("compare", log, log, "--rows", baseline)
    assert status == 0
    return baseline


@pytest.mark.parametrize(
    ("level", "n", "status", "word"),
    [(0.1, 60, 0, "Ship"), (-0.1, 60, 1, "Keep"), (0.1, 8, 3, "Undecided")],
)
def test_a_change_is_green_red_or_undecided_by_a_kept_baseline(
    tmp_path: Path, today: Path, level: float, n: int, status: int, word: str
) -> None:
    log = log_of(tmp_path / "new", level, n)
    junit, comment, rows = (tmp_path / name for name in ("gate.xml", "gate.md", "new.jsonl"))
    files = ["--junit", junit, "--markdown", comment, "--rows", rows]
    found, output, _ = spoken("compare", log, today, "--gate", *files)
    assert found == status
    assert output.startswith(word)
    assert f"## {word}" in comment.read_text()
    assert "<testsuite" in junit.read_text()
    # What ships is the next baseline, beside which nothing is better than itself.
    assert side_of(str(rows)).result.outcomes.keys() == side_of(str(log)).result.outcomes.keys()
    assert spoken("compare", log, rows, "--gate")[0] == 1


def test_json_has_the_verdict_and_nothing_else_is_printed(tmp_path: Path, today: Path) -> None:
    log = log_of(tmp_path / "new", 0.1)
    status, output, _ = spoken("compare", log, today, "--gate", "--json")
    assert status == 0
    found = json.loads(output)
    verdict = found["verdict"]
    assert (verdict["decision"], verdict["variant"]) == ("ship", str(log))
    assert verdict["sentence"].startswith("Ship ") and verdict["reasons"]
    assert set(found["metrics"]["exact"]) >= {"a", "b", "delta", "low", "high", "p", "p_adjusted"}
    assert "verdict" not in printed("compare", log, today)


def test_a_gate_refuses_what_it_would_not_do(tmp_path: Path, today: Path) -> None:
    for options in (["--where", "a=1"], ["--cluster", "a"]):
        said = refused("compare", today, today, "--gate", *options)
        assert "leave out --where and --cluster, or leave out --gate" in said
    for alone in (["--junit", tmp_path / "x.xml"], ["--margin", "0.1"]):
        assert "are of a gate: add --gate" in refused("compare", today, today, *alone)
    assert "add --gate BASELINE" in refused("run", "quick", "--junit", tmp_path / "x.xml")
    assert "no variant of a run" in refused("run", "quick", "--gate", tmp_path / "nowhere")
