"""What explains a score stands apart from the scores, unless somebody asked for it."""

from pathlib import Path
from typing import Any

import pytest

from reports.comparison import Comparison, compare_run
from reports.headline import ASIDE, arrowed, further, headline, measured, without_asides
from reports.tables import tables
from tests.reports.matrix import matrix_samples, write_matrix_run

NAMED = ["rouge_l", "repetition", "length"]
FURTHER = "What answers name and how they are built"


def made(folder: Path, **suite: Any) -> Comparison:
    return compare_run(write_matrix_run(folder / "run", matrix_samples(), **suite))


def test_what_explains_a_score_stands_in_a_table_of_its_own(tmp_path: Path) -> None:
    comparison = made(tmp_path)
    assert list(headline(comparison, "mean")) == ["bertscore_f1", "bleu", "rouge_l", "facts"]
    assert tuple(further(comparison, "mean")) == ASIDE
    titles = [comparison.metrics[name].title.replace(" ", "\n") for name in ASIDE]
    for table in tables(comparison):
        has = [one for one in titles if any(one in column for column in table.columns)]
        assert has == (titles if table.title.startswith(FURTHER) else [])


def test_a_suite_that_names_its_metrics_has_them_everywhere(tmp_path: Path) -> None:
    comparison = made(tmp_path, metrics=NAMED)
    assert list(headline(comparison, "mean")) == NAMED
    assert further(comparison, "mean") == {}
    assert not any(table.title.startswith(FURTHER) for table in tables(comparison))


def test_what_decides_is_shown_everywhere(tmp_path: Path) -> None:
    comparison = made(tmp_path, decide={"by": "grounded"})
    assert list(headline(comparison, "mean"))[-1] == "grounded"
    assert "grounded" not in further(comparison, "mean")


def test_what_no_variant_has_a_value_of_is_shown_nowhere(tmp_path: Path) -> None:
    comparison = made(tmp_path)
    assert "contradicted" in comparison.metrics
    assert next(iter(measured(comparison, "rate"))) == "unfinished"
    document = comparison.as_json()
    for entry in document["variants"].values():
        for name in ("facts", "facts_shown", "facts_taken", "citation_recall"):
            del entry["metrics"][name]
    less = Comparison.model_validate(document)
    assert "facts" not in headline(less, "mean")
    assert "citation_recall" not in further(less, "mean")
    columns = " ".join(one for table in tables(less) for one in table.columns).replace("\n", " ")
    assert "citation precision" in columns
    for title in ("facts", "citation recall", "contradicted", "made-up citations"):
        assert title not in columns


@pytest.mark.parametrize(
    ("names", "kept", "shown"),
    [
        ("rouge_l own length", "", "rouge_l own"),
        ("length", "", "length"),
        ("own length", "length", "own length"),
    ],
)
def test_nothing_is_left_out_where_nothing_would_be_left(names: str, kept: str, shown: str) -> None:
    found = without_asides({name: name for name in names.split()}, kept.split())
    assert list(found) == shown.split()


def test_arrows_tell_apart_what_is_not_alike(tmp_path: Path) -> None:
    comparison = made(tmp_path)
    assert "↑" not in "".join(arrowed(comparison, headline(comparison, "mean", "corpus")))
    marks = dict(zip(ASIDE, arrowed(comparison, further(comparison, "mean")), strict=True))
    assert marks["grounded"].endswith(" ↑")
    assert marks["repetition"].endswith(" ↓")
    assert marks["length"] == "length / reference"
