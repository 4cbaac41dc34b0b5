"""Any two arms are compared on the questions both answered, and only where that says something."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RunError
from harness.metrics import METRICS
from harness.runs import Arm, read_arm
from policyqa import cli
from reports.pairwise import compare_arms


def rewrite(run: Path, arm: str, **determinants: Any) -> None:
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
    some = base.only(list(base.answers)[1:12])
    for one, other in ((rag, some), (some, rag)):
        row = compare_arms(one, other, seed=7)["metrics"]["bleu"]
        assert (row["n"], row["clusters"]) == (11, 6)
    with pytest.raises(RunError, match="no question in common"):
        compare_arms(rag.only(list(rag.answers)[20:]), some, seed=7)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"data": "e" * 64}, "data dddddddd and eeeeeeee"),
        ({"split": "validation"}, "split test and validation"),
        ({"metrics": "others"}, "metrics m and others"),
        ({"task": [{"version": 3.0}, "hash"]}, r"task version 2\.0 and 3\.0"),
    ],
)
def test_arms_that_are_not_comparable_are_refused(
    made_up_run: Path, changed: dict[str, Any], said: str
) -> None:
    rewrite(made_up_run, "sft/plain", **changed)
    rag, sft = read_arm(made_up_run, "sft-rag/rag"), read_arm(made_up_run, "sft/plain")
    with pytest.raises(RunError, match=f"run:sft-rag/rag and .*run:sft/plain .*{said}"):
        compare_arms(rag, sft, seed=7)


def test_a_chain_of_questions_that_are_not_compared_joins_no_groups(made_up_run: Path) -> None:
    """q0 and q4 are of one group where q2 is, which shares a section with either."""
    path = next((made_up_run / "arms/sft-rag/rag").glob("samples_*.jsonl"))
    samples = [json.loads(line) for line in path.read_text().splitlines()]
    samples[2]["doc"]["evidence"] = ["f/s0", "f/s2"]
    path.write_text("".join(json.dumps(sample) + "\n" for sample in samples))
    rag, base = read_arm(made_up_run, "sft-rag/rag"), read_arm(made_up_run, "base/plain")
    assert rag.answers["q0"].cluster == rag.answers["q4"].cluster
    row = compare_arms(rag, base.only(["q0", "q4"]), seed=7)["metrics"]["bleu"]
    assert (row["n"], row["clusters"]) == (2, 2)


def test_models_may_differ_and_are_both_in_the_signature(made_up_run: Path) -> None:
    rewrite(made_up_run, "sft/plain", model="llama2-7b")
    rag, sft = read_arm(made_up_run, "sft-rag/rag"), read_arm(made_up_run, "sft/plain")
    signature = compare_arms(rag, sft, seed=7)["signature"]
    assert "sft-rag/rag:smollm2-135m:" in signature
    assert "sft/plain:llama2-7b:" in signature


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
