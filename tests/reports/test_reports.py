"""A run's figures are right, and every report shows them with what they rest on."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.errors import RunError
from harness.metrics import METRICS
from reports.comparison import PUBLISHED, compare_run
from reports.markdown import markdown
from reports.terminal import show
from tests.conftest import SHIFT


def test_a_comparison_has_the_shape_of_our_json(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    assert list(comparison["arms"]) == list(SHIFT)
    for name, entry in comparison["arms"].items():
        assert entry["n"] == 40
        assert entry["tokens_per_question"] == 1242.5
        for metric in METRICS:
            assert set(entry["metrics"][metric]) == {"mean", "low", "high", "n"}
            if name != "base/plain":
                change = entry["vs_base"][metric]
                assert change["delta"] == pytest.approx(SHIFT[name])
                assert change["low"] == pytest.approx(change["high"])
                assert (change["n"], change["clusters"]) == (40, 20)
    assert "vs_base" not in comparison["arms"]["base/plain"]
    assert comparison["published"] == PUBLISHED


def test_abstention_is_compared_on_the_questions_it_is_about(made_up_run: Path) -> None:
    arms = compare_run(made_up_run)["arms"]
    rag = arms["sft-rag/rag"]
    false_answers = rag["metrics"]["false_answer"]
    assert (false_answers["mean"], false_answers["n"]) == (0.0, 10)
    assert false_answers["high"] == pytest.approx(0.2775, abs=1e-4)
    assert rag["metrics"]["over_refusal"]["n"] == 30
    assert arms["sft/plain"]["metrics"]["false_answer"]["mean"] == 1.0


def test_an_unfinished_run_is_named(made_up_run: Path) -> None:
    (made_up_run / "arms/sft/plain/arm.json").unlink()
    with pytest.raises(RunError, match="no finished arm sft/plain"):
        compare_run(made_up_run)


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run folder"):
        compare_run(tmp_path)


def test_the_terminal_fits_80_columns_and_shows_the_figures(made_up_run: Path) -> None:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    show(compare_run(made_up_run), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(len(line) for line in text.splitlines()) <= 80
    for part in (
        "RAG-enhanced",
        "sft-rag/rag",
        "+0.300",
        "[+.300, +.300]",
        "n = 40",
        "signature:",
        "1.00 [0.72, 1.00], n = 10",
    ):
        assert part in text
    assert "…" not in text.split("signature:")[0]


def test_markdown_shows_the_figures_and_keeps_text_in_its_cells(made_up_run: Path) -> None:
    text = markdown(compare_run(made_up_run))
    rows = [line for line in text.splitlines() if line.startswith("| sft-rag/rag")]
    assert len(rows) == 2
    assert "0.00 [0.00, 0.28], n = 10" in rows[1]
    assert rows[0].count("|") == rows[0].count("\\|") + 6
    assert "+0.300" in rows[0]
    assert "Signature: `suite:quick | model:smollm2-135m@abc" in text
    assert "<script>" not in text


def test_the_signature_names_what_could_change_the_figures(made_up_run: Path) -> None:
    signature = compare_run(made_up_run)["signature"]
    for part in ("data:dddddddd", "n:40", "seed:7", "k2,budget400", "sft:sft@123", "bertscore"):
        assert part in signature
