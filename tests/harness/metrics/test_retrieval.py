"""Retrieval metrics against plain definitions written here, on random and on odd rankings."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.retrieval import retrieval_metrics, retrieval_scores

SECTIONS = [f"act/s-{n}" for n in range(12)]
RANKINGS = st.lists(st.sampled_from(SECTIONS), unique=True)
EVIDENCE = st.sets(st.sampled_from([*SECTIONS, "act/s-never-found"]), min_size=1)


def recall(found: list[bool], relevant: int) -> float:
    return sum(found) / relevant


def average_precision(found: list[bool], relevant: int) -> float:
    precisions = [sum(found[: i + 1]) / (i + 1) for i in range(len(found)) if found[i]]
    return sum(precisions) / relevant


def ndcg(found: list[bool], relevant: int, k: int) -> float:
    gain = sum(1 / math.log2(i + 2) for i in range(len(found)) if found[i])
    return gain / sum(1 / math.log2(i + 2) for i in range(min(k, relevant)))


def reciprocal_rank(found: list[bool]) -> float:
    return 1 / (found.index(True) + 1) if any(found) else 0.0


@given(RANKINGS, EVIDENCE, st.integers(1, 15))
def test_scores_agree_with_plain_definitions(
    ranking: list[str], evidence: set[str], k: int
) -> None:
    found = [section in evidence for section in ranking[:k]]
    assert retrieval_scores({"q": ranking}, {"q": evidence}, k)["q"] == pytest.approx(
        {
            f"recall@{k}": recall(found, len(evidence)),
            f"map@{k}": average_precision(found, len(evidence)),
            f"ndcg@{k}": ndcg(found, len(evidence), k),
            f"mrr@{k}": reciprocal_rank(found),
        }
    )


@pytest.mark.parametrize("arrange", [sorted, lambda ids: sorted(ids, reverse=True)])
def test_order_counts_and_names_do_not(arrange: Callable[[list[str]], list[str]]) -> None:
    # trec_eval breaks ties by the sections' names: were the ranks not in the scores, one of the
    # two orders would come out upside down.
    ranking = arrange(SECTIONS)
    for rank in (1, 5, 10):
        scores = retrieval_scores({"q": ranking}, {"q": {ranking[rank - 1]}}, 10)
        assert scores["q"]["mrr@10"] == pytest.approx(1 / rank)


@pytest.mark.parametrize("rankings", [{}, {"q": []}, {"q": ["act/s-1", "act/s-2"]}])
def test_a_question_whose_evidence_is_not_found_scores_0(rankings: dict[str, list[str]]) -> None:
    scores = retrieval_scores(rankings, {"q": {"act/s-3"}}, 10)
    assert scores == {"q": dict.fromkeys(retrieval_metrics(10), 0.0)}


def test_a_question_absent_from_the_rankings_is_scored_beside_the_others() -> None:
    evidence = {"absent": {"act/s-1"}, "there": {"act/s-1"}}
    scores = retrieval_scores({"there": ["act/s-1"]}, evidence, 10)
    assert list(scores) == ["absent", "there"]
    assert scores["absent"]["recall@10"] == 0.0
    assert scores["there"] == dict.fromkeys(retrieval_metrics(10), 1.0)


def test_a_ranking_of_a_question_that_is_not_asked_is_left_out() -> None:
    assert list(retrieval_scores({"other": ["a"], "q": ["a"]}, {"q": {"a"}}, 10)) == ["q"]


def test_fewer_than_k_found_is_no_loss() -> None:
    scores = retrieval_scores({"q": ["act/s-1"]}, {"q": {"act/s-1"}}, 10)
    assert scores["q"] == dict.fromkeys(retrieval_metrics(10), 1.0)


def test_what_comes_after_k_does_not_count() -> None:
    ranking = ["act/s-1", "act/s-2", "act/s-3"]
    assert set(retrieval_scores({"q": ranking}, {"q": {"act/s-3"}}, 2)["q"].values()) == {0.0}


def test_a_section_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice in the ranking of question q"):
        retrieval_scores({"q": ["a", "b", "a"]}, {"q": {"a"}}, 2)


def test_a_question_without_evidence_is_refused() -> None:
    with pytest.raises(ValueError, match="question q has no evidence"):
        retrieval_scores({}, {"q": set()}, 10)


def test_a_cut_off_below_1_is_refused() -> None:
    with pytest.raises(ValueError, match="k is 0"):
        retrieval_scores({}, {"q": {"a"}}, 0)
