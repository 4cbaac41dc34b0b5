"""The verdict of a run, in words: each sentence that somebody acts on."""

import random
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from harness.errors import ConfigError
from reports.comparison import compare_run
from reports.decision import Decided, run_decision
from reports.markdown import markdown
from tests.reports.conftest import amending
from tests.reports.made_up import Sample, made_up_sample, write_run

BY = {"by": "rouge_l"}


def decided(
    run: Path,
    levels: dict[str, tuple[float, float]],
    n: int = 150,
    twins: Mapping[str, str] = MappingProxyType({}),
    **suite: Any,
) -> Decided:
    """The verdict on variants with a level of quality and seconds an answer each; ``twins`` answer
    as whose they are."""
    samples: dict[str, list[Sample]] = {}
    for name, (level, seconds) in levels.items():
        rng = random.Random(0)  # noqa: S311
        own = random.Random(twins.get(name, name))  # noqa: S311
        samples[name] = [
            made_up_sample(
                number=i,
                level=rng.uniform(0.3, 0.5) + level + own.gauss(0, 0.03) * bool(level),
                evidence=[suite.get("section") or f"f/s{i // 3}"],
                shown=[],
                answer=f"answer {i}",
                cost={"seconds": seconds * own.uniform(0.9, 1.1)},
            )
            for i in range(n)
        ]
    suite.pop("section", None)
    write_run(run, samples, model="m", **{"name": "mine", "decide": BY, **suite})
    found = compare_run(run).verdict
    assert found is not None
    return found


PLAIN = {"base/plain": (0.0, 2.0), "floor/sentence": (-0.2, 0.0)}


def test_better_is_shipped(tmp_path: Path) -> None:
    found = decided(tmp_path, PLAIN | {"sft/plain": (0.1, 2.0)})
    assert found.sentence.startswith(
        "Ship sft/plain: it is better than base/plain, which is in place, by +0.1"
    )
    assert found.sentence.endswith("ROUGE-L and above every floor.")
    assert found.reasons[0] == (
        "By ROUGE-L, where any difference matters, on 150 questions in 50 groups. Bounds hold of "
        "all differences of 3 variants together, in 95% of samples."
    )
    assert any(one.startswith("sft/plain minus floor/sentence") for one in found.reasons)
    assert any("Not checked: whether training" in one for one in found.reasons)
    text = markdown(compare_run(tmp_path))
    assert f"## {found.sentence}" in text and found.reasons[0] in text


def test_better_and_too_slow_is_held(tmp_path: Path) -> None:
    decide = BY | {"at_most": {"seconds": 1.0}}
    found = decided(tmp_path, PLAIN | {"sft/plain": (0.1, 2.0)}, decide=decide)
    assert found.decision == "hold"
    assert found.sentence.startswith("Hold: sft/plain: seconds is ")
    assert "may be 1 at most: the limit is broken, and nothing else" in found.sentence


def test_a_limit_that_is_open_is_named_beside_a_difference_that_is(tmp_path: Path) -> None:
    decide = BY | {"at_most": {"seconds": 2.0}}
    one = decided(tmp_path / "one", PLAIN | {"sft/plain": (0.1, 2.0)}, decide=decide)
    assert one.sentence.startswith(
        "Undecided: sft/plain is not shown to keep within seconds 2; about "
    )
    both = decided(tmp_path / "both", PLAIN | {"sft/plain": (0.001, 2.0)}, decide=decide)
    assert both.sentence.startswith(
        "Undecided: sft/plain is not shown to be better than base/plain ("
    )
    assert " ROUGE-L), nor to keep within seconds 2; " in both.sentence


def test_a_rival_that_scores_the_same_is_no_difference_that_is_open(tmp_path: Path) -> None:
    decide = BY | {"at_most": {"seconds": 2.0}}
    both = {"sft/plain": (0.1, 2.0), "sft/engineered": (0.1, 2.0)}
    twins = {"sft/engineered": "sft/plain"}
    found = decided(tmp_path, PLAIN | both, twins=twins, decide=decide)
    assert " is not shown to keep within seconds 2; about " in found.sentence


def test_within_the_margin_and_cheaper_is_shipped(tmp_path: Path) -> None:
    decide = BY | {"margin": 0.05, "cost": "seconds"}
    found = decided(tmp_path, PLAIN | {"sft/plain": (-0.005, 1.0)}, decide=decide)
    assert found.sentence.startswith("Ship sft/plain: it is not worse than base/plain, which is in")
    assert "and of those that are good enough the cheapest (" in found.sentence


def test_identical_variants_leave_what_is_in_place(tmp_path: Path) -> None:
    found = decided(tmp_path, PLAIN | {"sft/plain": (0.0, 2.0)})
    assert found.sentence == "Keep base/plain: sft/plain scores the same on every question."


def test_a_floor_that_wins_holds(tmp_path: Path) -> None:
    found = decided(tmp_path, PLAIN | {"floor/sentence": (0.3, 0.0), "sft/plain": (0.1, 2.0)})
    assert found.decision == "hold"
    assert "not above floor/sentence, which needs no language model" in found.sentence


def test_eight_questions_and_one_group_decide_nothing(tmp_path: Path) -> None:
    better = PLAIN | {"sft/plain": (0.4, 2.0)}
    eight = decided(tmp_path / "eight", better, n=8)
    assert eight.decision == "undecided"
    assert "is not decided on by 3 groups of questions, where 20 are the fewest" in eight.sentence
    one = decided(tmp_path / "one", better, section="f/s")
    assert one.decision == "undecided"
    assert "by 1 group of questions" in one.sentence


def test_an_empty_at_most_limits_nothing(tmp_path: Path) -> None:
    found = decided(tmp_path, PLAIN | {"sft/plain": (0.1, 2.0)}, decide=BY | {"at_most": None})
    assert (found.decision, found.at_most) == ("ship", {})


def test_without_decide_the_first_metric_does_and_it_is_said(tmp_path: Path) -> None:
    found = decided(tmp_path, PLAIN | {"sft/plain": (0.1, 2.0)}, decide=None)
    assert (found.by, found.margin, found.cost) == ("bertscore_f1", 0.0, None)
    assert any(one.startswith("The suite has no decide") for one in found.reasons)


def test_what_shows_the_evidence_is_no_candidate(tmp_path: Path) -> None:
    found = decided(tmp_path, PLAIN | {"sft/plain": (0.1, 2.0), "sft/oracle": (0.5, 2.0)})
    assert found.variant == "sft/plain"
    assert "sft/oracle" not in found.variants


def test_how_many_were_tried_is_said(tmp_path: Path) -> None:
    decided(tmp_path, PLAIN)
    with amending(tmp_path / "manifest.json") as manifest:
        manifest["tried"] = 12
    comparison = compare_run(tmp_path)
    assert comparison.verdict is not None
    assert "12 variants were scored on these questions so far" in " ".join(
        comparison.verdict.reasons
    )
    assert comparison.signature.endswith("| tried:12")


@pytest.mark.parametrize(
    ("decide", "said"),
    [
        ({"by": "luck"}, "by names 'luck'; it can be bertscore_f1"),
        ({"by": "evidence_shown", "margin": -1}, "margin"),
        ({"at_most": {"sekunden": 2}}, "at_most names 'sekunden'; it can be seconds, tokens"),
        ({"cost": "love"}, "cost"),
    ],
)
def test_what_cannot_decide_is_refused(tmp_path: Path, decide: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        decided(tmp_path, PLAIN, decide=decide)


def test_a_metric_that_a_run_has_not_decides_nothing() -> None:
    with pytest.raises(ConfigError, match=r"nothing can be decided by rouge_l"):
        run_decision(
            {"suite": {"decide": BY}, "baseline": "a", "variants": {}, "tried": None}, {}, []
        )
