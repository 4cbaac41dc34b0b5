"""How many questions show a difference, from a run that is there."""

from pathlib import Path

import pytest

from harness.errors import RunError
from reports.power import Power, power_of
from tests.conftest import printed, refused
from tests.reports.test_decision import PLAIN, decided


@pytest.fixture
def run(tmp_path: Path) -> Path:
    decided(tmp_path, PLAIN | {"sft/plain": (0.02, 2.0), "sft/engineered": (0.0, 2.0)})
    return tmp_path


def test_what_is_detectable_takes_as_many_questions_as_there_are(run: Path) -> None:
    found = power_of(run, None, 0.05)
    assert (found.by, found.baseline, found.n, found.clusters) == ("rouge_l", "base/plain", 150, 50)
    assert list(found.variants) == ["sft/plain", "sft/engineered"]
    least = found.variants["sft/plain"].detectable
    assert least is not None
    assert power_of(run, None, least).variants["sft/plain"].questions == pytest.approx(150, abs=2)
    half = power_of(run, None, least / 2).variants["sft/plain"]
    # Errors shrink with the root of the questions, and a quantile of more groups a little.
    assert half.questions is not None and 520 < half.questions < 601
    assert half.clusters == pytest.approx(half.questions / 3, abs=1)
    assert power_of(run, None, least / 100).variants["sft/plain"].questions is None
    # One that says the same on every question is told from it by none.
    assert found.variants["sft/engineered"].questions is None


def test_the_command_says_it_as_json_and_refuses_what_is_no_run(run: Path, tmp_path: Path) -> None:
    found = printed("power", run, "--difference", "0.01")
    assert Power.model_validate(found) == power_of(run, None, 0.01)
    assert "is no run folder" in refused("power", tmp_path / "nowhere")


def test_a_run_of_one_variant_plans_nothing(tmp_path: Path) -> None:
    decided(tmp_path, {"base/plain": (0.0, 1.0)})
    with pytest.raises(RunError, match="has 0 variants beside base/plain"):
        power_of(tmp_path, None, 0.05)
