"""Agreement with people: hand-made cases, scipy, and whether chance is told from skill."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr, ttest_1samp

from harness.agreement import COIN, majority, preferred_share, rank_correlation, rater_agreement
from tests.intervals import ends, singles

NUMBERS = st.lists(st.integers(-3, 3), min_size=12, max_size=30)


@pytest.mark.parametrize(
    ("votes", "expected"), [([1], 1), ([1, -1], 0), ([-1, 1, -1], -1), ([1, 0, 0], 1), ([0], 0)]
)
def test_a_pair_of_several_raters_is_what_more_of_them_prefer(
    votes: list[int], expected: int
) -> None:
    assert majority(votes) == expected


def test_a_score_agrees_where_it_is_higher_for_the_preferred_answer_and_half_where_alike() -> None:
    found = preferred_share([3, 1, 2, 5], [1, 3, 2, 4], [1, -1, 1, -1], ["a", "b", "c", "c"])
    assert (found.mean, found.n, found.clusters) == ((1 + 1 + 0.5 + 0) / 4, 4, 3)
    assert (found.low, found.high) == (None, None)
    with pytest.raises(ValueError, match="prefer neither"):
        preferred_share([1], [2], [0], ["a"])


@given(NUMBERS, st.data())
def test_answers_in_another_order_and_scores_turned_round_are_as_they_must(
    first: list[int], data: st.DataObject
) -> None:
    same = {"min_size": len(first), "max_size": len(first)}
    second = data.draw(st.lists(st.integers(-3, 3), **same))
    preferred = data.draw(st.lists(st.sampled_from([1, -1]), **same))
    clusters = singles(first)
    found = preferred_share(first, second, preferred, clusters)
    assert preferred_share(second, first, [-one for one in preferred], clusters) == found
    turned = preferred_share(second, first, preferred, clusters)
    assert turned.mean == pytest.approx(1 - found.mean)
    (low, high), (low_turned, high_turned) = ends(found), ends(turned)
    assert 0 <= low <= found.mean <= high <= 1
    assert (low_turned, high_turned) == pytest.approx((1 - high, 1 - low))


def test_the_interval_is_scipys_of_the_means_of_even_groups() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(0.4, 1, 60), rng.normal(0, 1, 60)
    found = preferred_share(first, second, [1] * 60, [str(i // 3) for i in range(60)])
    means = (first > second).reshape(20, 3).mean(axis=1)
    theirs = ttest_1samp(means, 0).confidence_interval(0.95)
    assert ends(found) == pytest.approx((theirs.low, theirs.high))


def test_pairs_that_all_go_one_way_do_not_say_that_all_there_are_do() -> None:
    always = preferred_share([1.0] * 12, [0.0] * 12, [1] * 12, singles([0.0] * 12))
    assert always.mean == 1.0
    low, high = ends(always)
    assert COIN < low < 0.8
    assert high == 1.0


def test_a_coin_is_seldom_taken_for_skill_and_skill_is_found() -> None:
    rng = np.random.default_rng(5)
    clusters = [str(i // 8) for i in range(160)]

    def shown(skill: float) -> float:
        """How often of 400 samples the interval lies above a coin's share."""
        preferred = rng.choice([1, -1], (400, 160))
        scores = rng.normal(0, 1, (400, 160)) + skill * preferred
        found = [
            preferred_share(one, np.zeros(160), theirs.tolist(), clusters)
            for one, theirs in zip(scores, preferred, strict=True)
        ]
        return float(np.mean([ends(one)[0] > COIN for one in found]))

    assert shown(0.0) < 0.05
    assert shown(0.5) > 0.95


def test_two_raters_agree_as_often_as_couples_of_those_who_prefer_an_answer() -> None:
    # One pair of three couples of which one agrees, one of one couple, and two without a couple.
    found = rater_agreement([(1, 1, -1), (0, -1, -1), (1, 0), (1,)], ["a", "b", "c", "d"])
    assert found is not None
    assert (found.mean, found.n, found.clusters) == (pytest.approx((1 / 3 + 1) / 2), 2, 2)
    assert rater_agreement([(1,), (0, 0)], ["a", "b"]) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=40))
def test_the_rank_correlation_is_scipys(pairs: list[tuple[int, int]]) -> None:
    scores, ratings = zip(*pairs, strict=True)
    found = rank_correlation(scores, ratings, singles(scores))
    if len(set(scores)) == 1 or len(set(ratings)) == 1:
        assert found is None
    else:
        assert found is not None
        assert found.mean == pytest.approx(spearmanr(scores, ratings).statistic, abs=1e-12)
        turned = rank_correlation([-one for one in scores], ratings, singles(scores))
        assert turned is not None
        assert turned.mean == pytest.approx(-found.mean)


def test_the_interval_of_a_rank_correlation_covers_it_in_groups() -> None:
    rng = np.random.default_rng(7)
    clusters = [str(i // 5) for i in range(100)]
    # Of two normal variables with Pearson's 0.6: 6 / pi * arcsin(0.6 / 2).
    true = 6 / np.pi * np.arcsin(0.3)
    covered = []
    for _ in range(300):
        scores, noise = rng.normal(0, 1, (2, 100))
        found = rank_correlation(scores, 0.6 * scores + 0.8 * noise, clusters)
        assert found is not None
        low, high = ends(found)
        covered.append(low <= true <= high)
    assert 0.92 <= np.mean(covered) <= 0.99


def test_a_rank_correlation_has_no_interval_where_groups_do_not_allow_one() -> None:
    few = rank_correlation([1, 2, 3, 4], [1, 3, 2, 4], ["a", "a", "b", "b"])
    assert few is not None
    assert (few.low, few.n, few.clusters) == (None, 4, 2)
    # Without the last group nothing varies.
    hanging = rank_correlation([0.0] * 11 + [1.0], list(range(12)), singles([0.0] * 12))
    assert hanging is not None
    assert hanging.low is None
    with pytest.raises(ValueError, match="4 scores in 3 clusters"):
        rank_correlation([1, 2, 3, 4], [1, 3, 2, 4], ["a", "b", "c"])
