"""Any two variants are compared on the questions both answered, where that says something."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import RunError
from harness.metrics import make_metrics
from harness.pairing import clusters_of
from harness.runs import MANIFEST, variant_folder
from reports.explained import NO_INTERVAL
from reports.pairwise import compare_variants
from reports.side import Side
from reports.side import variant_side as scored
from reports.tables import pair_table
from tests.conftest import call
from tests.reports.conftest import amending, rewritten


def only(one: Side, ids: Sequence[str]) -> Side:
    """The same, as if it had been asked these questions alone."""
    outcomes = {key: one.result.outcomes[key] for key in ids}
    return replace(one, result=replace(one.result, outcomes=outcomes))


def test_two_variants_that_are_not_the_baseline_are_compared(made_up_run: Path) -> None:
    rag, sft = scored(made_up_run, "sft-rag/rag"), scored(made_up_run, "sft/plain")
    comparison = compare_variants(rag, sft)
    metrics = comparison.metrics
    for metric in make_metrics():
        if metric.kind != "rate":
            row = metrics[metric.name]
            way = -1 if metric.higher_is_better is False else 1
            assert row.delta == pytest.approx(way * 0.2)
            assert row.delta == pytest.approx(row.a - row.b)
            assert (row.n, row.clusters) == (40, 20)
    false_answers = metrics["false_answer"]
    assert (false_answers.a, false_answers.b, false_answers.n) == (0.0, 1.0, 10)
    assert false_answers.low == pytest.approx(-1)
    assert -0.8 < false_answers.high < -0.5
    assert (comparison.n, comparison.where) == (40, None)
    # Refusing what was shown is not compared with refusing what was not.
    assert "over_refusal" not in metrics
    assert (metrics["abstained"].delta, metrics["abstained"].n) == (1.0, 10)
    assert compare_variants(rag, rag).metrics["over_refusal"].n == 20


def test_only_the_questions_both_answered_count(made_up_run: Path) -> None:
    rag, base = scored(made_up_run, "sft-rag/rag"), scored(made_up_run, "base/plain")
    ids = list(base.result.outcomes)
    some = only(base, ids[11:0:-1])
    for one, other in ((rag, some), (some, rag)):
        comparison = compare_variants(one, other)
        row = comparison.metrics["bleu"]
        # q1 to q11: three sections of three questions each, and q4 and q8, which have none.
        assert (comparison.n, row.n, row.clusters) == (11, 11, 5)
        assert abs(row.delta) == pytest.approx(0.3)
    with pytest.raises(RunError, match="no question in common"):
        compare_variants(only(rag, ids[20:]), some)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"data": "e" * 64}, f"data {'d' * 64} and {'e' * 64}"),
        ({"split": "validation"}, "split test and validation"),
        ({"task version": 2.0}, r"task version 3\.0 and 2\.0"),
    ],
)
def test_variants_that_are_not_comparable_are_refused(
    made_up_run: Path, changed: dict[str, Any], said: str
) -> None:
    rag = scored(made_up_run, "sft-rag/rag")
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["scored_on"] |= changed
    with pytest.raises(RunError, match=f"run:sft-rag/rag and .*run:sft/plain .*{said}"):
        compare_variants(rag, scored(made_up_run, "sft/plain"))


def test_a_metric_both_have_must_be_the_same_and_others_are_left_out(made_up_run: Path) -> None:
    rag = scored(made_up_run, "sft-rag/rag")
    with amending(made_up_run / MANIFEST) as manifest:
        del manifest["metrics"]["rouge_l"]
    compared = compare_variants(rag, scored(made_up_run, "sft/plain"))
    assert "rouge_l" not in compared.metrics
    assert "rouge_l" not in compared.signature
    assert compared.metrics["bleu"].delta == pytest.approx(0.2)
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["metrics"]["bleu"]["signature"] = "bleu:another"
    with pytest.raises(RunError, match=r"bleu bleu:sacrebleu-.* and bleu:another"):
        compare_variants(rag, scored(made_up_run, "sft/plain"))


def test_a_chain_of_questions_that_are_not_compared_joins_no_groups(made_up_run: Path) -> None:
    """q1 and q5 are of one group where q2 is, which shares a section with either."""
    (path,) = variant_folder(made_up_run, "sft-rag/rag").glob("samples_*.jsonl")
    samples = [json.loads(line) for line in path.read_text().splitlines()]
    samples[2]["doc"]["evidence"] = ["f/s0", "f/s1"]
    rewritten(path, samples)
    rag, base = scored(made_up_run, "sft-rag/rag"), scored(made_up_run, "base/plain")
    group = clusters_of(list(rag.result.outcomes.values()))
    assert group[1] == group[5]
    row = compare_variants(rag, only(base, ["q5", "q1"])).metrics["bleu"]
    assert (row.n, row.clusters) == (2, 2)


def test_metrics_that_disagree_and_few_groups_are_told(made_up_run: Path) -> None:
    rag, sft = scored(made_up_run, "sft-rag/rag"), scored(made_up_run, "sft/plain")
    # Of twenty groups corpus BLEU alone has no interval.
    alike = compare_variants(sft, scored(made_up_run, "base/plain"))
    assert alike.conclusions == [NO_INTERVAL]
    assert compare_variants(sft, rag, by="bleu").conclusions == []
    # Better on quality, false answers and what is shown; no worse by anything.
    assert "disagree" not in str(compare_variants(rag, sft).conclusions)
    for outcome in rag.result.outcomes.values():
        outcome.values["rouge_l"] = outcome.values["rouge_l"] - 0.5  # type: ignore[operator]
    _, said = compare_variants(rag, sft).conclusions
    assert said.startswith("The metrics disagree: A is better by BERTScore, sentence BLEU, ")
    assert "and worse by ROUGE-L. Which of them decides" in said
    # What was shown is no answer's merit.
    some = {name: rag.measures[name] for name in ("rouge_l", "evidence_shown")}
    assert compare_variants(replace(rag, measures=some), sft).conclusions == []
    few = compare_variants(only(rag, ["q1", "q2", "q5"]), sft)
    assert few.conclusions == [NO_INTERVAL]  # What has no interval disagrees with nothing.
    assert few.metrics["rouge_l"].low is None


def test_what_has_no_better_way_is_neither_better_nor_worse(made_up_run: Path) -> None:
    rag, sft = scored(made_up_run, "sft-rag/rag"), scored(made_up_run, "sft/plain")
    for outcome in rag.result.outcomes.values():
        outcome.values["length"] = 0.1
    compared = compare_variants(rag, sft)
    row = compared.metrics["length"]
    assert (row.higher_is_better, row.high < 0) == (None, True)
    assert "disagree" not in str(compared.conclusions)
    assert "higher counts as better" not in str(compared.notes)
    titles = [cells[0] for cells in pair_table(compared).rows]
    assert {"length / reference ", "repetition ↓", "ROUGE-L ↑"} <= set(titles)
    for outcome in rag.result.outcomes.values():
        outcome.values["repetition"] = 1.0
    (_, said) = compare_variants(rag, sft).conclusions
    assert "and worse by repetition. Which" in said


def test_the_signature_names_both_variants_and_what_they_were_scored_with(
    made_up_run: Path,
) -> None:
    rag = scored(made_up_run, "sft-rag/rag")
    with amending(made_up_run / MANIFEST) as manifest:
        manifest["versions"]["policyqa-bench"] = "0.6.0"
        manifest["variants"]["sft/plain"]["fingerprint"] = "0123456789ab"
    comparison = compare_variants(rag, scored(made_up_run, "sft/plain"))
    parts = comparison.signature.split(" | ")
    assert f"{made_up_run}:sft-rag/rag:of sft-rag/rag" in parts
    assert f"{made_up_run}:sft/plain:0123456789ab" in parts
    for part in ("data:dddddddd", "split:test", "n:40", "task:3.0", "code:0.5.0,0.6.0"):
        assert part in parts
    assert "bertscore_f1" in comparison.signature
    assert " | intervals:95%,jackknife t over groups," in comparison.signature


@pytest.mark.parametrize(
    ("where", "n"), [("answerable=true", 30), ("answerable=false", 10), ("id=q3", 1)]
)
def test_questions_can_be_picked_by_a_field(made_up_run: Path, where: str, n: int) -> None:
    rag, sft = scored(made_up_run, "sft-rag/rag"), scored(made_up_run, "sft/plain")
    comparison = compare_variants(rag, sft, where)
    assert (comparison.n, comparison.where) == (n, where)
    assert comparison.metrics["bleu"].n == n
    assert comparison.metrics["bleu"].delta == pytest.approx(0.2)
    assert ("false_answer" in comparison.metrics) is (where == "answerable=false")
    assert f" | where:{where} | n:{n} | " in comparison.signature
    assert "where:" not in compare_variants(rag, sft).signature
    with pytest.raises(RunError, match="no question with id=q99 in common"):
        compare_variants(rag, sft, "id=q99")


def test_the_command_prints_a_table(made_up_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    variants = [f"{made_up_run}:sft-rag/rag", f"{made_up_run}:base/plain"]
    assert call("compare", *variants, "--where", "answerable=true") == 0
    shown = capsys.readouterr().out
    for part in ("+0.300", "abstained", "of the questions with answerable=true", *variants):
        assert part in shown.replace("\n", "")
    assert "…" not in shown.split("signature:")[0]
