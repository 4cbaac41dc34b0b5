"""How sure answers are, what they risk, and a threshold fitted on that."""

import json
from pathlib import Path

import pytest

from harness.errors import RunError
from harness.outcomes import Outcome
from harness.runs import MANIFEST, Result, read_result
from harness.threshold import REFUSAL
from reports.comparison import compare_run
from reports.pictures.risk import risk_pictures
from reports.risk import answered, fit, held, risk_curves
from reports.risk_table import curve_tables, threshold_table
from tests.conftest import printed, refused, shown
from tests.reports.conftest import amending, rewritten
from tests.reports.made_up import write_made_up_run


def outcome(
    number: int,
    likelihood: float | None,
    nearness: float | None = 0.5,
    facts: float | None = 1.0,
    text: str = "It is so.",
) -> Outcome:
    """Without facts its question is one that nothing answers."""
    evidence = [] if facts is None else [f"d/{number}"]
    document = {
        "id": f"q{number}",
        "answerable": facts is not None,
        "evidence": evidence,
        "context_ids": evidence,
        "nearness": nearness,
    }
    values = {} if facts is None else {"facts": facts}
    return Outcome(f"q{number}", text, values, document, likelihood=likelihood)  # type: ignore[arg-type]


def result(*outcomes: Outcome) -> Result:
    return Result("ours", {one.question_id: one for one in outcomes})


SURE = [outcome(n, -0.1 - n / 100, 0.9 - n / 100, facts=1.0) for n in range(20)]
UNSURE = [outcome(20 + n, -1.0 - n / 100, 0.3 - n / 100, facts=0.5) for n in range(10)]
WRONG = [outcome(30 + n, -2.0 - n / 100, 0.2 - n / 100, facts=None) for n in range(10)]


def test_the_fewer_answers_are_given_the_less_they_risk() -> None:
    curves = risk_curves(result(*WRONG, *SURE, *UNSURE))
    assert set(curves) == {"likelihood", "nearness"}
    for points in curves.values():
        assert [one.coverage for one in points] == pytest.approx([n / 10 for n in range(1, 11)])
        risks = [one.risk.mean for one in points]
        assert risks == sorted(risks)
        assert risks[:5] == [0.0] * 5
        assert risks[-1] == pytest.approx((10 * 0.5 + 10 * 1.0) / 40)
    assert curves["likelihood"][4].least == pytest.approx(SURE[-1].likelihood)


def test_what_refuses_of_its_own_accord_is_never_given() -> None:
    refusing = [outcome(50 + n, 0.0, 1.0, facts=0.0, text=REFUSAL) for n in range(10)]
    points = risk_curves(result(*SURE, *refusing))["likelihood"]
    assert points[-1].coverage == pytest.approx(20 / 30)
    assert points[-1].risk.mean == 0.0
    found = answered(result(*refusing))
    assert held(found, None, None).over_refusals.mean == 1.0  # type: ignore[union-attr]


def test_a_measure_that_an_answer_does_not_tell_has_no_curve() -> None:
    assert set(risk_curves(result(*SURE, outcome(99, None)))) == {"nearness"}
    assert risk_curves(result(outcome(99, None, None))) == {}


def test_where_no_answerable_question_has_facts_nothing_is_known_of_the_risk() -> None:
    assert risk_curves(result(*WRONG)) == {}


def test_a_threshold_that_tells_them_apart_is_found() -> None:
    found = fit(result(*WRONG, *SURE, *UNSURE), most=0.1)
    assert found.false_answers and found.false_answers.mean == 0.0
    assert found.over_refusals and found.over_refusals.mean <= 0.1
    # Where none may be refused that could be answered, as many are answered falsely as must be.
    mixed = [outcome(60 + n, -0.1, 0.9, facts=None) for n in range(5)]
    found = fit(result(*WRONG, *mixed, *SURE), most=0.0)
    assert found.false_answers and found.false_answers.mean == pytest.approx(5 / 15)
    assert found.over_refusals and found.over_refusals.mean == 0.0


@pytest.mark.parametrize("outcomes", [SURE, WRONG, [outcome(1, None, None), *WRONG[:0]]])
def test_where_there_is_nothing_to_tell_apart_no_threshold_is_fitted(
    outcomes: list[Outcome],
) -> None:
    with pytest.raises(RunError, match="a threshold is fitted on answers that tell"):
        fit(result(*outcomes), most=0.1)


def test_tables_have_the_threshold_and_a_line_a_point() -> None:
    ours = result(*WRONG, *SURE, *UNSURE)
    found = fit(ours, most=0.1)
    table = threshold_table(found, {"ours, all": held(answered(ours), None, None)}, "validation")
    assert table.note and "of the split validation" in table.note
    assert [row[0] for row in table.rows] == ["ours, all", "fitted"]
    assert table.rows[0][1:3] == ["–", "–"]
    assert [len(one.rows) for one in curve_tables(risk_curves(ours))] == [10, 10]


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A run one variant of which tells how likely its answers are."""
    run = write_made_up_run(tmp_path / "run")
    (path,) = (run / "variants" / "sft-rag" / "rag").glob("samples_*.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for number, line in enumerate(lines):
        line["likelihood"] = -number / 10
        line["filtered_resps"] = [f" answer {number}"]
    rewritten(path, lines)
    return run


def test_a_picture_of_each_variant_that_tells_how_sure_it_is(told: Path) -> None:
    comparison = compare_run(told)
    assert list(comparison.risk) == ["sft-rag/rag"]
    (picture,) = risk_pictures(comparison)
    assert picture.svg.startswith("<svg") and 'id="risk-1' in picture.svg
    assert picture.title == "Risk against coverage: sft-rag/rag"
    last = comparison.risk["sft-rag/rag"]["likelihood"][-1]
    assert f"{last.risk.mean:.2f} at {last.coverage:.2f}" in picture.alternative


def test_the_command_prints_a_row_for_a_suite(told: Path) -> None:
    said = shown("threshold", told, "sft-rag/rag", "--most", "0.5", "--on", "base/plain")
    assert "Risk against coverage, by likelihood" in said
    assert said.splitlines()[-1].startswith("thresholds: {sure: {likelihood: -")
    none = shown("threshold", told, "sft-rag/rag", "--most", "0")
    assert none.splitlines()[-1].startswith("no threshold has fewer false answers")
    found = printed("threshold", told, "sft-rag/rag", "--most", "0.5")
    assert found["fitted"]["nearness"] is None
    alone = read_result(told, "sft-rag/rag")
    assert (
        found["fitted"]["false_answers"]["mean"]
        < found["others"]["sft-rag/rag, all"]["false_answers"]["mean"]
    )
    assert found["fitted"]["false_answers"]["n"] == sum(
        not one.document["answerable"] for one in alone.outcomes.values()
    )
    assert (found["split"], set(found["curves"])) == ("test", {"likelihood"})


def test_a_variant_that_is_held_already_is_refused(told: Path) -> None:
    with amending(told / MANIFEST) as manifest:
        manifest["variants"]["base/plain"]["replicates"][""]["threshold"] = {"likelihood": -1}
    for asked in (["base/plain"], ["sft-rag/rag", "--on", "base/plain"]):
        assert "base/plain is held to a threshold already" in refused("threshold", told, *asked)
