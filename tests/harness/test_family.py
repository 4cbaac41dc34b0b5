"""Bounds of several differences at once, against what they must agree with where they overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, tukey_hsd

from harness.family import Estimates, bounds, critical, estimates, pairs
from harness.jackknife import FloatArray
from harness.statistics import COVERAGE, corpus_difference, paired_difference
from tests.intervals import share

CLUSTERS = [str(int(place**0.7)) for place in range(120)]
"""28 groups of a few questions, some larger than others."""


def of_scores(scores: FloatArray, clusters: list[str] = CLUSTERS) -> Estimates:
    """The means of V variants, of scores (V, N) or, of P replicates each, (V, P, N)."""
    replicated = scores if scores.ndim == 3 else scores[:, None]
    parts = [np.stack([one, np.ones_like(one)], axis=-1) for one in replicated]
    return estimates(parts, share, clusters)


def drawn(variants: int, *shape: int, seed: int = 1) -> FloatArray:
    return np.random.default_rng(seed).gamma(2.0, size=(variants, *shape))


@pytest.mark.parametrize("replicates", [(), (3,)])
def test_of_two_variants_the_bounds_are_the_paired_interval_but_for_skewness(
    replicates: tuple[int, ...],
) -> None:
    scores = drawn(2, *replicates, len(CLUSTERS))
    found = bounds(of_scores(scores), pairs(2)[0], coverage=COVERAGE, fewest=2)
    expected = paired_difference(scores[0], scores[1], CLUSTERS)
    assert found.delta[0] == pytest.approx(expected.delta)
    assert expected.low is not None and expected.high is not None
    ends = (found.low[0], found.high[0])
    # They reach further on one side, and no less far on the other.
    assert min(abs(ends[0] - expected.low), abs(ends[1] - expected.high)) < 1e-9
    assert ends[0] <= expected.low + 1e-9 and ends[1] >= expected.high - 1e-9


def test_a_corpus_figure_has_the_error_of_its_interval() -> None:
    def ratio(sums: FloatArray) -> FloatArray:
        return np.asarray(sums[..., 0] / sums[..., 1])

    values = np.random.default_rng(2).integers(1, 9, (2, 400, 2)).astype(np.float64)
    clusters = [str(place // 3) for place in range(400)]
    found = estimates([one[None] for one in values], ratio, clusters)
    expected = corpus_difference(values[0], values[1], clusters, ratio)
    weights = pairs(2)[0]
    assert expected.high is not None
    half = critical(found, weights, COVERAGE)[0] * found.errors(weights)[0]
    assert half == pytest.approx(expected.high - expected.delta)


def test_of_independent_normal_variants_the_quantile_is_tukeys() -> None:
    scores = np.random.default_rng(3).normal(size=(4, 3000))
    each = [str(place) for place in range(3000)]
    found = bounds(of_scores(scores, each), pairs(4)[0], coverage=COVERAGE, fewest=2)
    theirs = tukey_hsd(*scores).confidence_interval(COVERAGE)
    rows, columns = np.array(pairs(4)[1]).T
    expected = theirs.high[rows, columns] - theirs.low[rows, columns]
    assert found.high - found.low == pytest.approx(expected, rel=0.03)


@given(st.integers(2, 5), st.integers(0, 1000))
def test_more_differences_have_wider_bounds_but_within_bonferronis(
    variants: int, seed: int
) -> None:
    found = of_scores(drawn(variants, len(CLUSTERS), seed=seed))
    weights, _ = pairs(variants)
    most = critical(found, weights, COVERAGE, draws=2**9)
    freedoms = found.freedoms(weights)
    assert (most >= t.ppf((1 + COVERAGE) / 2, freedoms) - 1e-9).all()
    assert (most <= t.ppf(1 - (1 - COVERAGE) / 2 / len(weights), freedoms) + 1e-9).all()


def test_what_never_differs_has_bounds_of_nothing() -> None:
    scores = drawn(2, len(CLUSTERS))
    found = of_scores(np.stack([scores[0], scores[0], scores[1]]))
    same = bounds(found, np.array([[1.0, -1.0, 0.0]]), coverage=COVERAGE, fewest=2)
    assert (same.low[0], same.delta[0], same.high[0]) == (0, 0, 0)


def test_below_the_fewest_clusters_nothing_is_shown() -> None:
    found = of_scores(drawn(2, 8), [str(place) for place in range(8)])
    between = bounds(found, pairs(2)[0], coverage=COVERAGE, fewest=10)
    assert (between.low[0], between.high[0]) == (-np.inf, np.inf)
    one = of_scores(drawn(2, 8), ["same"] * 8)
    assert one.clusters == 1
    assert one.errors(pairs(2)[0]) == 0


def test_grown_is_as_of_the_same_clusters_again() -> None:
    scores, weights = drawn(3, len(CLUSTERS)), pairs(3)[0]
    again = of_scores(np.tile(scores, 5), [f"{name}:{n}" for n in range(5) for name in CLUSTERS])
    grown = of_scores(scores).grown(5)
    assert grown.clusters == again.clusters
    assert grown.errors(weights) == pytest.approx(again.errors(weights), rel=0.05)
    assert grown.skewness(weights) == pytest.approx(again.skewness(weights), rel=0.2, abs=0.01)
