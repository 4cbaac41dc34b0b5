"""What a suite names is read and checked beforehand, and training follows the suite alone."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from finetune.recipe import questions_of
from harness.errors import ConfigError, DataError
from policyqa.manifest import make_manifest
from policyqa.plan import make_plan
from policyqa.suite import load_suite
from reports.claims.reading import Claim, read_claims
from tests.conftest import write_questions
from tests.tasks.folders import change, rows_of


@pytest.fixture
def suite(data: Path, minilm: Path, tmp_path: Path) -> Path:  # noqa: ARG001
    """A suite file over the small data, that trains with context."""
    path = tmp_path / "mine.yaml"
    path.write_text(f"model: smollm2-135m\ndata: {data}\nvariants: [sft-rag/rag]\n")
    return path


def test_the_checkpoint_is_trained_with_the_context_of_the_suite(suite: Path) -> None:
    def trained(variants: str, **changes: Any) -> dict[str, Any]:
        text = suite.read_text().split("variants:")[0]
        suite.write_text(f"{text}variants: [{variants}]\n")
        plan = make_plan(load_suite(str(suite), **changes))
        return plan.checkpoint_determinants("sft-rag")

    plain = trained("sft-rag/rag")
    assert trained("sft-rag/rag+k=9+budget=0, sft-rag/oracle+budget=7") == plain
    assert trained("sft-rag/rag", k=9) != plain


def test_what_cannot_be_scored_or_trained_on_is_left_out_and_counted(
    suite: Path, data: Path
) -> None:
    # `data import` took blank answers, and the run refused all questions for them.
    before = make_plan(load_suite(str(suite)))
    # Drawn of the split, in its order.
    drawn = [one.id for one in make_plan(load_suite(str(suite), limit=2)).asked]
    assert len(drawn) == 2
    assert [one.id for one in before.split if one.id in drawn] == drawn
    change(data, {key: {"answer": None} for key in ("bees-0002", "kites-0003", "kites-0004")})
    plan = make_plan(load_suite(str(suite)))
    assert [one.id for one in plan.asked] == ["kites-0002", "wells-0002"]
    assert [line.split(" (")[0] for line in plan.left_out] == [
        "1 of 3 test questions have no reference answer",
        "2 of 12 train questions have no reference answer",
    ]
    assert before.left_out == []
    assert len(questions_of(plan.recipes["sft-rag"], plan.questions, "train")) == 10
    change(data, {key: {"answer": None} for key in ("bees-0001", "kites-0001", "wells-0001")})
    with pytest.raises(DataError, match="none of the 3 questions of split validation"):
        make_plan(load_suite(str(suite)))


@pytest.mark.usefixtures("smollm2")
def test_the_manifest_says_what_is_known_of_the_frameworks_that_are_asked_about(
    data: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in (data / "questions.jsonl").read_text().splitlines()]
    held_out = [one for one in rows if one["framework"] != "bees" or one["split"] == "test"]
    asked = [one for one in held_out if one["framework"] != "kites" or one["split"] != "test"]
    write_questions(data, asked)
    path = tmp_path / "mine.yaml"
    text = f"model: smollm2-135m\ndata: {data}\nvariants: [base/plain]\nfloors: []\n"
    path.write_text(f"{text}claims: llama2-7b\n")
    manifest = make_manifest(make_plan(load_suite(str(path))), None)
    known = {"jurisdiction": "Nowhere", "year": 2001}
    assert manifest["frameworks"] == {
        "bees": {**known, "held_out": True},
        "wells": {**known, "held_out": False},
    }
    assert [Claim(**one) for one in manifest["claims"]] == read_claims("llama2-7b")
    # Of a question set without documents no more is known than its splits.
    shutil.rmtree(data / "corpus")
    path.write_text(text)
    write_questions(data, [one | {"evidence": []} for one in asked])
    manifest = make_manifest(make_plan(load_suite(str(path))), None)
    nothing = {"jurisdiction": "", "year": None}
    assert manifest["frameworks"]["bees"] == {**nothing, "held_out": True}
    assert manifest["claims"] == []


@pytest.mark.parametrize(
    ("line", "error", "said"),
    [
        ("recipes: {sft-rag: no-such}", ConfigError, "no recipe 'no-such'"),
        ("split: validation\nencoder: CROSS", ConfigError, "encoder_layer"),
        ("encoder_layer: 7", ConfigError, "has 6 layers"),
        ("data: nowhere", DataError, "nowhere/questions.jsonl cannot be read"),
        ("published: gpt", ConfigError, "there are llama2-7b"),
        (
            "claims: gpt",
            ConfigError,
            "no claims 'gpt': not a file, and the shipped ones are llama2",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_work(
    suite: Path, cross_encoder: Path, line: str, error: type[Exception], said: str
) -> None:
    text = suite.read_text()
    if line.startswith("data"):
        text = "\n".join(one for one in text.splitlines() if not one.startswith("data")) + "\n"
    suite.write_text(f"{text}{line.replace('CROSS', str(cross_encoder))}\n")
    with pytest.raises(error, match=said):
        make_plan(load_suite(str(suite)))


def test_what_decides_nothing_is_told_by_the_groups_that_are_asked(suite: Path, data: Path) -> None:
    def told(**changes: Any) -> str:
        (line,) = make_plan(load_suite(str(suite), **changes)).too_few
        return line.removeprefix("too few test questions to decide anything: ")

    assert told() == "3, and a verdict needs 20 groups of questions at least"
    assert told(limit=2).endswith("; a larger limit asks more")
    text = suite.read_text().split("variants:")[0]
    suite.write_text(f"{text}variants: [base/plain]\n")
    assert told() == "3, and a verdict needs 20 groups of questions at least; write more"
    evidence, *_ = [row["evidence"] for row in rows_of(data) if row["split"] == "test"]
    # So many questions of one section are still one group.
    rows = [
        {"id": f"q{n}", "split": "test", "question": f"{n}?", "answer": "x", "evidence": evidence}
        for n in range(25)
    ]
    write_questions(data, rows_of(data) + rows)
    assert told().startswith("28 (groups that share evidence: 3), and")
    more = [row | {"id": f"p{n}", "evidence": []} for n, row in enumerate(rows)]
    write_questions(data, rows_of(data) + [row | {"split": "train"} for row in more])
    assert told().endswith("; if you train nothing: policyqa data import … --shares test=1")
    write_questions(data, rows_of(data)[: -len(more)] + more)
    assert make_plan(load_suite(str(suite))).too_few == []
