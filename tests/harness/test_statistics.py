"""What must hold of the interval of every figure and difference."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.jackknife import FloatArray
from harness.statistics import (
    FEWEST,
    FEWEST_TOGETHER,
    corpus_difference,
    corpus_interval,
    mean_interval,
    paired_difference,
)
from tests.intervals import ends, share, singles

SCORES = st.lists(st.floats(0, 1), min_size=FEWEST, max_size=60)
MANY = st.integers(FEWEST_TOGETHER, FEWEST_TOGETHER + 20).flatmap(
    lambda count: arrays(np.float64, count, elements=st.floats(0, 1))
)
"""Scores of so many questions that a corpus figure has an interval."""


def counts(scores: FloatArray) -> FloatArray:
    """Statistics of a ``share`` in which these scores weigh differently, shape (..., 2)."""
    there = np.broadcast_to(1.0 + np.arange(scores.shape[-1]) % 4, scores.shape)
    return np.stack([scores * there, there], axis=-1)


@given(SCORES, st.floats(-1, 1))
def test_a_constant_difference_has_no_width_and_swapping_the_sides_mirrors_any(
    scores: list[float], shift: float
) -> None:
    change = paired_difference([s + shift for s in scores], scores, singles(scores))
    assert ends(change) == pytest.approx((shift, shift), abs=1e-9)
    forth = paired_difference(scores, scores[::-1], singles(scores))
    low, high = ends(paired_difference(scores[::-1], scores, singles(scores)))
    assert ends(forth) == pytest.approx((-high, -low), abs=1e-12)


@pytest.mark.parametrize(
    ("scores", "baseline", "clusters", "said"),
    [
        ([], [], [], "no scores"),
        ([1.0], [], ["a"], "no scores"),
        ([[]], [[]], [], "no scores"),
        ([1.0], [0.5, 0.5], ["a"], "1 scores against 2 of the baseline"),
        ([1.0], [0.5], [], "1 scores in 0 clusters"),
        ([[0.1], [0.2]], [0.1], ["a", "b"], "1 scores in 2 clusters"),
        ([[[0.1], [0.2]]], [0.1], ["a"], "shape"),
        ([[0.1, 0.2], [0.3]], [0.1], ["a", "b"], "shape"),
    ],
)
def test_unequal_or_missing_scores_are_refused(
    scores: list[Any], baseline: list[Any], clusters: list[str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        paired_difference(scores, baseline, clusters)


def test_statistics_of_another_length_and_coverages_that_are_no_share_are_refused() -> None:
    with pytest.raises(ValueError, match="1, 2 scores in 2 clusters"):
        corpus_difference([(1, 2), (0, 3)], [(1, 2)], ["a", "b"], share)
    for coverage in (0.0, 1.0, 95.0):
        with pytest.raises(ValueError, match="coverage"):
            paired_difference([1.0], [0.5], ["a"], coverage=coverage)


@pytest.mark.parametrize("count", [1, 2, FEWEST - 1, FEWEST, FEWEST_TOGETHER - 1, FEWEST_TOGETHER])
def test_few_clusters_have_no_interval_and_a_corpus_figure_needs_more(count: int) -> None:
    """However many questions they have: a resampled interval of one cluster had no width."""
    scores = np.random.default_rng(8).random(200)
    rows, clusters = counts(scores), [str(i % count) for i in range(200)]
    mean, corpus = mean_interval(scores, clusters), corpus_interval(rows, clusters, share)
    assert mean.mean == pytest.approx(scores.mean())
    assert corpus.mean == pytest.approx(share(rows.sum(axis=0)))
    for found, fewest in (
        (mean, FEWEST),
        (paired_difference(scores, scores[::-1], clusters), FEWEST),
        (corpus, FEWEST_TOGETHER),
        (corpus_difference(rows, rows[::-1], clusters, share), FEWEST_TOGETHER),
    ):
        assert (found.low is None) is (found.high is None) is (count < fewest)
        assert (found.n, found.clusters) == (200, count)


@given(MANY, st.integers(2, 4))
def test_replicates_that_are_alike_have_the_interval_of_one(one: FloatArray, count: int) -> None:
    clusters, other = singles(one), one[::-1]
    many = np.stack([one] * count)
    for found, expected in (
        (mean_interval(many, clusters), mean_interval(one, clusters)),
        (paired_difference(other, many, clusters), paired_difference(other, one, clusters)),
        (
            corpus_interval(counts(many), clusters, share),
            corpus_interval(counts(one), clusters, share),
        ),
        (
            corpus_difference(counts(many), counts(other), clusters, share),
            corpus_difference(counts(one), counts(other), clusters, share),
        ),
    ):
        assert list(asdict(found).values()) == pytest.approx(
            list(asdict(expected).values()), abs=1e-9
        )


@given(MANY, st.integers(1, 3))
def test_variants_that_score_alike_differ_by_nothing_to_the_bit(
    scores: FloatArray, count: int
) -> None:
    clusters, rows = singles(scores), counts(scores)
    corpus = corpus_difference(rows, rows, clusters, share)
    for found in (paired_difference([scores] * count, scores, clusters), corpus):
        assert (found.low, found.delta, found.high) == (0, 0, 0)


def test_a_corpus_figure_that_depends_on_how_much_there_is_keeps_its_size() -> None:
    """As BLEU's smoothing does: what is left is taken for as many answers as the figure's."""
    alike = [[[1.0]] * 100] * 3
    found = corpus_interval(alike, singles([0.0] * 100), lambda sums: sums[..., 0])
    assert (found.low, found.mean, found.high) == pytest.approx((300, 300, 300))


def test_two_variants_have_replicates_of_their_own() -> None:
    """Left out together, those of one seed would cancel as questions do."""
    scores = [[0.0] * 100, [1.0] * 100]
    mean = paired_difference(scores, scores, singles(scores[0]))
    # Two variances of 1/4 with a degree of freedom each: Student's t with two.
    assert ends(mean) == pytest.approx((-4.303 * 0.5**0.5, 4.303 * 0.5**0.5), rel=1e-3)
    found = np.reshape(scores, (2, 100, 1))
    corpus = corpus_difference(found, found, singles(scores[0]), lambda sums: sums[..., 0])
    assert ends(corpus) == pytest.approx([200 * end for end in ends(mean)])
