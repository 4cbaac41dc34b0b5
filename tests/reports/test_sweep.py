"""How much context pays: the curves a run makes, and what they show."""

from pathlib import Path
from statistics import fmean

import pytest

from harness.outcomes import Outcome
from harness.runs import MANIFEST, Result, read_result
from harness.statistics import paired_difference
from policyqa.suite import Suite
from reports.comparison import Comparison, compare_run
from reports.explained import NO_INTERVAL
from reports.headline import headline
from reports.markdown import markdown
from reports.pictures.sweep import chart
from reports.sweep import FEWEST, Enough, curves, enough
from reports.tables import tables
from tests.reports.conftest import FOUND, GAIN, amending, shown, write_sweep_run
from tests.reports.made_up import described

VARIANTS = [f"sft-rag/rag+k=20+budget={budget}" for budget in GAIN]


def test_variants_that_differ_in_the_budget_alone_are_a_curve(sweep_run: Path) -> None:
    """Of the questions with evidence; a step is the paired difference from the point before."""
    comparison = compare_run(sweep_run)
    (curve,) = comparison.sweep
    assert (curve.varies, curve.fixed) == ("budget", "sft-rag/rag k=20")
    assert (curve.n, curve.clusters) == (30, 15)
    assert [(point.variant, point.k, point.budget) for point in curve.points] == [
        (variant, 20, budget) for variant, budget in zip(VARIANTS, GAIN, strict=True)
    ]
    for point, before in zip(curve.points, [None, *curve.points], strict=False):
        found = FOUND[point.budget]
        assert (point.evidence.mean, point.evidence.n) == (found / 30, 30)
        assert point.sections == pytest.approx(1 + found / 30 if found else 0)
        if before is None:
            assert point.step is None
        else:
            step = point.step["rouge_l"]
            assert step.delta == pytest.approx(GAIN[point.budget] - GAIN[before.budget])
            assert (step.n, step.clusters) == (30, 15)
    assert curve.oracle.variant == "sft-rag/oracle+budget=2000", "not the one that shows most"
    gap = curve.oracle.gap["rouge_l"]
    assert (gap.delta, gap.n) == (pytest.approx(0.1), 30)
    for point in (*curve.points, curve.oracle):
        outcomes = read_result(sweep_run, point.variant).outcomes.values()
        evident = fmean(one.values["bleu"] for one in list(outcomes)[:30])
        assert point.metrics["bleu"].mean == pytest.approx(evident)
        assert comparison.variants[point.variant].metrics["bleu"].n == 40


def test_the_intervals_of_a_curve_are_of_sections(sweep_run: Path) -> None:
    """Of two questions a section, one says what the other says: half as many are independent."""
    (curve,) = compare_run(sweep_run).sweep
    step = curve.points[3].step["bleu"]
    results = [read_result(sweep_run, variant) for variant in VARIANTS[3:1:-1]]
    noisy, before = ([one.values["bleu"] for one in r.outcomes.values()][:30] for r in results)
    apart = paired_difference(noisy, before, [str(i) for i in range(30)])
    width = step.high - step.low
    assert width == pytest.approx(2**0.5 * (apart.high - apart.low), rel=0.1)
    # Two larger values are compared with 400, so its bound is of a wider interval than the step's.
    assert curve.enough["bleu"].value == 400
    assert step.high < curve.enough["bleu"].bound < 1.5 * step.high


def names(variants: str, evident: bool = True) -> list[str]:
    """The curves these variants make, each as what varies and its variants."""
    suite = Suite.model_validate(
        {
            "name": "any",
            "model": "smollm2-135m",
            "variants": variants.split(),
            "floors": [],
            "thresholds": {"sure": {"likelihood": -1}},
        }
    )
    manifest = {
        "suite": {"seed": 7},
        "variants": {one.name: described(one) for one in suite.resolved},
    }
    outcome = Outcome("q", "0", {}, {"evidence": ["f/s0"]} if evident else {})
    results = [Result(name, {"q": outcome}) for name in manifest["variants"]]
    found = curves(results, manifest, [])  # Which belong together needs no score.
    return [" ".join([one.varies, *(point.variant for point in one.points)]) for one in found]


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        # One without settings is a point at those of the suite.
        (
            "base/rag+budget=800 base/rag base/rag+budget=0",
            ["budget base/rag+budget=0 base/rag base/rag+budget=800"],
        ),
        (
            "base/rag base/rag+budget=1 base/rag+budget=2 base/rag+k=3 base/rag+k=4",
            [
                "budget base/rag+budget=1 base/rag+budget=2 base/rag",
                "k base/rag+k=3 base/rag+k=4 base/rag",
            ],
        ),
        ("base/rag base/rag+budget=0", []),
        ("base/rag base/rag+k=2 base/rag+budget=400", []),
        ("base/rag+budget=0 base/rag+budget=1 base/rag+budget=2@int8", []),
        ("base/rag+budget=0+k=1 base/rag+budget=1+k=2 base/rag+budget=2+k=3", []),
        ("base/oracle+budget=0 base/oracle+budget=1 base/oracle+budget=2", []),
        ("base/rag+withheld+budget=0 base/rag+withheld+budget=1 base/rag+withheld+budget=2", []),
        ("floor/first+budget=0 floor/first+budget=1 floor/first+budget=2", []),
        ("base/rag+budget=0 sft/rag+budget=1 base/rag+budget=2", []),
        ("base/rag+budget=0 base/rag+sure+budget=1 base/rag+budget=2", []),
        ("base/rag+budget=0 base/rag+budget=1+beams=2 base/rag+budget=2", []),
    ],
)
def test_which_variants_are_a_curve(variants: str, expected: list[str]) -> None:
    assert names(variants) == expected
    assert names(variants, evident=False) == []


FLAT = [0.1 * (i % 5) for i in range(50)]
UP = [score + 0.1 for score in FLAT]
WILD = [score + (1.0 if i % 2 else -1.0) for i, score in enumerate(FLAT)]
# 2.4 times its standard error: shown for one value, not for one of six.
SLIGHT = [score + 0.1 + (0.3 if i % 2 else -0.3) for i, score in enumerate(FLAT)]
PARTLY = [score + (0.1 if i < 15 else -0.015) for i, score in enumerate(FLAT)]
SINGLES = [str(i) for i in range(50)]


@pytest.mark.parametrize(
    ("scores", "value", "bound"),
    [
        ([FLAT, FLAT, FLAT], 0, 0.0),
        ([FLAT, UP, UP], 10, 0.0),
        ([FLAT, FLAT, UP], 20, None),
        ([UP, FLAT, FLAT], 0, -0.1),
        ([FLAT, UP, FLAT], 10, -0.1),
        ([FLAT], 0, None),
        ([FLAT, WILD, FLAT], 0, 2.24 / 50**0.5),  # Normal, at 97.5% of two.
        ([FLAT, SLIGHT], 10, None),
        ([FLAT, SLIGHT, *[FLAT] * 5], 0, 0.1 + 2.75 * 0.3 / 7),  # Student's t, at 1 - 0.05 / 12.
        ([FLAT, PARTLY], 10, None),
    ],
    ids=["never", "one", "last", "harm", "both", "alone", "wild", "slight", "six", "partly"],
)
def test_enough_is_the_smallest_that_nothing_larger_beats(
    scores: list[list[float]], value: int, bound: float | None
) -> None:
    found = enough(range(0, 10 * len(scores), 10), scores, SINGLES)
    near = None if bound is None else pytest.approx(bound, rel=0.1, abs=1e-9)
    assert found == Enough(value, near)


def test_where_less_is_better_the_least_is_enough(sweep_run: Path) -> None:
    with amending(sweep_run / MANIFEST) as manifest:
        manifest["suite"]["metrics"] = ["rouge_l", "repetition", "length"]
    comparison = compare_run(sweep_run)
    enough_of = comparison.sweep[0].enough
    assert enough_of["repetition"].value == enough_of["rouge_l"].value
    assert enough_of["repetition"].bound == pytest.approx(enough_of["rouge_l"].bound)
    assert "length" not in enough_of
    (table,) = [one for one in tables(comparison) if one.title.startswith("Context sweep")]
    lines = {line.partition(":")[0]: line for line in table.conclusions}
    assert "(up to +0." in lines["ROUGE-L"]
    assert "(up to -0." in lines["repetition"]
    assert "length / reference" not in lines


def test_questions_of_few_sections_make_a_gain_less_sure() -> None:
    assert enough([0, 10], [FLAT, PARTLY], [str(i // 5) for i in range(50)]).value == 0


@pytest.mark.parametrize("count", [1, 2, FEWEST - 1])
def test_below_ten_clusters_nothing_is_said(count: int) -> None:
    """One cluster's interval has no width, so that any gain at all would look sure."""
    assert enough([0, 10], [FLAT, UP], [str(i % count) for i in range(50)]) is None
    ten = [str(i % FEWEST) for i in range(50)]
    assert enough([0, 10], [FLAT, UP], ten) == Enough(10, None)


def test_questions_of_one_section_do_not_make_a_gain_sure(tmp_path: Path) -> None:
    comparison = compare_run(write_sweep_run(tmp_path / "run", sharing=30))
    (curve,) = comparison.sweep
    assert (curve.n, curve.clusters) == (30, 1)
    assert set(curve.enough.values()) == {None}
    assert set(curve.enough) == set(comparison.titles("mean")) - {"length"}
    text = markdown(comparison)
    assert "too few independent questions (1) to say whether a larger budget pays" in text
    assert "shown to beat 400" not in text
    step = curve.points[1].step["bleu"]
    assert (step.low, step.high, step.clusters) == (None, None, 1)
    assert "<br>+0.050<br>– |" in text
    assert text.count(NO_INTERVAL) == 1
    picture = chart(comparison)
    assert "nan" not in picture.lower()
    assert picture.count('<g id="LineCollection_') == len(headline(comparison, "mean"))
    assert picture.split('<g id="LineCollection_1">')[1].split("</g>")[0].count(' d="') == 0


def test_the_terminal_shows_the_curve_within_80_columns(sweep_run: Path) -> None:
    comparison = compare_run(sweep_run)
    text = shown(comparison)
    tables, notes = text.split("Variants: under each score")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in tables
    for part in (
        "Context sweep: sft-rag/rag k=20, budget varies, n = 30 in 15 groups",
        "of 8)",
        "2080 in",
        "12 out",
        "×5.0",
        "[+.150, +.150]",
        "1.8",
    ):
        assert part in tables
    assert list(comparison.unswept) == ["base/plain", "sft-rag/oracle"]
    # What others are compared with is shown whatever it is there for.
    assert VARIANTS[0] in comparison.model_copy(update={"baseline": VARIANTS[0]}).unswept
    general = tables.split("Context sweep")[0].split("Variants of suite")[1]
    assert "sft-rag/oracle" in general
    assert "+k=20" not in general
    unbroken = " ".join(notes.split())
    assert "at most k = 8 sections and 400 tokens of context" in unbroken


def test_the_conclusion_is_what_the_intervals_show(sweep_run: Path) -> None:
    document = compare_run(sweep_run).as_json()
    (curve,) = document["sweep"]
    more = f"up to {curve['enough']['bleu']['bound']:+.3f} more is not ruled out"
    curve["enough"]["rouge_l"] = {"value": 2000, "bound": None}
    curve["enough"]["bertscore_f1"] = {"value": 0, "bound": -0.01}
    text = markdown(Comparison.model_validate(document))
    gap = "oracle minus 2000: +0.100 [+.100, +.100]."
    for said in (
        f"BERTScore: no larger budget is shown to beat 0 (a gain is ruled out); {gap}",
        f"sentence BLEU: no larger budget is shown to beat 400 ({more}); {gap}",
        f"ROUGE-L: still rising at 2000, more was not tried; {gap}",
    ):
        assert f"\n\n{said}\n" in text
    curve["oracle"] = None
    assert "oracle minus" not in markdown(Comparison.model_validate(document))


def test_what_nobody_tells_has_no_figure_in_a_curve_and_nothing_follows_from_it(
    sweep_run: Path,
) -> None:
    document = compare_run(sweep_run).as_json()
    for entry in document["variants"].values():
        entry["cost"] = dict.fromkeys(entry["cost"])
    (curve,) = document["sweep"]
    del curve["points"][0]["metrics"]["bleu"], curve["oracle"]["gap"]["rouge_l"]
    curve["enough"]["bleu"] = None
    text = markdown(Comparison.model_validate(document))
    (row,) = [line for line in text.splitlines() if line.startswith("| 0 |")]
    cells = row.strip("| ").split(" | ")
    assert (cells[3], cells[-1]) == ("–", "–")
    assert "BERTScore: no larger budget is shown to beat" in text
    assert "sentence BLEU: " not in text
    assert "oracle minus" not in text.split("ROUGE-L: ")[1].split("\n")[0]


def test_notes_are_of_the_tables_shown(sweep_run: Path, made_up_run: Path) -> None:
    swept_text, other = markdown(compare_run(sweep_run)), markdown(compare_run(made_up_run))
    assert swept_text.count("- Context sweep: ") == 1
    assert "- Context sweep: " not in other
    assert "- Beside the floor: " not in swept_text
    assert other.count("- Beside the floor: ") == 1
    assert ("LLaMA" in swept_text, "LLaMA" in other) == (False, True)


def test_weights_that_were_not_trained_have_no_training_to_explain_them(sweep_run: Path) -> None:
    assert "Training showed" in markdown(compare_run(sweep_run))
    with amending(sweep_run / MANIFEST) as manifest:
        for variant in manifest["variants"].values():
            variant["trained"] = False
    assert "Training showed" not in markdown(compare_run(sweep_run))
