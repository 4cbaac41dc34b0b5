"""Intervals of shares: Wilson's and Newcombe's, and what replicates add to them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest

from harness.jackknife import FloatArray
from harness.rates import rate_difference, rate_interval, shares_interval
from harness.statistics import mean_apart
from tests.intervals import ends, singles

RATES = st.tuples(st.integers(1, 3), st.integers(1, 12)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.sampled_from([0.0, 1.0]))
)


def wilson(right: int, n: int) -> tuple[float, float]:
    """scipy's interval."""
    found = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return found.low, found.high


@pytest.mark.parametrize(("right", "n"), [(0, 10), (3, 10), (10, 10), (40, 71), (1, 1)])
def test_a_rates_interval_is_wilsons(right: int, n: int) -> None:
    scores = [1.0] * right + [0.0] * (n - right)
    figure = rate_interval(scores, singles(scores))
    assert figure.n == n
    assert ends(figure) == pytest.approx(wilson(right, n))


def test_a_rates_interval_counts_clusters_not_questions() -> None:
    even = rate_interval([1.0] * 3 + [0.0] * 3, list("aaabbb"))
    assert even.mean == 0.5
    assert ends(even) == pytest.approx(wilson(1, 2))
    lopsided = rate_interval([1.0] * 100 + [0.0] * 99, ["a"] * 100 + [str(i) for i in range(99)])
    assert lopsided.high - lopsided.low > 0.45


def test_a_questions_own_share_is_no_more_than_one_question() -> None:
    found = shares_interval([0.25, 0.75, 1.0, 0.0], singles([0.0] * 4))
    assert (found.mean, found.n) == (0.5, 4)
    assert ends(found) == pytest.approx(wilson(2, 4))
    nothing = shares_interval([0.0] * 10, singles([0.0] * 10))
    assert ends(nothing) == pytest.approx(wilson(0, 10))
    for wrong in ([0.5, 1.5], [0.5], [0.5, float("nan")]):
        with pytest.raises(ValueError, match="shares needed, for 2 clusters"):
            shares_interval(wrong, ["a", "b"])


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
    assert ends(difference) == pytest.approx(expected, abs=6e-4)


@given(table=st.tuples(*[st.integers(0, 60)] * 4).filter(any))
def test_swapping_the_arms_mirrors_a_difference_of_rates(table: tuple[int, int, int, int]) -> None:
    ours, theirs = of_table(*table)
    one = rate_difference(ours, theirs, singles(ours))
    other = rate_difference(theirs, ours, singles(ours))
    assert ends(one) == pytest.approx((-other.high, -other.low))
    assert -1 <= one.low <= one.delta <= one.high <= 1


def test_a_difference_of_rates_counts_clusters_not_questions() -> None:
    ours, theirs = of_table(4, 8, 0, 12)
    singly = rate_difference(ours, theirs, singles(ours))
    paired = rate_difference(ours * 2, theirs * 2, singles(ours) * 2)
    assert ends(paired) == pytest.approx(ends(singly))
    assert (paired.n, paired.clusters) == (48, 24)


def test_a_score_between_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        rate_interval([0.5], ["a"])
    with pytest.raises(ValueError, match="0 or 1"):
        rate_difference([1.0], [0.5], ["a"])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_question_counts_once_however_often_it_was_asked(count: int) -> None:
    ones = [1.0] * 20
    one, many = (rate_interval(asked, singles(ones)) for asked in (ones, [ones] * count))
    assert many == one
    assert many.low < 0.9
    both = rate_difference([ones] * count, ones, singles(ones))
    assert both == rate_difference(ones, ones, singles(ones))
    # Rates that agree everywhere leave a difference open.
    assert (both.delta, both.low < -0.1, both.high > 0.1) == (0, True, True)


def test_seeds_that_disagree_leave_a_share_open() -> None:
    scores = [[1.0] * 200, [0.0] * 200]
    found = rate_interval(scores, singles(scores[0]))
    assert (found.low, found.mean, found.high, found.n) == (0, 0.5, 1, 200)
    apart = rate_difference(scores, [0.0] * 200, singles(scores[0]))
    assert (apart.delta, apart.high) == (0.5, 1)
    assert apart.low <= 0


@given(RATES)
def test_intervals_of_rates_reach_as_far_as_those_of_scores(scores: FloatArray) -> None:
    clusters = singles(list(scores[0]))
    both, nothing = np.concatenate([scores, 1 - scores[:1]]), np.zeros_like(scores[:1])
    for found, ours, theirs, least in (
        (rate_interval(both, clusters), both, nothing, 0),
        (rate_difference(both, scores, clusters), both, scores, -1),
        (rate_difference(scores, both, clusters), scores, both, -1),
    ):
        assert least <= found.low <= found.high <= 1
        _, low, high = mean_apart(ours, theirs, clusters, fewest=2)
        assert (low is None) is (high is None) is (len(clusters) == 1)
        if low is not None:
            assert found.low <= max(low, least) + 1e-9
            assert found.high >= min(high, 1) - 1e-9


def test_the_interval_of_shares_of_replicates_is_newcombes_with_their_correlation() -> None:
    """Clusters in which questions are independent: the interval of a mean is the narrower one."""
    rng = np.random.default_rng(8)
    chance = rng.random(60)
    ours, theirs = ((rng.random((count, 60)) < chance).astype(float) for count in (3, 2))
    clusters = [str(i // 5) for i in range(60)]
    found = rate_difference(ours, theirs, clusters)
    _, low, high = mean_apart(ours, theirs, clusters)
    assert found.low < low < high < found.high
    one, other = (rate_interval(each, clusters) for each in (ours, theirs))
    shares = ours.mean(axis=0), theirs.mean(axis=0)
    spread = shares[0].std() * shares[1].std()
    phi = np.corrcoef(*shares)[0, 1] - 1 / (2 * 12) / spread
    low, high = one.mean - one.low, other.high - other.mean
    assert phi > 0
    assert found.low == pytest.approx(
        found.delta - (low**2 - 2 * phi * low * high + high**2) ** 0.5
    )
