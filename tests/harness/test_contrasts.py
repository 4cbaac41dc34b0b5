"""Weighted sums, ratios and plans agree with what is known of them by other ways."""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t

from harness.contrasts import Estimated, shared_figures
from harness.outcomes import Outcome
from harness.pairing import Measure, difference
from harness.runs import Result
from harness.statistics import FEWEST, FEWEST_TOGETHER
from tests.intervals import ends, share

MEAN = Measure("score", "score", "mean", True)
RATE = Measure("score", "score", "rate", None)
SHARE = Measure("score", "score", "corpus", True, share)
SCORES = st.lists(st.integers(0, 8).map(lambda one: one / 8), min_size=24, max_size=24)
"""Of two variants on twelve questions."""


def scored(values: Sequence[Any]) -> Result:
    """A variant with these values, each question a group by itself."""
    outcomes = {
        f"q{i}": Outcome(f"q{i}", "", {"score": value}, {"evidence": [f"f/s{i}"]})
        for i, value in enumerate(values)
    }
    return Result("any", outcomes)


def found(*values: Sequence[Any], measure: Measure = MEAN) -> Estimated:
    made = shared_figures([scored(one) for one in values], measure)
    assert made is not None
    return made


def even(count: int, seed: int) -> list[float]:
    """Values that lie as far above 0.5 as below: no sum of them is skewed."""
    half = np.random.default_rng(seed).uniform(0, 0.2, count // 2)
    return [*(0.5 + half), *(0.5 - half)]


def test_the_bound_of_a_difference_is_the_paired_one_where_nothing_is_skewed() -> None:
    first, second = even(40, 1), even(40, 2)
    change = found(first, second).contrast([1, -1])
    assert change == found(first, second).difference()
    paired = difference(scored(first), scored(second), MEAN)
    assert paired is not None
    assert ends(change) == pytest.approx(ends(paired))
    skewed = [one**8 for one in first]
    reaching = found(skewed, second).contrast([1, -1])
    paired = difference(scored(skewed), scored(second), MEAN)
    assert paired is not None
    assert reaching.high > paired.high  # Where few large ones are, more may come.
    assert reaching.low <= paired.low


def test_an_interaction_is_the_difference_of_two_differences() -> None:
    corners = [np.array(even(40, seed)) * seed for seed in (1, 2, 3, 4)]
    change = found(*corners).contrast([1, -1, -1, 1])
    each = corners[0] - corners[1] - corners[2] + corners[3]
    assert change.delta == pytest.approx(each.mean())
    reach = t.ppf(0.975, 39) * each.std(ddof=1) / sqrt(40)
    assert ends(change) == pytest.approx((each.mean() - reach, each.mean() + reach))
    assert (change.n, change.clusters) == (40, 40)


def test_a_ratio_has_fiellers_interval() -> None:
    first, second = np.array(even(40, 1)), np.array(even(40, 2))
    value, *found_ends = found(first * 0.9, second).ratio() or ()
    assert value == pytest.approx(0.9)
    (vv, uv), (_, uu) = np.cov(first * 0.9, second) / 40
    v, u, squared = (first * 0.9).mean(), second.mean(), t.ppf(0.975, 39) ** 2
    a, b, c = u**2 - squared * uu, v * u - squared * uv, v**2 - squared * vv
    root = sqrt(b**2 - a * c)
    assert found_ends == pytest.approx([(b - root) / a, (b + root) / a])


@given(SCORES, st.floats(0, 3))
def test_a_ratio_and_a_contrast_say_the_same(scores: list[float], claimed: float) -> None:
    both = found(scores[:12], scores[12:])
    ratio = both.ratio()
    if ratio is None or ratio[1] is None or ratio[2] is None:
        return
    change = both.contrast([1, -claimed])
    assert change.low is not None
    assert change.high is not None
    value, low, high = ratio
    assert low <= value <= high
    if min(abs(claimed - low), abs(claimed - high)) > 1e-9:  # But for rounding.
        assert (change.low >= 0) is (claimed <= low)
        assert (change.high <= 0) is (claimed >= high)


def test_a_ratio_to_what_may_be_nothing_has_no_interval() -> None:
    assert found(even(40, 1), [0.0] * 40).ratio() is None
    noise = [one - 0.5 + 1e-6 for one in even(40, 2)]
    _, low, high = found(even(40, 1), noise).ratio() or ()
    assert low is high is None


def test_below_the_fewest_clusters_there_is_no_interval() -> None:
    few = found(even(FEWEST - 2, 1), even(FEWEST - 2, 2))
    assert few.contrast([1, -1]).low is None
    assert few.ratio() == (pytest.approx(1.0), None, None)
    counts = [[(one, 1.0) for one in even(FEWEST_TOGETHER - 2, seed)] for seed in (1, 2)]
    assert found(*counts, measure=SHARE).contrast([1, -1]).low is None
    more = [[*one, *one[:2]] for one in counts]
    assert found(*more, measure=SHARE).contrast([1, -1]).low is not None


def test_shares_differ_by_the_interval_of_shares() -> None:
    ours, theirs = [1.0] * 8, [0.0] * 2 + [1.0] * 6
    expected = difference(scored(ours), scored(theirs), RATE)
    assert found(ours, theirs, measure=RATE).difference() == expected


def test_variants_that_share_no_question_have_no_figures() -> None:
    assert shared_figures([scored([0.5]), Result("none", {})], MEAN) is None


def test_so_many_questions_decide_four_times_in_five() -> None:
    both = found(even(40, 1), even(40, 2))
    error = float(both.found.errors(np.array([[1.0, -1.0]]))[0])
    away = error / 4
    needed = both.enough(away, norm.ppf(0.975) * error, [1, -1])
    assert needed == both.enough(-away, None, [1, -1])
    assert needed == ceil(40 * (4 * (norm.ppf(0.975) + norm.ppf(0.8))) ** 2)
    assert norm.cdf(away / (error * sqrt(40 / needed)) - norm.ppf(0.975)) == pytest.approx(
        0.8, abs=0.01
    )
    assert both.enough(2 * away, None, [1, -1]) == pytest.approx(needed / 4, abs=1)


def test_no_number_of_questions_shows_what_is_not_there_and_a_decision_takes_enough_groups() -> (
    None
):
    both = found(even(40, 1), even(40, 2))
    assert both.enough(0.0, 0.1, [1, -1]) is None
    assert both.enough(1e-6, 0.1, [1, -1]) is None
    assert both.enough(1.0, 0.1, [1, -1]) == 41
    few = found([0.5] * 4, [0.4] * 4)
    assert few.enough(0.1, None, [1, -1]) == FEWEST
