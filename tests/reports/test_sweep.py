"""How much context pays: the curves a run makes, and where they stop rising."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.metrics import METRICS
from harness.runs import ArmResult
from reports.comparison import compare_run
from reports.markdown import markdown
from reports.sweep import curves, enough, swept
from reports.terminal import show
from tests.reports.conftest import FOUND, GAIN

ARMS = [f"sft-rag/rag+k=20+budget={budget}" for budget in GAIN]


def test_arms_that_differ_in_the_budget_alone_are_a_curve(sweep_run: Path) -> None:
    comparison = compare_run(sweep_run)
    (curve,) = comparison["sweep"]
    assert (curve["varies"], curve["fixed"]) == ("budget", "sft-rag/rag k=20")
    assert curve["oracle"] == "sft-rag/oracle+budget=2000", "not the one that shows most"
    assert [point["arm"] for point in curve["points"]] == ARMS
    for point in curve["points"]:
        assert (point["k"], point["prompt_tokens"]) == (20, 80 + point["budget"])
        assert point["seconds"] == 0.5 + point["budget"] / 1000
        assert (point["evidence"]["mean"], point["evidence"]["n"]) == (
            FOUND[point["budget"]] / 30,
            30,
        )
        assert point["metrics"]["bleu"] == comparison["arms"][point["arm"]]["metrics"]["bleu"]
    assert curve["enough"] == dict.fromkeys(METRICS, 400)


def test_a_step_is_the_paired_difference_to_the_point_before(sweep_run: Path) -> None:
    (curve,) = compare_run(sweep_run)["sweep"]
    first, *others = curve["points"]
    assert first["step"] is None
    gains = list(GAIN.values())
    for point, gain, before in zip(others, gains[1:], gains, strict=False):
        step = point["step"]["rouge_l"]
        assert step["delta"] == pytest.approx(gain - before)
        assert (step["n"], step["clusters"]) == (40, 40)


def names(*arms: str) -> list[tuple[str, list[str]]]:
    """Of the curves these arms make: what varies, and the arms."""
    results = [
        ArmResult(arm, {}, {"prompt_tokens": 1.0, "answer_tokens": 1.0, "seconds": 1.0}, {})
        for arm in arms
    ]
    entries = {arm: {"metrics": {}} for arm in arms}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reports.sweep.METRICS", ())  # Which arms belong together needs no score.
        found = curves(results, entries, {"k": 2, "budget": 400, "seed": 7})
    return [(curve["varies"], [point["arm"] for point in curve["points"]]) for curve in found]


def test_an_arm_without_settings_is_a_point_at_those_of_the_suite() -> None:
    arms = ["base/rag+budget=800", "base/rag", "base/rag+budget=0"]
    assert names(*arms) == [("budget", arms[::-1])]


def test_an_arm_may_be_on_a_curve_over_k_and_on_one_over_the_budget() -> None:
    arms = ["base/rag", "base/rag+budget=1", "base/rag+budget=2", "base/rag+k=3", "base/rag+k=4"]
    assert names(*arms) == [("budget", [*arms[1:3], arms[0]]), ("k", [arms[0], *arms[3:]])]


@pytest.mark.parametrize(
    "arms",
    [
        ["base/rag", "base/rag+budget=0"],
        ["base/rag", "base/rag+k=2", "base/rag+budget=400"],
        ["base/rag+budget=0", "sft/rag+budget=1", "base/rag+budget=2@int8"],
        ["base/rag+budget=0+k=1", "base/rag+budget=1+k=2", "base/rag+budget=2+k=3"],
        ["base/oracle+budget=0", "base/oracle+budget=1", "base/oracle+budget=2"],
    ],
    ids=["two", "the same thrice", "other weights", "both vary", "not retrieved"],
)
def test_other_arms_are_no_curve(arms: list[str]) -> None:
    assert names(*arms) == []


def test_a_run_without_a_curve_has_no_sweep(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    assert "sweep" not in comparison
    assert "Context sweep" not in markdown(comparison)


FLAT = [0.1 * (i % 5) for i in range(50)]
UP = [score + 0.1 for score in FLAT]
WILD = [score + (1.0 if i % 2 else -1.0) for i, score in enumerate(FLAT)]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([FLAT, FLAT, FLAT], 0),
        ([FLAT, UP, UP], 10),
        ([FLAT, FLAT, UP], 20),
        ([UP, FLAT, FLAT], 0),
        ([FLAT, UP, FLAT], 10),
        ([FLAT, WILD, FLAT], 0),
        ([FLAT], 0),
    ],
    ids=["never", "one step", "to the last", "only harm", "then harm", "by chance", "one point"],
)
def test_enough_is_the_smallest_that_nothing_larger_beats(
    scores: list[list[float]], expected: int
) -> None:
    clusters = [str(i) for i in range(50)]
    assert enough([0, 10, 20][: len(scores)], scores, clusters, seed=7) == expected


def test_questions_of_one_section_do_not_make_a_gain_sure() -> None:
    """Fifty questions show a gain of 0.1 in 30; if they are of two sections, they show nothing."""
    larger = [score + (0.1 if i < 30 else -0.01) for i, score in enumerate(FLAT)]
    apart = [str(i) for i in range(50)]
    together = ["a" if i < 30 else "b" for i in range(50)]
    assert enough([0, 10], [FLAT, larger], apart, seed=7) == 10
    assert enough([0, 10], [FLAT, larger], together, seed=7) == 0


def test_the_terminal_shows_the_curve_within_80_columns(sweep_run: Path) -> None:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    comparison = compare_run(sweep_run)
    show(comparison, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    tables, _ = text.split("Arms: under each score")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in tables
    for part in (
        "Context sweep: sft-rag/rag k=20, budget varies, n = 40, 30 with evidence",
        "2080  ×5.00",
        "A larger budget stops paying: BERTScore at 400, BLEU at 400, ROUGE-L at 400.",
    ):
        assert part in tables
    assert "not corrected" in text
    own_context = [arm for arm in comparison["arms"] if "+" in arm]
    assert swept(comparison) == set(own_context)
    general = tables.split("Context sweep")[0]
    assert "sft-rag/oracle" in general
    assert "+k=20" not in general


def test_a_metric_that_still_gains_at_the_largest_value_is_not_called_enough(
    sweep_run: Path,
) -> None:
    comparison = compare_run(sweep_run)
    comparison["sweep"][0]["enough"]["bleu"] = 2000
    assert "BERTScore at 400, BLEU not by 2000, ROUGE-L at 400" in markdown(comparison)


def test_markdown_shows_the_chart_it_is_given(sweep_run: Path) -> None:
    comparison = compare_run(sweep_run)
    assert "](<sweep.svg>)" in markdown(comparison, "sweep.svg")
    assert "svg" not in markdown(comparison)
