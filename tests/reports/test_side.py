"""Sample logs of any task are compared as variants of runs are, with them and with each other."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BenchError
from harness.files import hash_file
from harness.runs import variant_folder
from harness.statistics import FEWEST
from reports.pairwise import compare_variants
from reports.side import Side, log_side, variant_side
from reports.tables import pair_table
from tests.logs import line, policyqa_line, write_log, write_results

LOSSES = [{"loss": 0.5 * n} for n in range(FEWEST)]


def side(folder: Path, *values: dict[str, Any], **doc: list[Any]) -> Side:
    """A log whose questions have these values, and these fields of their documents, in order."""
    fields = [dict(zip(doc, one, strict=True)) for one in zip(*doc.values(), strict=True)]
    docs = fields or [None] * len(values)
    lines = [line(n, doc, **one) for n, (doc, one) in enumerate(zip(docs, values, strict=True))]
    return log_side(write_log(folder, lines))


def accuracies(folder: Path, *found: float, **doc: list[Any]) -> Side:
    return side(folder, *({"acc": one} for one in found), **doc)


def refused(one: Side, other: Side, **options: str) -> str:
    """The one line that says why two are not compared."""
    with pytest.raises(BenchError) as caught:
        compare_variants(one, other, **options)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_two_logs_are_compared_by_hand(tmp_path: Path) -> None:
    one = accuracies(tmp_path / "a", *[0.5] * 5, *[1.0] * 5)
    other = accuracies(tmp_path / "b", *[0.25] * 10, 1.0)
    compared = compare_variants(one, other)
    assert (compared.a, compared.b) == (one.name, other.name)
    assert (compared.n, compared.where, compared.cluster) == (10, None, None)
    row = compared.metrics["acc"]
    assert (row.a, row.b, row.delta) == pytest.approx((0.75, 0.25, 0.5))
    assert (row.n, row.clusters) == (10, 10)
    # Ten differences that lie 0.25 off their mean, and Student's t of nine degrees of freedom.
    half = 2.2622 * 0.25 / 9**0.5
    assert (row.low, row.high) == pytest.approx((0.5 - half, 0.5 + half), rel=1e-4)


def test_a_share_in_both_logs_is_compared_as_a_share(tmp_path: Path) -> None:
    ones, zeros = (accuracies(tmp_path / str(n), *[n] * 20) for n in (1, 0))
    row = compare_variants(ones, zeros).metrics["acc"]
    assert row.delta == 1
    assert row.low < 0.9  # As a mean, it were surely 1.
    part = accuracies(tmp_path / "part", *[0.5] * 20)
    row = compare_variants(ones, part).metrics["acc"]
    assert (row.delta, row.low, row.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("docs", "said"),
    [
        ([{"text": ["x", "y"]}, {"text": ["x", "z"]}], "are of other questions: '1' is "),
        ([{"id": ["x", "y"]}, {"id": ["z", "w"]}], r"\(2 questions\) and .*no question in common"),
    ],
)
def test_logs_of_other_questions_are_refused(
    tmp_path: Path, docs: list[dict[str, list[Any]]], said: str
) -> None:
    one, other = (accuracies(tmp_path / str(n), 1, 0, **doc) for n, doc in enumerate(docs))
    assert re.search(said, refused(one, other))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"higher": False}, "what is better of acc higher and lower"),
        ({"version": 2.0}, "version of task quiz 1.0 and 2.0"),
        ({"kept": "flexible"}, "filter strict and flexible"),
    ],
)
def test_logs_that_were_scored_otherwise_are_refused(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    def quiz(name: str, higher: bool = True, version: float = 1.0, kept: str = "strict") -> Side:
        log = write_log(tmp_path / name, [line(0, kept=kept, acc=1)])
        write_results(log.parent, {"acc": higher}, versions={"quiz": version})
        return log_side(log)

    assert f"({said})" in refused(quiz("a"), quiz("b", **changes))


def test_a_metric_of_one_log_alone_and_one_without_numbers_are_told(tmp_path: Path) -> None:
    one = side(tmp_path / "a", {"acc": 1, "em": 0, "bleu": "x"})
    compared = compare_variants(one, side(tmp_path / "b", {"acc": 1, "f1": 1}))
    assert list(compared.metrics) == ["acc"]
    said = "\n".join(compared.notes)
    assert "bleu is left out: its values are no numbers" in said
    assert "A alone has em\nB alone has f1" in said
    other = side(tmp_path / "c", {"f1": 1})
    said = refused(one, other)
    assert f"{one.name} (acc; em; bleu is left out: its values" in said
    assert f") and {other.name} (f1) have no metric in common" in said


@pytest.mark.parametrize("known", ["ab", "a", "b", ""])
def test_the_direction_is_that_of_the_results_beside_either_or_else_told(
    tmp_path: Path, known: str
) -> None:
    for name in known:
        (tmp_path / name).mkdir()
        write_results(tmp_path / name, {"loss": False})
    compared = compare_variants(*(side(tmp_path / name, *LOSSES) for name in "ab"))
    assert compared.metrics["loss"].higher_is_better is not bool(known)
    said = "which way loss is better, no results file beside a log says: higher counts as better"
    assert compared.notes == ([] if known else [said])
    assert (said in pair_table(compared).note) is not bool(known)


def test_one_metric_can_be_asked_for_that_a_shared_question_has(tmp_path: Path) -> None:
    one = side(tmp_path / "a", {"acc": 1, "em": 0}, {"acc": 1})
    other = side(tmp_path / "b", {"acc": 1}, {"acc": 1, "em": 0})
    assert list(compare_variants(one, one, by="em").metrics) == ["em"]
    assert "'f1' is no metric of both; there are acc; em" in refused(one, other, by="f1")
    assert list(compare_variants(one, other).metrics) == ["acc"]
    assert re.search("no question that .* has a value of em", refused(one, other, by="em"))


def test_questions_are_one_by_one_unless_they_share_evidence(tmp_path: Path) -> None:
    one, other = (
        accuracies(tmp_path / name, 0.5, 1, 0, 1, evidence=["x", ["y", "x"], None, ""])
        for name in ("a", "b")
    )
    assert compare_variants(one, other).metrics["acc"].clusters == 3


def test_questions_of_one_value_of_a_field_are_a_group(tmp_path: Path) -> None:
    topics = ["law", "law", "tax", ["tax", "toll"]]
    one = accuracies(tmp_path / "a", 0.5, 0.5, 1, 1, topic=topics)
    other = accuracies(tmp_path / "b", 0, 0, 0, 0, topic=topics)
    compared = compare_variants(one, other, cluster="topic")
    row = compared.metrics["acc"]
    assert (row.n, row.clusters, row.delta) == (4, 2, 0.75)
    assert compared.cluster == "topic"
    assert " | groups:topic | " in compared.signature
    assert "'0' has no field 'colour' to cluster by" in refused(one, other, cluster="colour")
    assert compare_variants(one, other).metrics["acc"].clusters == 4


def test_the_signature_names_the_logs_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    facts = {"model_name": "org/m", "lm_eval_version": "0.4.13", "versions": {"quiz": 2.0}}
    write_results(tmp_path / "a", {"acc": True}, **facts)
    one, other = accuracies(tmp_path / "a", 1, 0.5), accuracies(tmp_path / "b", 0, 1)
    signature = compare_variants(one, other).signature
    parts = signature.split(" | ")
    for made in (one, other):
        path = Path(made.name)
        assert f"{path.name}@{hash_file(path)[:8]}" in parts
    for part in ("n:2", "acc", "task:quiz@2.0,quiz", "model:org/m", "lm_eval:0.4.13"):
        assert part in parts
    assert "intervals:95%,jackknife t over groups,from 10" in signature
    assert "code:" in signature


def test_a_variant_of_a_run_is_compared_with_a_log_of_our_own_task(
    made_up_run: Path, tmp_path: Path
) -> None:
    rag = variant_side(made_up_run, "sft-rag/rag")
    (samples,) = variant_folder(made_up_run, "sft/plain").glob("samples_*.jsonl")
    read = [json.loads(text) for text in samples.read_text().splitlines()]
    lines = [
        policyqa_line(
            one["doc"]["id"], prompt="another", **{name: one[name] for name in one["metrics"]}
        )
        for one in reversed(read)
    ]
    log = log_side(write_log(tmp_path / "log", lines, task="policyqa_plain"))
    expected = compare_variants(rag, variant_side(made_up_run, "sft/plain"))
    compared = compare_variants(rag, log)
    assert list(compared.metrics) == list(expected.metrics)
    for name, row in expected.metrics.items():
        found = compared.metrics[name]
        assert found == pytest.approx(row)
    assert "the signature is the run's" in "\n".join(compared.notes)
    assert "data:dddddddd" in compared.signature
    turned = compare_variants(log, rag).metrics["bleu"]
    assert turned.delta == pytest.approx(-0.2)
    lines[0]["doc"]["question"] = "Another?"
    other = log_side(write_log(tmp_path / "other", lines, task="policyqa_plain"))
    assert "is 'What of q39?' in the one and 'Another?' in the other" in refused(rag, other)
    another_task = side(tmp_path / "task", {"bleu": 0.5}, id=["q1"])
    assert "are of other questions: 'q1'" in refused(rag, another_task)
