"""What determines an arm: the context it sets, else the suite's, and nothing it does not use."""

from pathlib import Path
from typing import Any

import pytest

from harness.files import fingerprint
from policyqa.plan import make_plan
from policyqa.suite import load_suite


@pytest.fixture
def suite(data: Path, minilm: Path, tmp_path: Path) -> Path:  # noqa: ARG001
    """A suite over the small data, of arms that need no training."""
    path = tmp_path / "mine.yaml"
    path.write_text(f"model: smollm2-135m\narms: [{', '.join(ARMS)}]\ndata: {data}\n")
    return path


ARMS = [
    "base/plain",
    "base/rag",
    "base/rag+k=2",
    "base/rag+k=0",
    "base/rag+budget=0",
    "base/rag+k=0+budget=0",
    "base/oracle",
    "base/oracle+budget=0",
]


def determinants(suite: Path, **changes: Any) -> dict[str, dict[str, Any]]:
    plan = make_plan(load_suite(str(suite), **changes))
    return {str(arm): plan.arm_determinants(arm) for arm in plan.suite.parsed_arms}


def test_an_arm_is_determined_by_the_context_it_sets(suite: Path) -> None:
    found = determinants(suite)
    retrieval = {arm: what["retrieval"] for arm, what in found.items()}
    assert retrieval["base/plain"] is None
    assert retrieval["base/rag"] == retrieval["base/rag+k=2"]
    limits = [retrieval[f"base/rag{own}"][-2:] for own in ("", "+k=0", "+budget=0")]
    assert limits == [[2, 400], [0, 400], [2, 0]]
    assert retrieval["base/oracle+budget=0"][-1] == 0
    assert len({fingerprint(what) for what in found.values()}) == len(ARMS)


def test_only_arms_that_set_no_context_follow_the_suite(suite: Path) -> None:
    before, after = determinants(suite), determinants(suite, k=3, budget=99)
    assert {arm for arm in ARMS if before[arm] == after[arm]} == {
        "base/plain",
        "base/rag+k=0+budget=0",
        "base/oracle+budget=0",
    }


@pytest.mark.parametrize("change", [{"embedder": "owner/other"}, {"reranker": "owner/other"}])
def test_another_way_of_retrieving_is_another_arm(suite: Path, change: dict[str, str]) -> None:
    before, after = determinants(suite), determinants(suite, **change)
    # The reranker has no say in sections that are named; the embedder counts their tokens.
    named = {"base/oracle", "base/oracle+budget=0"}
    unmoved = {"base/plain"} | (named if "reranker" in change else set())
    assert {arm for arm in ARMS if before[arm] == after[arm]} == unmoved


def test_the_checkpoint_is_trained_with_the_context_of_the_suite(suite: Path, data: Path) -> None:
    def trained(arms: str, **changes: Any) -> dict[str, Any]:
        suite.write_text(f"model: smollm2-135m\narms: [{arms}]\ndata: {data}\n")
        plan = make_plan(load_suite(str(suite), **changes))
        return plan.checkpoint_determinants("sft-rag")

    plain = trained("sft-rag/rag")
    assert trained("sft-rag/rag+k=9+budget=0, sft-rag/oracle+budget=7") == plain
    assert trained("sft-rag/rag", k=9) != plain
