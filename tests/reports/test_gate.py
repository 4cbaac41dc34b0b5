"""A gate: what it says of two variants or of a run, and the files it leaves."""

import json
import random
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.errors import ConfigError, DataError
from harness.verdict import Rule
from reports.decision import Decided
from reports.gate import gate_run, gate_sides, junit
from reports.rows import is_score_lines, score_lines, score_lines_side
from reports.side import Side, log_side, variant_side
from tests.logs import line, write_log, write_results
from tests.reports.made_up import made_up_sample, write_run

LEVELS = {"floor/sentence": -0.2, "base/plain": 0.0, "sft/plain": 0.1, "sft/engineered": -0.1}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """150 questions in 50 groups under a floor and three variants."""
    samples = {}
    for name, level in LEVELS.items():
        own, common = random.Random(name), random.Random(0)  # noqa: S311
        samples[name] = [
            made_up_sample(
                i,
                common.uniform(0.3, 0.5) + level + own.gauss(0, 0.03),
                [f"f/s{i // 3}"],
                [],
                "answer",
                None,
            )
            for i in range(150)
        ]
    return write_run(tmp_path / "run", samples, name="mine", model="m")


def noisy(level: float, n: int = 60) -> list[tuple[int, float]]:
    """Numbered scores of that level, give or take."""
    own, common = random.Random(level), random.Random(0)  # noqa: S311
    return [(i, common.uniform(0.3, 0.5) + level + own.gauss(0, 0.03)) for i in range(n)]


def log(folder: Path, level: float, n: int = 60) -> Side:
    """A log of a task of somebody else's."""
    write_log(folder, [line(i, exact=one) for i, one in noisy(level, n)])
    write_results(folder, {"exact": True})
    return log_side(next(folder.glob("samples_*")))


def gated(candidate: Side, in_place: Side, **rule: Any) -> Decided:
    return gate_sides(candidate, in_place, None, Rule(**rule)).verdict


def test_two_logs_are_decided_on_and_what_was_not_checked_is_named(tmp_path: Path) -> None:
    better, today = log(tmp_path / "a", 0.1), log(tmp_path / "b", 0.0)
    found = gated(better, today)
    assert (found.decision, found.variant) == ("ship", better.name)
    assert [one for one in found.reasons if one.startswith("Not checked")] == [
        "Not checked: floors. None was scored on these questions.",
        "Not checked: whether training has seen these questions.",
    ]
    assert gated(today, better).decision == "hold"
    few = gated(log(tmp_path / "c", 0.1, n=8), log(tmp_path / "d", 0.0, n=8))
    assert few.decision == "undecided"


def test_which_way_is_better_is_not_guessed(tmp_path: Path) -> None:
    paths = [
        write_log(tmp_path / name, [line(i, exact=x) for i, x in noisy(v)])
        for name, v in (("a", 0.1), ("b", 0.0))
    ]
    with pytest.raises(ConfigError, match="nothing can be decided by any metric"):
        gated(*map(log_side, paths))


def test_a_floor_and_what_is_shown_the_evidence_are_not_up_for_a_decision(run: Path) -> None:
    floor, base = variant_side(run, "floor/sentence"), variant_side(run, "base/plain")
    with pytest.raises(ConfigError, match="is not up for a decision"):
        gated(floor, base)
    assert gated(base, floor).decision == "ship"


def test_a_run_is_gated_by_a_variant_of_the_same_name_of_another(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(run, other)
    found = gate_run(run, variant_side(other, "sft/plain"))
    assert found.verdict.in_place == f"{other}:sft/plain"
    assert found.verdict.decision == "hold"


def test_a_variant_of_a_run_must_beat_its_floors(run: Path) -> None:
    good, base = variant_side(run, "sft/plain"), variant_side(run, "base/plain")
    found = gated(good, base)
    assert found.decision == "ship"
    assert [one.role for one in found.variants.values()] == ["candidate", "in place", "floor"]
    with pytest.raises(ConfigError, match="enters twice"):
        gated(good, good)


def test_rows_are_a_baseline_that_says_the_same(run: Path, tmp_path: Path) -> None:
    good, base = variant_side(run, "sft/plain"), variant_side(run, "base/plain")
    path = tmp_path / "baseline.jsonl"
    path.write_text(score_lines(base, good))
    first = json.loads(path.read_text().splitlines()[0])
    fields = ["case_id", "cluster", "metric", "score", "baseline", "higher_is_better"]
    assert list(first) == fields
    assert (first["case_id"], first["cluster"]) == ("q0", "f/s0")
    assert first["score"] == base.result.outcomes["q0"].values[first["metric"]]
    assert first["baseline"] == good.result.outcomes["q0"].values[first["metric"]]
    assert is_score_lines(path)
    kept = score_lines_side(path)
    assert "corpus_bleu" not in kept.measures
    now, then = gated(good, base), gated(good, kept)
    assert (then.decision, then.n, then.clusters) == (now.decision, now.n, now.clusters)
    beside = then.variants["sft/plain"].beside[kept.name]
    assert beside.delta == pytest.approx(now.variants["sft/plain"].beside["base/plain"].delta)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"case_id": "a", "cluster": "c", "metric": "m", "score": "good"}', r":1: score"),
        ('{"case_id": "a", "cluster": "c", "metric": "m", "score": NaN}', r":1: score"),
        ('{"case_id": "a", "metric": "m", "score": 1}', r":1: cluster"),
        ('{"case_id": "a", "cluster": "c", "metric": "m", "score": 1}\n' * 2, r":2: m of 'a'"),
    ],
)
def test_rows_that_are_damaged_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        score_lines_side(path)


def test_a_run_is_gated_by_a_kept_baseline_and_its_own_baseline_is_one_of_many(
    run: Path, tmp_path: Path
) -> None:
    path = tmp_path / "baseline.jsonl"
    path.write_text(score_lines(variant_side(run, "sft/engineered")))
    found = gate_run(run, score_lines_side(path))
    assert (found.verdict.decision, found.verdict.variant) == ("ship", "sft/plain")
    assert found.verdict.in_place == str(path)
    assert found.verdict.variants["base/plain"].role == "candidate"
    assert found.candidate.result.name == "sft/plain"
    path.write_text(score_lines(variant_side(run, "sft/plain")))
    held = gate_run(run, score_lines_side(path))
    assert (held.verdict.decision, held.verdict.variant) == ("hold", str(path))


@pytest.mark.parametrize(
    ("level", "n", "kind"), [(0.1, 60, None), (-0.1, 60, "failure"), (0.1, 8, "error")]
)
def test_junit_has_a_test_that_passes_fails_or_is_in_error(
    tmp_path: Path, level: float, n: int, kind: str | None
) -> None:
    found = gated(log(tmp_path / "a", level, n), log(tmp_path / "b", 0.0, n))
    suite = ElementTree.fromstring(junit(found))  # noqa: S314 - our own
    whole, candidate = suite.findall("testcase")
    assert whole.get("name") == "verdict"
    assert suite.get("tests") == "2"
    problems = [one for one in ("failure", "error") if whole.find(one) is not None]
    assert problems == ([kind] if kind else [])
    assert (candidate.find("skipped") is None) is (kind is None)
    assert (suite.get("failures"), suite.get("errors")) == (
        str(int(kind == "failure")),
        str(int(kind == "error")),
    )
