"""Claims of variants whose figures are known are supported, refuted, undecided or not checked."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.outcomes import Outcome
from harness.pairing import Measure
from harness.runs import MANIFEST, Result
from harness.statistics import FEWEST
from reports.claims.checked import CheckedClaim, CheckedCondition
from reports.claims.checking import check_claims
from reports.claims.conditions import checked_condition
from reports.claims.reading import Claim, Condition, read_claims
from reports.claims.table import claims_table
from reports.comparison import compare_run
from reports.side import Side
from tests.conftest import printed, refused, spoken
from tests.reports.conftest import amending, rewritten, shown
from tests.reports.matrix import matrix_samples, write_matrix_run

LEVELS = {"base/plain": 0.0, "sft/plain": 0.2}
COSTS = {
    "base/plain": {"prompt_tokens": 90.0, "answer_tokens": 10.0, "seconds": 2.0, "cut": 0.0},
    "sft/plain": {"prompt_tokens": 70.0, "answer_tokens": 10.0, "seconds": 1.0, "cut": 1.0},
}


def claim(*conditions: dict[str, Any], **changes: Any) -> Claim:
    """That fine-tuned weights stand to the base in this way."""
    words = {"claim": "It is so", "source": "us", "baseline": "the base"}
    sides = {"variant": "sft/plain", "against": "base/plain"}
    return Claim.model_validate({**words, **sides, "conditions": conditions, **changes})


def checked(run: Path, *conditions: dict[str, Any], **changes: Any) -> CheckedClaim:
    (found,) = check_claims([claim(*conditions, **changes)], run)
    return found


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Fine-tuned weights add 0.15 to 48 questions, and take 80 tokens for 100."""
    return write_matrix_run(tmp_path / "run", matrix_samples(LEVELS, noise=0.2, costs=COSTS))


@pytest.mark.parametrize(
    ("condition", "state"),
    [
        ({"metric": "rouge_l", "difference": {"at_least": 0.05}}, "supported"),
        ({"metric": "rouge_l", "difference": {"at_least": 0.25}}, "refuted"),
        ({"metric": "rouge_l", "difference": {"at_least": 0.16}}, "undecided"),
        ({"metric": "rouge_l", "difference": {"at_most": 0.05}}, "refuted"),
        ({"metric": "rouge_l", "ratio": {"at_least": 1.2}}, "supported"),
        ({"metric": "rouge_l", "ratio": {"at_least": 3}}, "refuted"),
        ({"metric": "rouge_l", "ratio": {"at_most": 1.2}}, "refuted"),
        ({"metric": "rouge_l", "not_worse_by": 0}, "supported"),
        ({"metric": "corpus_bleu", "difference": {"at_least": 0.05}}, "undecided"),
        ({"metric": "tokens", "ratio": {"at_most": 0.85}}, "supported"),
        ({"metric": "tokens", "ratio": {"at_most": 0.75}}, "refuted"),
        ({"metric": "prompt_tokens", "difference": {"at_most": -20}}, "supported"),
        ({"metric": "answer_tokens", "not_worse_by": 0}, "supported"),
        ({"metric": "cut", "not_worse_by": 0.1}, "refuted"),
        ({"metric": "false_answer", "difference": {"at_most": 0.5}}, "supported"),
        ({"metric": "false_answer", "ratio": {"at_most": 0.5}}, "not checked"),
        ({"metric": "memory", "ratio": {"at_most": 0.4}}, "not checked"),
        ({"metric": "price", "ratio": {"at_most": 0.4}}, "not checked"),
    ],
)
def test_a_claim_is_what_its_interval_says(
    run: Path, condition: dict[str, Any], state: str
) -> None:
    found = checked(run, condition)
    (one,) = found.conditions
    assert (found.state, one.state) == (state, state)
    assert (found.questions is not None) is (state == "undecided")
    assert (found.why is not None) is (state == "not checked")
    assert (one.n > 0) is (state != "not checked")


def test_what_was_measured_stands_beside_what_is_claimed(run: Path) -> None:
    tokens = {"metric": "tokens", "ratio": {"at_most": 0.85}}
    (one,) = checked(run, tokens).conditions
    assert (one.a, one.b, one.n, one.clusters) == (80.0, 100.0, 48, 48)
    assert (one.value, one.low, one.high) == pytest.approx((0.8, 0.8, 0.8))
    (one,) = checked(run, {"metric": "rouge_l", "ratio": {"at_least": 1}}).conditions
    figures = [compare_run(run).variants[name].metrics["rouge_l"].mean for name in reversed(LEVELS)]
    assert [one.a, one.b] == pytest.approx(figures)
    assert one.value == pytest.approx(figures[0] / figures[1])
    assert one.low is not None
    assert one.high is not None
    assert 1 < one.low < one.value < one.high


@pytest.mark.parametrize(
    ("conditions", "state"),
    [
        (("tokens", "rouge_l"), "supported"),
        (("tokens", "bleu", "price"), "not checked"),
        (("tokens", "price", "seconds"), "refuted"),
    ],
)
def test_all_conditions_must_hold(run: Path, conditions: tuple[str, ...], state: str) -> None:
    """Fewer tokens, and not worse: one that is refuted refutes, whatever is not known."""
    wanted = {
        "tokens": {"ratio": {"at_most": 0.85}},
        "seconds": {"ratio": {"at_least": 1}},
        "price": {"ratio": {"at_most": 1}},
    }
    given = [{"metric": m, **wanted.get(m, {"not_worse_by": 0.02})} for m in conditions]
    for metric in ("base/plain", "sft/plain"):  # Each question a batch by itself.
        _time_apart(run, metric)
    found = checked(run, *given)
    assert found.state == state
    assert len(found.conditions) == len(conditions)


def _time_apart(run: Path, variant: str, times: float = 1.0) -> None:
    """Have each answer take its own time, about as long as it took, and so many times as long."""
    (path,) = (run / "variants" / variant).glob("samples_*.jsonl")
    samples = [json.loads(line) for line in path.read_text().splitlines()]
    for i, sample in enumerate(samples):
        sample["cost"]["seconds"] *= times * (1 + i / 1000)
    rewritten(path, samples)


SCORES = st.lists(st.integers(1, 8).map(lambda one: one / 8), min_size=24, max_size=24)
"""Of two variants on twelve questions."""


def side(scores: list[float], kind: str) -> Side:
    """A variant with these scores, each question a group by itself."""
    outcomes = {
        f"q{i}": Outcome(f"q{i}", "", {"score": one}, {"evidence": [f"f/s{i}"]}, {"tokens": one})
        for i, one in enumerate(scores)
    }
    measures = {"score": Measure("score", "score", kind, higher_is_better=True)}
    return Side("any", Result("any", outcomes), measures, {}, {}, {}, {}, "any")


def state_of(wanted: Mapping[str, Any], ours: Side, theirs: Side) -> str:
    condition = Condition.model_validate({"metric": "score", **wanted})
    return checked_condition(condition, ours, theirs).state


@given(SCORES, st.sampled_from(["ratio", "difference"]), st.floats(-1, 3), st.floats(0.01, 1))
def test_what_is_supported_is_not_refuted_and_a_lesser_claim_is_supported_too(
    scores: list[float], form: str, limit: float, more: float
) -> None:
    sides = side(scores[:12], "mean"), side(scores[12:], "mean")
    lesser, claimed = (state_of({form: {"at_least": one}}, *sides) for one in (limit - more, limit))
    opposite = state_of({form: {"at_most": limit - more}}, *sides)
    if claimed == "supported":
        assert (lesser, opposite) == ("supported", "refuted")
    if lesser == "refuted":
        assert (claimed, opposite) == ("refuted", "supported")
    assert (claimed == "undecided") is (state_of({form: {"at_most": limit}}, *sides) == "undecided")


@given(SCORES, st.sampled_from(["mean", "rate"]), st.integers(-8, 8).map(lambda one: one / 8))
def test_the_variant_and_what_it_is_set_against_change_places(
    scores: list[float], kind: str, limit: float
) -> None:
    values = scores if kind == "mean" else [float(one > 0.5) for one in scores]
    ours, theirs = side(values[:12], kind), side(values[12:], kind)
    better = {"difference": {"at_least": limit}}
    found = state_of(better, ours, theirs)
    assert found == state_of({"difference": {"at_most": -limit}}, theirs, ours)
    if limit > 0 and found == "supported":
        assert state_of(better, theirs, ours) == "refuted"


@given(SCORES, st.sampled_from([0.25, 0.5, 1, 2]))
def test_a_ratio_turned_over_is_claimed_the_other_way(scores: list[float], limit: float) -> None:
    ours, theirs = side(scores[:12], "mean"), side(scores[12:], "mean")
    found = state_of({"ratio": {"at_least": limit}}, ours, theirs)
    assert found == state_of({"ratio": {"at_most": 1 / limit}}, theirs, ours)


def test_too_few_groups_decide_nothing_and_it_is_said_how_many_would(tmp_path: Path) -> None:
    samples = {name: one[:8] for name, one in matrix_samples(LEVELS).items()}
    found = checked(
        write_matrix_run(tmp_path / "run", samples),
        {"metric": "rouge_l", "difference": {"at_least": 0.05}},
    )
    (one,) = found.conditions
    assert (one.low, one.high, one.clusters) == (None, None, 8)
    assert found.state == "undecided"
    assert found.questions is not None
    assert found.questions >= FEWEST


def test_one_condition_that_fails_decides_and_otherwise_all_must_be_shown(run: Path) -> None:
    def needed(*limits: float) -> int | None:
        wanted = [{"metric": "rouge_l", "difference": {"at_least": limit}} for limit in limits]
        found = checked(run, *wanted)
        assert found.state == "undecided"
        return found.questions

    (one,) = checked(run, {"metric": "rouge_l", "not_worse_by": 0}).conditions
    assert one.value is not None
    near, far, beyond = one.value - 0.003, one.value - 0.006, one.value + 0.005
    assert needed(near) > needed(beyond) > needed(far)
    assert needed(near, far) == needed(near)
    # Were they as found, the claim would be refuted as soon as this is.
    assert needed(near, beyond) == needed(beyond)
    assert needed(one.value) is needed(one.value, far) is None
    assert needed(one.value, beyond) == needed(beyond)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"variant": "sft-rag/rag"}, r"run has no variant sft-rag/rag: add it to the suite's"),
        ({"against": "base/chat"}, r"run has no variant base/chat: add it"),
        (
            {"beside": {"suite": {"batch_size": 1}}},
            r"it needs a run of the same suite with batch_size: 1 that has base/plain, .*--beside",
        ),
        ({"beside": {"run": "nowhere"}}, r"it needs nowhere that has base/plain"),
        ({"beside": {"suite": {"batch_size": 16}}}, r"run was itself made with batch_size: 16"),
    ],
)
def test_what_is_not_there_is_not_checked_and_named(
    run: Path, changes: dict[str, Any], why: str
) -> None:
    found = checked(run, {"metric": "seconds", "ratio": {"at_most": 1}}, **changes)
    assert found.state == "not checked"
    assert found.why is not None
    assert re.search(why, found.why)
    (one,) = found.conditions
    assert (one.value, one.n, one.why) == (None, 0, found.why)


BATCHING = {"against": "sft/plain", "beside": {"suite": {"batch_size": 1}}}


def one_by_one(folder: Path, times: float, **suite: Any) -> Path:
    """The same run one question at a time, so many times as slow."""
    samples = matrix_samples(LEVELS, noise=0.2, costs=COSTS)
    slow = write_matrix_run(folder, samples, **{"batch_size": 1, **suite})
    _time_apart(slow, "sft/plain", times)
    return slow


@pytest.mark.parametrize(("times", "state"), [(4, "supported"), (3, "refuted")])
def test_batching_is_timed_beside_a_run_without_it(
    run: Path, tmp_path: Path, times: float, state: str
) -> None:
    _time_apart(run, "sft/plain")
    slow = one_by_one(tmp_path / "slow", times)
    wanted = claim({"metric": "speed", "ratio": {"at_least": 3.5}}, **BATCHING)
    (found,) = check_claims([wanted], run, [run, slow])
    (one,) = found.conditions
    assert (found.state, one.title) == (state, "speed")
    assert one.value == pytest.approx(times)
    assert (one.a, one.b) == pytest.approx((1 / 1.0235, 1 / 1.0235 / times))
    # As many answers a second: the other way round it is as many times as slow.
    named = claim(
        {"metric": "seconds", "ratio": {"at_most": 1 / 3.5}},
        against="sft/plain",
        beside={"run": str(slow)},
    )
    assert check_claims([named], run)[0].state == state


def test_what_was_timed_together_is_one_measurement(run: Path, tmp_path: Path) -> None:
    """All 48 took a second each: that is one batch, and no interval."""
    slow = one_by_one(tmp_path / "slow", 40)
    wanted = claim({"metric": "speed", "ratio": {"at_least": 3.5}}, **BATCHING)
    (found,) = check_claims([wanted], run, [slow])
    (one,) = found.conditions
    assert (found.state, one.clusters, one.low) == ("undecided", 1, None)
    assert found.questions == FEWEST * 48


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (("machine", "processor", "other"), "made on different machines"),
        (("scored_on", "data", "e" * 64), "were not scored alike"),
        (None, "48 answers of .* are kept ones"),
    ],
)
def test_runs_that_cannot_be_timed_together_are_not(
    run: Path, tmp_path: Path, changes: tuple[str, str, str] | None, why: str
) -> None:
    slow = one_by_one(tmp_path / "slow", 4)
    if changes is None:
        _time_apart(run, "sft/plain", 4)
    else:
        with amending(slow / MANIFEST) as manifest:
            manifest[changes[0]][changes[1]] = changes[2]
    wanted = claim({"metric": "speed", "ratio": {"at_least": 3.5}}, **BATCHING)
    (found,) = check_claims([wanted], run, [slow])
    assert found.state == "not checked"
    assert found.why is not None
    assert re.search(why, found.why)


def test_the_command_prints_what_it_found_as_a_table_and_as_json(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    wanted = claim({"metric": "rouge_l", "difference": {"at_least": 0.16}}, claim="It lifts [b]")
    path.write_text(yaml.safe_dump({"claims": [wanted.model_dump(exclude_none=True)]}))
    document = printed("claims", path, run)
    (one,) = document["claims"]
    assert CheckedClaim.model_validate(one) == check_claims([wanted], run)[0]
    assert document["signature"] == json.loads((run / MANIFEST).read_text())["signature"]
    _, text, _ = spoken("claims", path, run)
    for part in ("Claims (us)", "It lifts [b].", "ROUGE-L", "difference ≥ 0.16", "n = 48 in 48"):
        assert part in text
    ((said, *_),) = claims_table(check_claims([wanted], run)).rows
    assert said.split("\n") == [
        "It lifts [b].",
        "Baseline: the base.",
        "sft/plain against base/plain",
        f"About {one['questions']:,} questions in place of 48 would decide.",
    ]
    assert "no claims 'nowhere'" in refused("claims", "nowhere", run)
    assert "is no run folder" in refused("claims", path, tmp_path)


def test_a_run_shows_the_claims_that_its_manifest_has(tmp_path: Path) -> None:
    run = write_matrix_run(tmp_path / "run", matrix_samples({"base/plain": 0, "sft/plain": 0.3}))
    claims = read_claims("llama2-7b")
    with amending(run / MANIFEST) as manifest:
        manifest["claims"] = [one.model_dump(mode="json") for one in claims]
    comparison = compare_run(run)
    assert list(comparison.claims) == check_claims(claims, run)
    states = {one.claim.split(" lift")[0]: one.state for one in comparison.claims}
    assert states["Fine-tuning"] == "supported"
    assert list(states.values()).count("not checked") == len(claims) - 1
    text = " ".join(shown(comparison).split())
    assert "Claims (published, of LLaMA-2-7B on other data, with no n and no interval)" in text
    assert [
        CheckedCondition.model_validate(c) for c in comparison.as_json()["claims"][0]["conditions"]
    ]
