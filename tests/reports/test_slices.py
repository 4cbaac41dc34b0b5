"""Slices of questions and means over frameworks, of variants whose figures are known."""

import json
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from harness.runs import MANIFEST
from policyqa.rows import DecideRow
from reports.comparison import Comparison, compare_run
from reports.markdown import markdown
from reports.slices import FEW
from reports.why_tables import slices_table
from tests.reports.conftest import amending, shown
from tests.reports.made_up import write_made_up_run
from tests.reports.matrix import FRAMEWORKS, matrix_samples, write_matrix_run

LEVELS = {"base/plain": 0.0, "sft/plain": 0.1}
KNOWN: dict[str, dict[str, Any]] = {
    "old": {"jurisdiction": "Here", "year": 1999, "held_out": False},
    "new": {"jurisdiction": "There", "year": 2023, "held_out": True},
    "newer": {"jurisdiction": "There", "year": 2025, "held_out": False},
}
"""What a manifest says of the frameworks."""


def compared(run: Path, known: dict[str, Any] = KNOWN, noise: float = 0.0) -> Comparison:
    """A run of two variants, with what its manifest says of the frameworks."""
    write_matrix_run(run, matrix_samples(LEVELS, noise))
    with amending(run / MANIFEST) as manifest:
        manifest["frameworks"] = known
    return compare_run(run)


def test_each_slice_has_the_difference_on_its_own_questions(tmp_path: Path) -> None:
    found = {(one.by, one.name): one for one in compared(tmp_path / "run").slices}
    assert {key: (one.n, one.few) for key, one in found.items()} == {
        ("kind", "list"): (36, False),
        ("kind", "unanswerable"): (12, True),
        ("framework", "seen in training"): (36, False),
        ("framework", "held out"): (12, True),
        ("year", "before 2023"): (24, False),
        ("year", "since 2023"): (24, False),
        ("jurisdiction", "Here"): (24, False),
        ("jurisdiction", "There"): (24, False),
    }
    for (_, name), one in found.items():
        (change,) = (changes["rouge_l"] for changes in one.vs_baseline.values())
        expected = {"list": 0.1, "unanswerable": 0.0}.get(name, 0.075)
        assert change.delta == pytest.approx(expected)
        assert (change.n, change.clusters) == (one.n, one.clusters)
        assert list(one.vs_baseline) == ["sft/plain"]


def test_a_slice_of_few_questions_is_never_without_a_warning(tmp_path: Path) -> None:
    comparison = compared(tmp_path / "run")
    table = slices_table(comparison)
    assert table is not None
    cells = [row[0] for row in table.rows]
    assert cells == [
        f"{one.by}: {one.name}\nn = {one.n} in {one.clusters}{': few' if one.n < FEW else ''}"
        for one in comparison.slices
    ]
    assert len([cell for cell in cells if cell.endswith(": few")]) == 2
    for text in (shown(comparison), markdown(comparison)):
        assert "BERTScore by slice: each variant minus base/plain" in " ".join(text.split())
        assert text.count("in 12: few") == 2
        assert f"few: fewer than {FEW} questions" in text


def test_the_table_is_of_the_deciding_metric_and_of_variants_that_could_be_shipped(
    tmp_path: Path,
) -> None:
    levels = {"base/plain": 0.0, "sft/rag": 0.1, "sft/misled": 0.2}
    run = write_matrix_run(tmp_path / "run", matrix_samples(levels))
    with amending(run / MANIFEST) as manifest:
        manifest["suite"]["decide"] = DecideRow(by="rouge_l").model_dump(mode="json")
    comparison = compare_run(run)
    table = slices_table(comparison)
    assert table is not None
    assert table.title == "ROUGE-L by slice: each variant minus base/plain"
    assert table.columns == ["slice", "sft/\nrag"]
    assert list(comparison.slices[0].vs_baseline) == ["sft/rag", "sft/misled"]


def test_without_kinds_or_frameworks_nothing_is_sliced(tmp_path: Path) -> None:
    comparison = compare_run(write_made_up_run(tmp_path / "run"))
    assert comparison.as_json().keys().isdisjoint({"slices", "over_frameworks", "claims"})
    text = shown(comparison)
    assert "by slice" not in text
    assert "Means over questions" not in text
    samples = matrix_samples(LEVELS)
    for sample in [one for each in samples.values() for one in each]:
        sample["doc"]["kind"] = ""
    assert compare_run(write_matrix_run(tmp_path / "without kinds", samples)).slices == ()


@pytest.mark.parametrize(
    "known",
    [
        {name: one | {"held_out": True} for name, one in KNOWN.items()},
        {name: one | {"year": None, "jurisdiction": ""} for name, one in KNOWN.items()},
        {},
    ],
)
def test_what_all_questions_have_in_common_or_nobody_knows_is_no_slice(
    tmp_path: Path, known: dict[str, Any]
) -> None:
    sliced = {one.by for one in compared(tmp_path / "run", known).slices}
    held_out = {one["held_out"] for one in known.values()}
    years = {one["year"] for one in known.values()} - {None}
    assert ("framework" in sliced) is (len(held_out) > 1)
    assert ("year" in sliced) is ("jurisdiction" in sliced) is bool(years)


def test_where_nothing_is_trained_no_framework_was_seen(tmp_path: Path) -> None:
    samples = matrix_samples({"base/plain": 0.0, "base/chat": 0.1})
    run = write_matrix_run(tmp_path / "run", samples)
    with amending(run / MANIFEST) as manifest:
        manifest["frameworks"] = KNOWN
    assert {one.by for one in compare_run(run).slices} == {"kind", "year", "jurisdiction"}


def test_over_frameworks_each_counts_once(tmp_path: Path) -> None:
    run = tmp_path / "run"
    comparison = compared(run, noise=0.2)
    (path,) = (run / "variants/sft/plain").glob("samples_*.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    means = [fmean(lines[i]["rouge_l"] for i in numbers) for numbers in FRAMEWORKS.values()]
    entry = comparison.over_frameworks["sft/plain"]
    figure = entry.metrics["rouge_l"]
    assert figure.mean == pytest.approx(fmean(means))
    assert figure.mean != pytest.approx(comparison.variants["sft/plain"].metrics["rouge_l"].mean)
    # Three frameworks are too few for an interval.
    assert (figure.n, figure.clusters, figure.low) == (48, 3, None)
    assert entry.vs_baseline is not None
    base = comparison.over_frameworks["base/plain"]
    assert base.vs_baseline is None
    expected = figure.mean - base.metrics["rouge_l"].mean
    assert entry.vs_baseline["rouge_l"].delta == pytest.approx(expected)
    text = " ".join(shown(comparison).split())
    assert "Means over questions, and over 3 frameworks" in text
    assert f"{figure.mean:.3f}" in text
