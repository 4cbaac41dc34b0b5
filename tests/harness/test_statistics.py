"""Intervals against an independent bootstrap, and what must hold of every interval."""

import numpy as np
import numpy.typing as npt
import pytest
from harness.resampling import Floats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import bootstrap

from harness.statistics import (
    Total,
    corpus_difference,
    corpus_interval,
    mean_interval,
    paired_difference,
)

SCORES = st.lists(st.floats(0, 1), min_size=2, max_size=40)
REPLICATED = st.tuples(st.integers(1, 4), st.integers(1, 20)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.floats(0, 1))
)
"""Scores of one to four replicates of some questions, shape (P, N)."""


def singles(scores: list[float]) -> list[str]:
    """Every score a cluster of its own."""
    return [str(i) for i in range(len(scores))]


def in_threes(count: int) -> list[str]:
    """The clusters of questions, three in each."""
    return [str(i // 3) for i in range(count)]


def share(sums: Floats) -> Floats:
    """A corpus figure: of found things among those there are."""
    return np.asarray(sums[..., 0] / sums[..., 1])


def counts(scores: Floats) -> Floats:
    """Statistics of a ``share`` in which these scores weigh differently, shape (..., 2)."""
    there = np.broadcast_to(1.0 + np.arange(scores.shape[-1]) % 4, scores.shape)
    return np.stack([scores * there, there], axis=-1)


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


def plain_interval(
    statistics: npt.ArrayLike, clusters: list[str], total: Total, seed: int
) -> tuple[float, float]:
    """Of the clusters alone, as intervals were before there were replicates."""
    names = sorted(set(clusters))
    sums = np.zeros((len(names), np.shape(statistics)[1]))
    for row, cluster in zip(np.asarray(statistics), clusters, strict=True):
        sums[names.index(cluster)] += row
    chances = [1 / len(names)] * len(names)
    draws = np.random.default_rng(seed).multinomial(len(names), chances, size=10_000)
    low, high = np.quantile(total(draws @ sums), [0.025, 0.975])
    return low, high


@given(SCORES, st.booleans())
def test_one_replicate_has_the_interval_of_its_clusters_alone(
    scores: list[float], framed: bool
) -> None:
    clusters = in_threes(len(scores))
    ours, theirs = np.asarray(scores), np.asarray(scores[::-1])
    given_as = (lambda values: values[None]) if framed else (lambda values: values)
    found = [
        mean_interval(given_as(ours), clusters, seed=1),
        paired_difference(given_as(ours), theirs, clusters, seed=1),
        corpus_interval(given_as(counts(ours)), clusters, share, seed=1),
        corpus_difference(given_as(counts(ours)), counts(theirs), clusters, share, seed=1),
    ]
    both = np.concatenate([counts(ours), counts(theirs)], axis=-1)
    ones = np.ones_like(ours)
    expected = [
        plain_interval(np.stack([ours, ones], axis=-1), clusters, share, 1),
        plain_interval(np.stack([ours - theirs, ones], axis=-1), clusters, share, 1),
        plain_interval(counts(ours), clusters, share, 1),
        plain_interval(both, clusters, lambda s: share(s[..., :2]) - share(s[..., 2:]), 1),
    ]
    for one, (low, high) in zip(found, expected, strict=True):
        assert (one.low, one.high) == pytest.approx((low, high), abs=1e-12)


@given(SCORES, st.integers(2, 4))
def test_replicates_that_are_alike_have_the_interval_of_one(
    scores: list[float], count: int
) -> None:
    clusters = in_threes(len(scores))
    one, other = np.asarray(scores), np.asarray(scores[::-1])
    many = np.stack([one] * count)
    for found, expected in (
        (mean_interval(many, clusters, seed=1), mean_interval(one, clusters, seed=1)),
        (
            paired_difference(other, many, clusters, seed=1),
            paired_difference(other, one, clusters, seed=1),
        ),
        (
            corpus_interval(counts(many), clusters, share, seed=1),
            corpus_interval(counts(one), clusters, share, seed=1),
        ),
        (
            corpus_difference(counts(many), counts(other), clusters, share, seed=1),
            corpus_difference(counts(one), counts(other), clusters, share, seed=1),
        ),
    ):
        assert list(found.as_json().values()) == pytest.approx(
            list(expected.as_json().values()), abs=1e-12
        )


@given(SCORES, st.integers(1, 3))
def test_variants_that_score_alike_differ_by_nothing_to_the_bit(
    scores: list[float], count: int
) -> None:
    found = paired_difference([scores] * count, scores, singles(scores), seed=1)
    assert (found.low, found.high) == (0, 0)


def test_a_figure_is_of_all_replicates_together() -> None:
    clusters = ["a", "a"]
    ours, theirs = [[0.0, 0.4], [0.2, 0.6], [0.4, 0.8]], [[0.1, 0.2], [0.3, 0.4]]
    mean = mean_interval(ours, clusters, seed=1)
    assert (mean.mean, mean.n, mean.clusters) == (pytest.approx(0.4), 2, 1)
    assert paired_difference(ours, theirs, clusters, seed=1).delta == pytest.approx(0.4 - 0.25)
    ours_found, theirs_found = [[(1, 2), (0, 3)], [(2, 2), (0, 1)]], [[(1, 5), (1, 3)]]
    corpus = corpus_interval(ours_found, clusters, share, seed=1)
    assert (corpus.mean, corpus.n) == (pytest.approx(3 / 8), 2)
    apart = corpus_difference(ours_found, theirs_found, clusters, share, seed=1)
    assert apart.delta == pytest.approx(3 / 8 - 2 / 8)


def test_a_corpus_figure_that_depends_on_how_much_there_is_keeps_its_size() -> None:
    """As BLEU's smoothing does: resampled sums are of as many answers as the figure's."""
    alike = [[[1.0]] * 4] * 3
    found = corpus_interval(alike, list("abcd"), lambda sums: sums[..., 0], seed=1)
    assert (found.low, found.mean, found.high) == (12, 12, 12)


def test_of_three_replicates_two_are_drawn() -> None:
    """So that the highest alone makes a ninth of the resamples; of three it would be a 27th."""
    found = paired_difference([[0.0], [0.0], [1.0]], [0.0], ["a"], seed=1, coverage=0.9)
    assert (found.low, found.high) == (pytest.approx(0), pytest.approx(1))


def test_two_variants_have_replicates_of_their_own() -> None:
    """Drawn together, those of one seed would cancel as questions do."""
    scores = [[0.0], [1.0]]
    mean = paired_difference(scores, scores, ["a"], seed=1)
    assert (mean.low, mean.delta, mean.high) == (-1, 0, 1)
    found = np.reshape(scores, (2, 1, 1))
    corpus = corpus_difference(found, found, ["a"], lambda sums: sums[..., 0], seed=1)
    assert (corpus.low, corpus.delta, corpus.high) == (-2, 0, 2)


@given(REPLICATED)
def test_an_interval_of_replicates_is_ordered_within_the_scores_and_repeatable(
    scores: Floats,
) -> None:
    clusters = in_threes(scores.shape[1])
    figure = mean_interval(scores, clusters, seed=1)
    assert scores.min() - 1e-9 <= figure.low <= figure.high <= scores.max() + 1e-9
    assert figure == mean_interval(scores, clusters, seed=1)
    assert mean_interval(scores + 1, clusters, seed=1).low == pytest.approx(figure.low + 1)


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([[]], "no scores"),
        ([[0.1], [0.2]], "1 scores in 2 clusters"),
        ([[[0.1], [0.2]]], "shape"),
        ([[0.1, 0.2], [0.3]], "shape"),
    ],
    ids=["none", "questions by replicates", "statistics", "ragged"],
)
def test_replicates_of_another_shape_are_refused(scores: list[list[float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        mean_interval(scores, ["a", "b"], seed=1)


def test_statistics_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="1, 2 scores in 2 clusters"):
        corpus_difference([(1, 2), (0, 3)], [(1, 2)], ["a", "b"], share, seed=1)
