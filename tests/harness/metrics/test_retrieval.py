"""Retrieval metrics against plain definitions written here, on random and on odd rankings."""

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.metrics.retrieval import retrieval_metrics, retrieval_scores, retrieval_signature

SECTIONS = [f"act/s-{n}" for n in range(12)]
RANKINGS = st.lists(st.sampled_from(SECTIONS), unique=True)
EVIDENCE = st.sets(st.sampled_from([*SECTIONS, "act/s-never-found"]), min_size=1)


def by_hand(found: list[bool], relevant: int, k: int) -> dict[str, float]:
    """Plain definitions, of which of the first k are evidence."""
    precisions = [sum(found[: i + 1]) / (i + 1) for i in range(len(found)) if found[i]]
    gain = sum(1 / math.log2(i + 2) for i in range(len(found)) if found[i])
    return {
        f"recall@{k}": sum(found) / relevant,
        f"map@{k}": sum(precisions) / relevant,
        f"ndcg@{k}": gain / sum(1 / math.log2(i + 2) for i in range(min(k, relevant))),
        f"mrr@{k}": 1 / (found.index(True) + 1) if any(found) else 0.0,
    }


@given(RANKINGS, EVIDENCE, st.integers(1, 15))
@example(sorted(SECTIONS), {"act/s-3"}, 10)
@example(sorted(SECTIONS, reverse=True), {"act/s-3"}, 10)
def test_scores_are_by_order_and_not_by_name_as_plain_definitions_of_the_first_k_have_it(
    ranking: list[str], evidence: set[str], k: int
) -> None:
    # trec_eval breaks ties by the sections' names: were the ranks not in the scores, one of the
    # two examples would come out upside down.
    found = [section in evidence for section in ranking[:k]]
    scores = retrieval_scores({"q": ranking}, {"q": evidence}, k)["q"]
    assert scores == pytest.approx(by_hand(found, len(evidence), k))


ALL, NOTHING = (dict.fromkeys(retrieval_metrics(10), value) for value in (1.0, 0.0))


def test_questions_are_scored_that_have_evidence_and_no_others() -> None:
    evidence = {"absent": {"a"}, "there": {"a"}, "empty": {"a"}, "missed": {"c"}}
    # Fewer than k found is no loss; a ranking of a question that is not asked is left out.
    rankings = {"there": ["a"], "empty": [], "missed": ["a", "b"], "other": ["a"]}
    scores = retrieval_scores(rankings, evidence, 10)
    assert scores == {"absent": NOTHING, "there": ALL, "empty": NOTHING, "missed": NOTHING}
    assert list(scores) == list(evidence)
    assert retrieval_scores({}, evidence, 10) == dict.fromkeys(evidence, NOTHING)


@pytest.mark.parametrize(
    ("ranking", "evidence", "k", "said"),
    [
        (["a", "b", "a"], {"a"}, 2, "twice in the ranking of question q"),
        (["a"], set(), 10, "question q has no evidence"),
        (["a"], {"a"}, 0, "k is 0"),
    ],
)
def test_what_has_no_score_is_refused(
    ranking: list[str], evidence: set[str], k: int, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        retrieval_scores({"q": ranking}, {"q": evidence}, k)


def test_the_signature_names_both_packages() -> None:
    assert re.fullmatch(r"ir-measures:[\d.]+,pytrec_eval-[\d.]+", retrieval_signature())
