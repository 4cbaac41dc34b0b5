"""Runs read back: manifests, finished variants and sample logs."""

from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError, RunError
from harness.outcomes import read_samples
from harness.runs import Result, costs_of, read_manifest, read_result, read_results
from harness.seal import write_sealed
from tests.harness.sampled import sample
from tests.logs import write_log

COST = {"prompt_tokens": 12.5, "answer_tokens": 3.0, "seconds": None}
SUITE = {
    **{"name": "mine", "data": "data", "split": "test", "k": 8, "metrics": None},
    **{"encoder": "e", "encoder_layer": None, "decide": None, "published": None},
}
DESCRIBED = {
    **{"replicates": {"": {}}, "fingerprint": "f", "model": "base", "precision": None},
    **{"prompt": "rag", "floor": False, "kind": "", "trained": False, "trained_in": None},
    **{"own_limits": False, "retrieval": None},
    "context": {"source": "retrieved", "k": 8, "budget": 400},
}
METRIC = {"title": "facts", "kind": "mean", "higher_is_better": True, "signature": "facts:1"}


def manifest(**changes: Any) -> dict[str, Any]:
    """What a run of two variants says of itself, but for these changes."""
    return {
        "suite": SUITE,
        "variants": {"base/rag": DESCRIBED, "base/plain": DESCRIBED},
        "baseline": "base/plain",
        "metrics": {"facts": METRIC},
        "scored_on": {"data": "d" * 64, "split": "test", "task version": 4.0},
        **{"tried": None, "evidence": {}, "frameworks": {}, "claims": []},
        "versions": {"policyqa-bench": "0.13.0"},
        "machine": {"cores": 2},
        "signature": "suite:mine",
        **changes,
    }


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a finished variant, and one that is not."""
    folder = tmp_path / "run"
    write_log(folder / "variants/base/rag", [sample("q2"), sample("q1")])
    write_log(folder / "variants/base/plain", [sample("q1")])
    finish(folder / "variants/base/rag")
    write_sealed(folder / "manifest.json", manifest())
    return folder


def finish(variant: Path, **changes: Any) -> None:
    """Seal a variant's folder as it is, with these changes of its record."""
    record = {"replicates": {"": {}}, "cost": COST, **changes}
    record = {key: [] for key in ("unanswered", "answered_by", "served_by")} | record
    write_sealed(variant / "variant.json", record, variant.glob("*.jsonl"))


def test_a_finished_variant_is_read_back(run: Path) -> None:
    assert read_manifest(run)["suite"] == SUITE
    result = read_result(run, "base/rag")
    assert (result.name, result.run, str(result)) == ("base/rag", run, f"{run}:base/rag")
    assert list(result.outcomes) == ["q2", "q1"]
    outcome = result.outcomes["q1"]
    assert (outcome.question_id, outcome.text, outcome.evidence) == ("q1", "72 hours.", ["f/a"])
    assert outcome.values == {"rouge_l": 0.5, "corpus_bleu": (3.0, 4.0)}
    assert result.cost == COST


def test_what_variants_have_in_common_is_in_memory_once(run: Path) -> None:
    finish(run / "variants/base/plain")
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
    finish(run / "variants/base/rag", replicates={"": {"model": "another"}})
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


@pytest.mark.parametrize(
    "changes",
    [{"cost": {"price": "cheap"}}, {"cost": {"price": float("nan")}}, {"unanswered": "q1"},
     {"replicates": {}}, {"replicates": []}],
)  # fmt: skip
def test_a_record_of_another_form_is_refused_though_it_is_sealed(
    run: Path, changes: dict[str, Any]
) -> None:
    finish(run / "variants/base/rag", **changes)
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
def test_what_a_manifest_says_of_a_variant_is_refused_though_it_is_sealed(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    # It was a traceback that fuzzing found.
    variants = {"base/rag": DESCRIBED | changes, "base/plain": DESCRIBED}
    write_sealed(tmp_path / "manifest.json", manifest(variants=variants))
    with pytest.raises(DataError, match=r"manifest\.json: variants\.base/rag\.[^;]*$"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"suite": SUITE | {"decide": "all"}},
        {"suite": SUITE | {"decide": {"by": 1, "margin": 0.0, "cost": None, "at_most": {}}}},
        {"metrics": {"bleu": 1}},
        {"metrics": {"bleu": METRIC | {"signature": 0.5}}},
        {"metrics": {"bleu": METRIC | {"kind": "median"}}},
        {"scored_on": {"data": "d"}},
        {"versions": {"torch": "2"}},
        {"baseline": None},
        {"frameworks": {"f": {}}},
        {"signature": None},
    ],
)
def test_a_manifest_is_refused_before_a_report_trips_over_it(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    # power and compare ended in tracebacks that fuzzing found.
    write_sealed(tmp_path / "manifest.json", manifest(**changes))
    with pytest.raises(DataError, match=rf"manifest\.json: {next(iter(changes))}\.?[^;]*"):
        read_manifest(tmp_path)


def test_a_baseline_that_is_none_of_the_variants_is_refused(tmp_path: Path) -> None:
    write_sealed(tmp_path / "manifest.json", manifest(baseline="sft/rag"))
    with pytest.raises(DataError, match="its baseline 'sft/rag' is none of its variants"):
        read_manifest(tmp_path)
