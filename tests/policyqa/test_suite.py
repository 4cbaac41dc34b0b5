"""Suites: shipped ones load, bad ones are refused whole, and questions are drawn by seed."""

from itertools import pairwise
from pathlib import Path

import pytest

from harness.errors import ConfigError
from policyqa.plan import draw, make_plan
from policyqa.suite import load_suite
from tasks.policyqa.questions import DATA


def test_quick_is_the_published_comparison() -> None:
    suite = load_suite("quick")
    assert suite.arms == ["base/plain", "sft/plain", "sft/engineered", "sft-rag/rag"]
    assert (suite.split, suite.limit, suite.data) == ("test", 60, DATA)
    assert suite.trained_weights == ["sft", "sft-rag"]


def test_full_is_the_whole_matrix_on_the_whole_split() -> None:
    suite = load_suite("full")
    matrix = {
        f"{w}/{p}" for w in ("base", "sft", "sft-rag") for p in ("plain", "engineered", "rag")
    }
    assert matrix <= set(suite.arms)
    assert {"base/oracle", "sft-rag/misled"} <= set(suite.arms)
    assert suite.limit is None


def test_sweep_varies_the_budget_then_k_with_one_checkpoint() -> None:
    suite = load_suite("sweep")
    limits = [arm.limits(suite.k, suite.budget) for arm in suite.parsed_arms]
    assert [b for k, b in limits if k == 20] == [0, 100, 200, 400, 800, 1400, 2000]
    assert sorted(k for k, b in limits[:-1] if b == 4000) == [0, 1, 2, 4, 8]
    assert suite.arms[-1] == "sft-rag/oracle+budget=4000"
    assert (suite.split, suite.limit) == ("validation", None)
    assert suite.trained_weights == ["sft-rag"]


def test_every_model_of_a_suite_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("model: m\narms: [base/plain]\nembedder: e\nreranker: r\n")
    assert load_suite(str(path)).models == ["m", "minilm-l6", "e", "r"]
    assert load_suite("quick").models == ["smollm2-135m", "minilm-l6"]


def test_every_wrong_field_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("model: m\narms: [base/poem]\nlimit: 0\ncolour: red\n")
    with pytest.raises(ConfigError) as caught:
        load_suite(str(path))
    for word in ("mine.yaml", "base/poem", "limit", "colour"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "model: m\narms: []\n",
        "model: m\narms: [base/plain, base/plain]\n",
        "model: m\narms: [base/rag+k=1+budget=2, base/rag+budget=2+k=1]\n",
        "name: ../x\nmodel: m\n",
    ],
)
def test_a_suite_that_cannot_be_carried_out_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        load_suite(str(path))


def test_an_unknown_recipe_is_refused_before_any_work(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("model: smollm2-135m\narms: [sft/plain]\nrecipes: {sft: no-such}\n")
    with pytest.raises(ConfigError, match="no recipe 'no-such'"):
        make_plan(load_suite(str(path)))


def test_questions_are_drawn_by_seed() -> None:
    assert draw(100, 10, 7) == draw(100, 10, 7)
    assert draw(100, 10, 7) != draw(100, 10, 8)
    assert len(set(draw(100, 10, 7))) == 10
    assert draw(5, None, 7) == draw(5, 9, 7) == [0, 1, 2, 3, 4]


def test_a_smaller_limit_is_a_subset_of_a_larger() -> None:
    drawn = [set(draw(635, limit, 7)) for limit in (5, 60, 61, 300)]
    assert all(one < other for one, other in pairwise(drawn))
