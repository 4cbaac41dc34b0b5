"""Runs read back: manifests, finished variants and sample logs."""

from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError, RunError
from harness.metrics import LoggedMark, Mark
from harness.runs import (
    Outcome,
    Result,
    costs_of,
    read_manifest,
    read_result,
    read_results,
    read_samples,
)
from harness.seal import write_sealed
from tests.logs import write_log

COST = {"prompt_tokens": 12.5, "answer_tokens": 3.0, "seconds": None}


def sample(question: str, **changes: Any) -> dict[str, Any]:
    """A line of lm-eval's log of a task of ours."""
    return {
        "doc": {"id": question, "evidence": ["f/a"], "context_ids": ["f/a", "f/b"]},
        "filtered_resps": [" 72 hours.\n"],
        "metrics": ["rouge_l", "corpus_bleu"],
        "rouge_l": 0.5,
        "corpus_bleu": [3, 4.0],
        **changes,
    }


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a finished variant, and one that is not."""
    folder = tmp_path / "run"
    write_log(folder / "variants/base/rag", [sample("q2"), sample("q1")])
    write_log(folder / "variants/base/plain", [sample("q1")])
    alone = {"replicates": {"": {}}}
    record = {"variant": "base/rag", "cost": COST, **alone}
    finish(folder / "variants/base/rag", record)
    manifest = {"suite": {"name": "mine"}, "variants": {"base/rag": alone, "base/plain": alone}}
    write_sealed(folder / "manifest.json", manifest)
    return folder


def finish(variant: Path, record: dict[str, Any]) -> None:
    """Seal a variant's folder as it is."""
    write_sealed(variant / "variant.json", record, variant.glob("*.jsonl"))


def test_a_finished_variant_is_read_back(run: Path) -> None:
    assert read_manifest(run)["suite"] == {"name": "mine"}
    result = read_result(run, "base/rag")
    assert (result.name, result.run, str(result)) == ("base/rag", run, f"{run}:base/rag")
    assert list(result.outcomes) == ["q2", "q1"]
    outcome = result.outcomes["q1"]
    assert (outcome.question_id, outcome.text, outcome.evidence) == ("q1", "72 hours.", ["f/a"])
    assert outcome.values == {"rouge_l": 0.5, "corpus_bleu": (3.0, 4.0)}
    assert result.cost == COST


def test_what_variants_have_in_common_is_in_memory_once(run: Path) -> None:
    finish(run / "variants/base/plain", {"replicates": {"": {}}})
    rag, plain = read_results(run, read_manifest(run)).values()
    assert rag.outcomes["q1"].document is plain.outcomes["q1"].document
    assert rag.outcomes["q1"].document is not rag.outcomes["q2"].document
    assert rag.outcomes["q1"].text is plain.outcomes["q1"].text


def test_what_each_answer_cost_stands_where_its_scores_did(tmp_path: Path) -> None:
    told = {"prompt_tokens": 120, "answer_tokens": 8, "seconds": None, "cut": True}
    path = write_log(
        tmp_path, [sample("q1", cost=told), sample("q2", cost=None), sample("q3", cost=COST)]
    )
    outcomes = read_samples(path)
    assert outcomes["q1"].cost == {**told, "cut": 1.0}
    assert outcomes["q2"].cost == {}
    twice = Result("base/rag", outcomes, further=(outcomes,))

    def values(name: str) -> list[dict[str, Any]]:
        found = costs_of(twice, name)
        assert found.outcomes == found.further[0]
        assert [one.text for one in found.outcomes.values()] == ["72 hours."] * 3
        return [one.values for one in found.outcomes.values()]

    assert values("tokens") == [{"tokens": 128.0}, {}, {"tokens": 15.5}]
    assert values("cut") == [{"cut": 1.0}, {}, {}]
    assert values("seconds") == [{}, {}, {}]


def test_marks_are_read_without_the_metric_that_made_them(tmp_path: Path) -> None:
    found = {"metric": "facts", "of": "answer", "start": 0, "end": 8, "kind": "fact found"}
    doc = sample("q2")["doc"] | {"answer": "a", "answers": ["Three days."], "context": None}
    second = found | {"of": "reference", "end": 11, "reference": 1, "note": "n"}
    lines = [sample("q1", marks=[found]), sample("q2", doc=doc, marks=[second]), sample("q3")]
    one, two, none = read_samples(write_log(tmp_path, lines)).values()
    assert one.marks == (LoggedMark("facts", Mark("answer", 0, 8, "fact found")),)
    assert two.marks == (LoggedMark("facts", Mark("reference", 0, 11, "fact found", 1, "n")),)
    assert none.marks == ()


def test_what_a_run_has_not_is_one_line_with_a_remedy(run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no finished variant base/plain; run its suite again"):
        read_result(run, "base/plain")
    with pytest.raises(RunError, match="no variant sft/rag; it has base/rag, base/plain"):
        read_result(run, "sft/rag")
    # It was a StopIteration.
    next((run / "variants/base/rag").glob("samples_*.jsonl")).unlink()
    with pytest.raises(RunError, match=r"has lost its samples_quiz_.*; run its suite again"):
        read_result(run, "base/rag")
    for read in (read_manifest, lambda folder: read_result(folder, "base/rag")):
        with pytest.raises(RunError, match=r"is no run folder: it has no manifest\.json"):
            read(tmp_path)
    (tmp_path / "manifest.json").write_text('{"variants": {"base/plain": {}}}')
    with pytest.raises(RunError, match=r"by a version before 0\.13.* policyqa run SUITE --out"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("manifest.json", '"mine"', '"ours"'),
        ("variants/base/rag/variant.json", '"answer_tokens": 3.0', '"answer_tokens": 4.0'),
        ("variants/base/rag/samples_quiz_2026-01-02T03-04-05.678901.jsonl", "0.5", "0.6"),
    ],
)
def test_a_file_of_a_run_that_was_edited_is_refused(
    run: Path, name: str, old: str, new: str
) -> None:
    # It was believed: 0.6 was in the figures, and its interval with it.
    before = (run / name).read_text()
    assert old in before
    (run / name).write_text(before.replace(old, new, 1))
    with pytest.raises(RunError, match=f"{name} was changed after it was written; run its suite"):
        read_result(run, "base/rag")


def test_of_two_logs_in_a_folder_the_variants_own_is_read(run: Path) -> None:
    # It was one of them at random.
    (run / "variants/base/rag/samples_a_2026-01-01T00-00-00.0.jsonl").write_text("{}")
    assert list(read_result(run, "base/rag").outcomes) == ["q2", "q1"]


def test_a_variant_of_another_run_is_refused(run: Path) -> None:
    finish(run / "variants/base/rag", {"replicates": {"": {"model": "another"}}})
    with pytest.raises(RunError, match="is of another run than"):
        read_result(run, "base/rag")


@pytest.mark.parametrize("name", ["manifest.json", "variants/base/rag/variant.json"])
@pytest.mark.parametrize("text", ["", '{"variants": ', "[]"])
def test_a_damaged_file_of_a_run_is_one_clear_error(run: Path, name: str, text: str) -> None:
    # It was a traceback of the JSON parser.
    (run / name).write_text(text)
    with pytest.raises(DataError, match=name) as caught:
        read_result(run, "base/rag")
    assert "\n" not in str(caught.value)


BROKEN = [
    {"doc": {"text": "?"}, "acc": 1.0},  # Of another task.
    sample("q", doc=None),
    sample("q", filtered_resps=[]),
    sample("q", filtered_resps=[None]),
    sample("q", metrics=["bleu"]),
    sample("q1"),  # It was the last that counted.
    sample("q", rouge_l=float("nan")),
    sample("q", rouge_l=10**400),
    sample("q", corpus_bleu=[float("inf"), 1.0]),
    sample("q", rouge_l="high"),
    sample("q", corpus_bleu=[[1.0]]),
    sample("q", marks=["all"]),
    sample("q", marks=[{"metric": "facts", "of": "answer"}]),
    sample("q", marks=[{"metric": "facts", "of": "answer", "start": 0, "end": 99, "kind": "k"}]),
]


@pytest.mark.parametrize("line", BROKEN)
def test_a_line_of_another_task_is_named_with_its_place(tmp_path: Path, line: Any) -> None:
    path = write_log(tmp_path, [sample("q1"), line])
    with pytest.raises(RunError, match=r"samples_quiz_.*\.jsonl:2: no sample of a policyqa task"):
        read_samples(path)


@pytest.mark.parametrize(
    ("evidence", "context", "shown"),
    [
        (["f/a", "f/b"], ["f/x", "f/b"], True),
        (["f/a"], ["f/x"], False),
        (["f/a"], [], False),
        ([], ["f/x"], False),
        (None, None, False),  # Of no documents.
    ],
)
def test_an_outcome_says_whether_its_context_held_the_answer(
    evidence: list[str] | None, context: list[str] | None, shown: bool
) -> None:
    outcome = Outcome("q", "", {}, {"evidence": evidence, "context_ids": context})
    assert (outcome.evidence_shown, outcome.evidence) == (shown, evidence or [])
    assert outcome.sections == len(context or [])


@pytest.mark.parametrize(
    "changes",
    [{"cost": {"price": "cheap"}}, {"cost": {"price": float("nan")}}, {"unanswered": "q1"},
     {"replicates": {}}, {"replicates": []}],
)  # fmt: skip
def test_a_record_of_another_form_is_refused_though_it_is_sealed(
    run: Path, changes: dict[str, Any]
) -> None:
    finish(run / "variants/base/rag", {"replicates": {"": {}}, **changes})
    with pytest.raises(DataError, match=r"variant\.json: "):
        read_result(run, "base/rag")


def test_files_of_a_record_that_are_no_table_are_refused(run: Path) -> None:
    # It was a traceback that fuzzing found.
    write_sealed(run / "variants/base/rag/variant.json", {"replicates": {"": {}}, "files": "all"})
    with pytest.raises(DataError, match=r"variant\.json: files is 'all'"):
        read_result(run, "base/rag")


@pytest.mark.parametrize(
    "changes",
    [{"own_limits": "no"}, {"context": {"source": False, "k": 1, "budget": 1}}, {"model": 1}],
)
def test_a_manifest_of_another_form_is_refused_though_it_is_sealed(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    # It was a traceback that fuzzing found.
    variants = {"base/rag": {"replicates": {"": {}}, **changes}}
    write_sealed(tmp_path / "manifest.json", {"suite": {}, "variants": variants})
    with pytest.raises(DataError, match=r"manifest\.json: variants\.base/rag"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "changes", [{"suite": {"decide": "all"}}, {"metrics": {"bleu": 1}}, {"signature": None}]
)
def test_a_manifest_is_refused_before_a_report_trips_over_it(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    # power ended in a traceback that fuzzing found.
    found = {"suite": {}, "variants": {"base/rag": {"replicates": {"": {}}}}, **changes}
    write_sealed(tmp_path / "manifest.json", found)
    with pytest.raises(DataError, match=rf"manifest\.json: {next(iter(changes))}"):
        read_manifest(tmp_path)
