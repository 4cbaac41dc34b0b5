"""What each change adds, of variants whose figures are known."""

from pathlib import Path

import pytest

from harness.metrics import make_metrics
from reports.attribution import Effect
from reports.comparison import compare_run
from tests.reports.conftest import shown
from tests.reports.matrix import LEVELS, matrix_samples, write_matrix_run

QUALITY = [metric.name for metric in make_metrics() if metric.kind != "rate"]
SCORED = 0.75
"""Of the questions those with evidence, whose scores are what a variant adds."""


def effects(run: Path) -> dict[tuple[str, str], Effect]:
    """By what is changed, and the sum of variants it is."""
    return {
        (one.title, " ".join(f"{'+' if w > 0 else '-'}{v}" for v, w in one.weights.items())): one
        for one in compare_run(run).attribution
    }


def test_each_change_of_one_part_is_told_once_beside_what_the_baseline_has(tmp_path: Path) -> None:
    found = effects(write_matrix_run(tmp_path / "run", matrix_samples()))
    expected = {
        ("model", "+sft/plain -base/plain"): 0.1,
        ("model", "+sft/rag -base/rag"): 0.15,
        ("precision", "+sft/rag@int8 -sft/rag"): -0.02,
        ("prompt", "+base/engineered -base/plain"): 0.02,
        # Of a chat the system's turn is another, too: it differs by its prompt all the same.
        ("prompt", "+base/chat -base/plain"): 0.01,
        ("context", "+base/rag -base/plain"): 0.2,
        ("context", "+sft/rag -sft/plain"): 0.25,
        ("model × context", "+sft/rag +base/plain -sft/plain -base/rag"): 0.05,
        ("what retrieval misses", "+sft/oracle -sft/rag"): 0.15,
        ("use of the context", "+sft/rag -sft/misled"): 0.3,
    }
    assert set(found) == set(expected)
    for key, delta in expected.items():
        effect = found[key]
        assert list(effect.metrics) == QUALITY
        n, part = (36, 1) if effect.evident else (48, SCORED)
        for metric, change in effect.metrics.items():
            way = -1 if metric == "repetition" else 1
            assert change.delta == pytest.approx(way * part * delta)
            assert (change.n, change.clusters) == (n, n)
            # What is added varies with the evidence, and of corpus figures there are too few.
            assert (change.low is None) is (metric == "corpus_bleu")
            if change.low is not None and change.high is not None:
                assert change.low <= change.delta + 1e-9
                assert change.high >= change.delta - 1e-9
    assert {one.evident for (title, _), one in found.items() if "×" in title} == {False}


def test_what_the_baseline_has_is_what_others_are_set_beside_whatever_the_order(
    tmp_path: Path,
) -> None:
    samples = matrix_samples({name: LEVELS[name] for name in reversed(LEVELS)})
    run = write_matrix_run(tmp_path / "run", samples, baseline="sft/rag")
    found = [key for key in effects(run) if "×" not in key[0]]
    assert found == [
        ("model", "+base/rag -sft/rag"),
        ("model", "+base/plain -sft/plain"),
        ("precision", "+sft/rag@int8 -sft/rag"),
        ("prompt", "+base/engineered -base/plain"),
        ("prompt", "+base/chat -base/plain"),
        ("context", "+sft/rag -sft/plain"),
        ("context", "+base/rag -base/plain"),
        ("what retrieval misses", "+sft/oracle -sft/rag"),
        ("use of the context", "+sft/rag -sft/misled"),
    ]


def test_variants_that_differ_in_more_than_one_part_say_nothing_of_either(tmp_path: Path) -> None:
    levels = {name: LEVELS[name] for name in ("base/chat", "base/rag", "sft/plain", "sft/misled")}
    run = write_matrix_run(tmp_path / "run", matrix_samples(levels))
    assert effects(run) == {}
    assert "What each change adds" not in shown(compare_run(run))
    assert "attribution" not in compare_run(run).as_json()


def test_a_threshold_is_no_change_of_context_nor_is_one_held_to_it_analysed_beside_others(
    tmp_path: Path,
) -> None:
    levels = {"base/plain": 0.0, "base/rag+sure": 0.2, "base/oracle": 0.3}
    thresholds = {"sure": {"likelihood": -1}}
    run = write_matrix_run(tmp_path / "run", matrix_samples(levels), thresholds=thresholds)
    assert effects(run) == {}


def test_a_wider_context_is_a_change_of_context_alone(tmp_path: Path) -> None:
    levels = {"sft/rag": 0.1, "sft/rag+k=4": 0.2, "sft/rag+k=4+max_tokens=20": 0.3}
    found = effects(write_matrix_run(tmp_path / "run", matrix_samples(levels)))
    assert list(found) == [("context", "+sft/rag+k=4 -sft/rag")]


def test_the_table_names_the_variants_and_fits_80_columns(tmp_path: Path) -> None:
    text = shown(compare_run(write_matrix_run(tmp_path / "run", matrix_samples())))
    _, table = text.split("What each change adds", 1)
    assert max(map(len, text.splitlines())) <= 80
    for line in ("model × context", "+ base/plain", "- base/rag", "n = 36 in 36"):
        assert line in table.split("Ours")[0]
    assert "what two changes add together" in " ".join(text.split())
