"""Intervals against an independent bootstrap, and what must hold of every interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, bootstrap

from harness.rates import rate_difference, rate_interval
from harness.statistics import mean_interval, paired_difference

SCORES = st.lists(st.floats(0, 1), min_size=2, max_size=40)


def singles(scores: list[float]) -> list[str]:
    """Every score a cluster of its own."""
    return [str(i) for i in range(len(scores))]


def test_interval_agrees_with_scipys_percentile_bootstrap() -> None:
    scores = list(np.random.default_rng(3).beta(2, 5, size=80))
    ours = mean_interval(scores, singles(scores), seed=1)
    theirs = bootstrap(
        (scores,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    width = theirs.high - theirs.low
    # Two independent sets of resamples: the ends agree to a few hundredths of the width.
    assert ours.low == pytest.approx(theirs.low, abs=0.05 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.05 * width)


def test_copies_of_a_question_in_its_cluster_add_no_certainty() -> None:
    scores = list(np.random.default_rng(4).random(30))
    once = mean_interval(scores, singles(scores), seed=5)
    thrice = mean_interval(scores * 3, singles(scores) * 3, seed=5)
    assert (thrice.low, thrice.high) == (pytest.approx(once.low), pytest.approx(once.high))
    assert thrice.n == 90


def test_pairing_removes_what_the_questions_share() -> None:
    rng = np.random.default_rng(6)
    baseline = rng.random(60)
    better = baseline + 0.05 + rng.normal(0, 0.01, 60)
    change = paired_difference(list(better), list(baseline), singles(list(baseline)), seed=7)
    alone = mean_interval(list(baseline), singles(list(baseline)), seed=7)
    assert change.low > 0
    assert change.high - change.low < (alone.high - alone.low) / 5


def test_more_coverage_is_a_wider_interval_and_agrees_with_scipys() -> None:
    scores = list(np.random.default_rng(3).beta(2, 5, size=80))
    zeros = [0.0] * len(scores)
    usual = paired_difference(scores, zeros, singles(scores), seed=1)
    ours = paired_difference(scores, zeros, singles(scores), seed=1, coverage=0.99)
    theirs = bootstrap(
        (scores,),
        np.mean,
        confidence_level=0.99,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert ours.low < usual.low < usual.high < ours.high
    width = theirs.high - theirs.low
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.05 * width)


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.5, 95.0])
def test_a_coverage_that_is_no_share_is_refused(coverage: float) -> None:
    with pytest.raises(ValueError, match="coverage"):
        paired_difference([1.0], [0.5], ["a"], seed=1, coverage=coverage)


@given(SCORES, st.floats(-1, 1))
def test_a_constant_difference_has_no_width(scores: list[float], shift: float) -> None:
    change = paired_difference([s + shift for s in scores], scores, singles(scores), seed=1)
    assert change.low == pytest.approx(shift, abs=1e-9)
    assert change.high == pytest.approx(shift, abs=1e-9)


@given(SCORES)
def test_an_interval_is_ordered_within_the_scores_and_repeatable(scores: list[float]) -> None:
    figure = mean_interval(scores, singles(scores), seed=1)
    assert min(scores) - 1e-9 <= figure.low <= figure.high <= max(scores) + 1e-9
    assert figure == mean_interval(scores, singles(scores), seed=1)


@given(SCORES)
def test_swapping_the_arms_mirrors_the_difference(scores: list[float]) -> None:
    other = scores[::-1]
    forth = paired_difference(scores, other, singles(scores), seed=1)
    back = paired_difference(other, scores, singles(scores), seed=1)
    assert (forth.low, forth.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


@pytest.mark.parametrize(
    ("scores", "baseline", "clusters"), [([], [], []), ([1.0], [], ["a"]), ([1.0], [0.5], [])]
)
def test_unequal_or_missing_scores_are_refused(
    scores: list[float], baseline: list[float], clusters: list[str]
) -> None:
    with pytest.raises(ValueError, match="scores"):
        paired_difference(scores, baseline, clusters, seed=1)


@pytest.mark.parametrize(("right", "n"), [(0, 10), (3, 10), (10, 10), (40, 71), (1, 1)])
def test_a_rates_interval_is_wilsons(right: int, n: int) -> None:
    scores = [1.0] * right + [0.0] * (n - right)
    figure = rate_interval(scores, [str(i) for i in range(n)])
    expected = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert figure.n == n
    assert (figure.low, figure.high) == pytest.approx((expected.low, expected.high))


def test_a_rates_interval_counts_clusters_not_questions() -> None:
    scores = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    wide = rate_interval(scores, ["a", "a", "a", "b", "b", "b"])
    narrow = rate_interval(scores, list("abcdef"))
    assert wide.mean == narrow.mean == 0.5
    assert wide.low < narrow.low
    assert wide.high > narrow.high
    two = binomtest(1, 2).proportion_ci(0.95, method="wilson")
    assert (wide.low, wide.high) == pytest.approx((two.low, two.high))
    lopsided = rate_interval([1.0] * 100 + [0.0] * 99, ["a"] * 100 + [str(i) for i in range(99)])
    assert lopsided.high - lopsided.low > 0.45


def test_a_rate_of_something_between_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        rate_interval([0.5], ["a"])


def of_table(both: int, first: int, second: int, neither: int) -> tuple[list[float], list[float]]:
    """Two rows of 0 and 1 with these counts of pairs."""
    ours = [1.0] * (both + first) + [0.0] * (second + neither)
    theirs = [1.0] * both + [0.0] * first + [1.0] * second + [0.0] * neither
    return ours, theirs


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        # Fagerland, Lydersen & Laake, Statistical Analysis of Contingency Tables (2017), chapter 8:
        # Bentur 2009 and Cavo 2012.
        ((1, 1, 7, 12), (-0.507, -0.026)),
        ((59, 6, 16, 80), (-0.1186, -0.0046)),
    ],
)
def test_a_difference_of_rates_has_newcombes_interval(
    table: tuple[int, int, int, int], expected: tuple[float, float]
) -> None:
    ours, theirs = of_table(*table)
    difference = rate_difference(ours, theirs, singles(ours))
    assert difference.delta == pytest.approx((table[1] - table[2]) / sum(table))
    assert (difference.low, difference.high) == pytest.approx(expected, abs=6e-4)


def test_rates_that_agree_everywhere_leave_a_difference_open() -> None:
    same = rate_difference([1.0] * 20, [1.0] * 20, singles([1.0] * 20))
    assert same.delta == 0
    assert same.low < -0.1
    assert same.high > 0.1


@given(table=st.tuples(*[st.integers(0, 60)] * 4).filter(any))
def test_swapping_the_arms_mirrors_a_difference_of_rates(table: tuple[int, int, int, int]) -> None:
    ours, theirs = of_table(*table)
    one = rate_difference(ours, theirs, singles(ours))
    other = rate_difference(theirs, ours, singles(ours))
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert -1 <= one.low <= one.delta <= one.high <= 1


def test_a_difference_of_rates_counts_clusters_not_questions() -> None:
    ours, theirs = of_table(4, 8, 0, 12)
    singly = rate_difference(ours, theirs, singles(ours))
    paired = rate_difference(ours * 2, theirs * 2, singles(ours) * 2)
    assert (paired.low, paired.high) == pytest.approx((singly.low, singly.high))
    assert (paired.n, paired.clusters) == (48, 24)


def test_a_difference_of_something_between_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        rate_difference([1.0], [0.5], ["a"])
