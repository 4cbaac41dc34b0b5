"""Any two arms are compared on the questions both answered, and only where that says something."""

import json
import sys
from pathlib import Path

import pytest

from harness.errors import RunError
from harness.metrics import METRICS
from harness.runs import Arm, read_arm
from policyqa import cli
from reports.pairwise import compare_arms


def rewrite(run: Path, arm: str, **determinants: str) -> None:
    """As if the arm had been scored under other determinants."""
    path = Arm.parse(arm).folder(run) / "arm.json"
    record = json.loads(path.read_text())
    record["determinants"] |= determinants
    path.write_text(json.dumps(record))


def test_two_arms_that_are_not_the_baseline_are_compared(made_up_run: Path) -> None:
    rag, sft = read_arm(made_up_run, "sft-rag/rag"), read_arm(made_up_run, "sft/plain")
    metrics = compare_arms(rag, sft, seed=7)["metrics"]
    for metric in METRICS:
        row = metrics[metric]
        assert row["delta"] == pytest.approx(0.2)
        assert row["delta"] == pytest.approx(row["a"] - row["b"])
        assert (row["n"], row["clusters"]) == (40, 20)
    false_answers = metrics["false_answer"]
    assert (false_answers["a"], false_answers["b"], false_answers["n"]) == (0.0, 1.0, 10)
    assert false_answers["low"] == pytest.approx(-1)
    assert -0.8 < false_answers["high"] < -0.5


def test_only_the_questions_both_answered_count(made_up_run: Path) -> None:
    rag, base = read_arm(made_up_run, "sft-rag/rag"), read_arm(made_up_run, "base/plain")
    some = base.only(list(base.answers)[:12])
    assert compare_arms(rag, some, seed=7)["metrics"]["bleu"]["n"] == 12
    with pytest.raises(RunError, match="no question in common"):
        compare_arms(rag.only(list(rag.answers)[20:]), some, seed=7)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"data": "e" * 64}, "on other data"),
        ({"split": "validation"}, "on another split"),
        ({"metrics": "others"}, "with other metrics"),
    ],
)
def test_arms_that_are_not_comparable_are_refused(
    made_up_run: Path, changed: dict[str, str], said: str
) -> None:
    rewrite(made_up_run, "sft/plain", **changed)
    rag, sft = read_arm(made_up_run, "sft-rag/rag"), read_arm(made_up_run, "sft/plain")
    with pytest.raises(RunError, match=said):
        compare_arms(rag, sft, seed=7)


def test_refusing_when_misled_is_not_compared_with_refusing_elsewhere(made_up_run: Path) -> None:
    (made_up_run / "arms/sft/plain").rename(made_up_run / "arms/sft/misled")
    misled, rag = read_arm(made_up_run, "sft/misled"), read_arm(made_up_run, "sft-rag/rag")
    assert {"abstained", "over_refusal"}.isdisjoint(compare_arms(misled, rag, seed=7)["metrics"])
    assert compare_arms(misled, misled, seed=7)["metrics"]["abstained"]["n"] == 30


def test_the_command_prints_a_table_or_one_json_document(
    made_up_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arms = [f"{made_up_run}:sft-rag/rag", f"{made_up_run}:base/plain"]
    for extra in ([], ["--json"]):
        monkeypatch.setattr(sys, "argv", ["policyqa", "compare", *arms, *extra])
        with pytest.raises(SystemExit):
            cli.main()
    shown, found = capsys.readouterr().out.split("{", 1)
    assert "+0.300" in shown
    assert "false answers" in shown
    document = json.loads("{" + found)
    assert (document["a"], document["b"]) == tuple(arms)
    assert document["metrics"]["rouge_l"]["delta"] == pytest.approx(0.3)
    assert "split:test | n:40" in document["signature"]
