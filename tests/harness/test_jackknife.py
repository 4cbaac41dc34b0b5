"""Intervals against independent implementations, and whether they cover."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, variance
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from harness.jackknife import Estimate, FloatArray, freedom, interval
from harness.statistics import COVERAGE, corpus_interval, paired_difference
from tests.intervals import ends, half, share, singles

CLUSTERS = [str(i // 3) for i in range(36)]
UNEVEN = [str(int(sqrt(i))) for i in range(100)]
"""Ten clusters of 1, 3, 5, … questions."""
VALUES = st.lists(st.floats(-1, 1), min_size=2, max_size=30)


def of_mean(
    scores: Sequence[float], clusters: Sequence[str], coverage: float = COVERAGE
) -> Estimate:
    """The mean of one replicate with its interval, of however few clusters."""
    rows = np.stack([scores, np.ones(len(scores))], axis=-1)[None]
    return interval([rows], share, clusters, coverage=coverage, fewest=2)


@pytest.mark.parametrize("coverage", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("together", [1, 3])
def test_the_interval_of_even_clusters_is_scipys_of_their_means(
    coverage: float, together: int
) -> None:
    scores = np.random.default_rng(1).normal(0, 1, 36) + np.repeat(np.arange(12), 3)
    means = scores.reshape(-1, together).mean(axis=1)
    theirs = ttest_1samp(means, 0).confidence_interval(coverage)
    found = of_mean(scores, [str(i // together) for i in range(36)], coverage)
    assert found == pytest.approx((scores.mean(), theirs.low, theirs.high))


def test_the_interval_of_uneven_clusters_agrees_with_plain_python() -> None:
    """The cluster-robust standard error CR3, and the degrees of freedom by whole matrices."""
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 1, 100) + np.repeat(rng.normal(0, 1, 10), np.arange(1, 20, 2))
    mean = fmean(scores)
    total = 0.0
    for cluster in set(UNEVEN):
        own = [score for score, name in zip(scores, UNEVEN, strict=True) if name == cluster]
        leverage = len(own) / 100
        total += (sum(score - mean for score in own) / (1 - leverage) / 100) ** 2
    error = sqrt(total * 9 / 10)
    expected = t.ppf(0.975, by_matrix(np.arange(1, 20, 2))) * error
    assert half(of_mean(list(scores), UNEVEN)) == pytest.approx(expected)


def by_matrix(sizes: FloatArray) -> float:
    """Degrees of freedom, of clusters whose questions all say one thing drawn for the cluster."""
    share = sizes / sizes.sum()
    others = (np.eye(len(sizes)) - share) / (1 - share)[:, None]  # A cluster less the mean.
    moved = share[:, None] * others
    covariance = moved @ moved.T
    return float(np.trace(covariance) ** 2 / np.trace(covariance @ covariance))


@given(st.lists(st.integers(1, 50), min_size=2, max_size=30))
@example([1, 48])
def test_uneven_clusters_have_fewer_degrees_of_freedom(sizes: list[int]) -> None:
    found = float(freedom(np.array(sizes)))
    assert found == pytest.approx(by_matrix(np.array(sizes)))
    assert 1 <= found <= len(sizes) - 1
    assert float(freedom(np.full(len(sizes), 7))) == pytest.approx(len(sizes) - 1)


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 9)), min_size=2, max_size=9))
def test_copies_of_a_cluster_are_as_many_clusters(groups: list[tuple[int, int]]) -> None:
    sizes, copies = np.array(groups).T
    one_by_one = freedom(np.repeat(sizes, copies))
    assert float(freedom(sizes, copies)) == pytest.approx(float(one_by_one))


def test_a_corpus_figure_is_left_without_each_cluster_as_plain_python_does() -> None:
    rng = np.random.default_rng(4)
    there = rng.integers(1, 30, 36)
    right = rng.binomial(there, 0.5)
    without = [
        sum(right[i] for i in range(36) if CLUSTERS[i] != name)
        / sum(there[i] for i in range(36) if CLUSTERS[i] != name)
        for name in set(CLUSTERS)
    ]
    whole = sum(right) / sum(there)
    error = sqrt(sum((one - whole) ** 2 for one in without) * 11 / 12)
    rows = np.stack([right, there], axis=-1)[None].astype(float)
    found = interval([rows], share, CLUSTERS, coverage=0.9, fewest=2)
    assert found[0] == pytest.approx(whole)
    assert ends(found) == pytest.approx((whole - half(found), whole + half(found)))
    assert half(found) == pytest.approx(t.ppf(0.95, 11) * error)


@pytest.mark.parametrize(("ours", "theirs"), [(3, 1), (3, 2), (1, 4)])
def test_the_variances_of_clusters_and_replicates_add_up(ours: int, theirs: int) -> None:
    rng = np.random.default_rng(5)
    questions = np.repeat(rng.normal(0, 2, 12), 3)
    one, other = (crossed(rng, count, questions, 0.3, 0.6) for count in (ours, theirs))
    apart = one.mean(axis=0) - other.mean(axis=0)
    parts = [(variance(apart.reshape(12, 3).mean(axis=1)) / 12, 11)]
    parts += [
        (variance(side.mean(axis=1)) / len(side), len(side) - 1)
        for side in (one, other)
        if len(side) > 1
    ]
    total = sum(part for part, _ in parts)
    together = total**2 / sum(part**2 / degrees for part, degrees in parts)
    width = half(paired_difference(one, other, CLUSTERS))
    assert width == pytest.approx(t.ppf(0.975, together) * sqrt(total))


def test_a_replicate_of_a_corpus_figure_is_left_out_as_plain_python_does() -> None:
    rng = np.random.default_rng(6)
    there = rng.integers(1, 30, (3, 300))
    right = rng.binomial(there, [[0.2], [0.5], [0.8]])
    rows = np.stack([right, there], axis=-1)
    clusters = singles([0.0] * 300)
    without = [right[kept].sum() / there[kept].sum() for kept in ([1, 2], [0, 2], [0, 1])]
    of_replicates = 2 / 3 * sum((one - fmean(without)) ** 2 for one in without)
    as_one = corpus_interval(rows.sum(axis=0), clusters, share)
    of_questions = (half(as_one) / t.ppf(0.975, 299)) ** 2
    total = of_questions + of_replicates
    together = total**2 / (of_questions**2 / 299 + of_replicates**2 / 2)
    width = half(corpus_interval(rows, clusters, share))
    assert width == pytest.approx(t.ppf(0.975, together) * sqrt(total))


@given(VALUES, st.floats(-100, 100), st.floats(-100, 100).filter(lambda x: abs(x) > 0.01))
def test_an_interval_moves_and_grows_with_its_scores(
    scores: list[float], shift: float, scale: float
) -> None:
    clusters = [str(i // 2) for i in range(len(scores))]
    if len(set(clusters)) == 1:
        clusters = singles(scores)
    found = of_mean(scores, clusters)
    moved = of_mean([scale * score + shift for score in scores], clusters)
    expected = sorted(scale * end + shift for end in ends(found))
    assert moved == pytest.approx((scale * found[0] + shift, *expected), abs=1e-9)


@given(VALUES, st.randoms())
def test_the_order_of_questions_and_the_names_of_clusters_change_nothing(
    scores: list[float], random: Any
) -> None:
    names = [str(i * i % 7) for i in range(len(scores))]
    pairs = [(score, f"other {name}") for score, name in zip(scores, names, strict=True)]
    random.shuffle(pairs)
    again = of_mean([score for score, _ in pairs], [name for _, name in pairs])
    assert again == pytest.approx(of_mean(scores, names), abs=1e-12)


def test_one_cluster_has_no_interval_and_two_have_one_degree_of_freedom() -> None:
    assert of_mean([0.1, 0.3], ["a", "a"]) == (pytest.approx(0.2), None, None)
    assert half(of_mean([0.1, 0.3], ["a", "b"])) == pytest.approx(0.1 * t.ppf(0.975, 1))


def crossed(
    rng: np.random.Generator, replicates: int, questions: FloatArray, between: float, within: float
) -> FloatArray:
    """Scores of a two-way model: question, replicate and the single answer add up, (P, N)."""
    shape = (replicates, len(questions))
    return questions + rng.normal(0, between, (replicates, 1)) + rng.normal(0, within, shape)


def covers(scores: FloatArray, baseline: FloatArray, clusters: list[str]) -> bool:
    """Whether the interval of their difference has the 0 in it that they are drawn around."""
    low, high = ends(paired_difference(scores, baseline, clusters))
    return low <= 0 <= high


def test_differences_are_covered_with_their_seeds_and_not_without() -> None:
    """Three seeds against two, on questions that differ far more than the variants do.

    400 repetitions: the share covered has a standard error of 0.011.
    """
    rng = np.random.default_rng(5)
    covered, without = [], []
    for _ in range(400):
        questions = rng.normal(0, 5, 70)
        ours = crossed(rng, 3, questions + rng.normal(0, 1, 70), 0.15, 0.5)
        theirs = crossed(rng, 2, questions, 0.1, 0.5)
        covered.append(covers(ours, theirs, singles(questions)))
        without.append(covers(ours.mean(axis=0), theirs.mean(axis=0), singles(questions)))
    assert 0.92 <= fmean(covered) <= 0.98
    assert fmean(without) < 0.90


def test_ten_skewed_and_uneven_clusters_are_covered() -> None:
    """Clusters of 1 to 19 questions whose effects are log-normal; 1,000 repetitions."""
    rng = np.random.default_rng(7)
    covered = []
    for _ in range(1_000):
        effects = rng.lognormal(0, 0.75, 10) - np.exp(0.75**2 / 2)
        scores = np.repeat(effects, np.arange(1, 20, 2)) + rng.normal(0, 1, 100)
        covered.append(covers(scores, np.zeros(100), UNEVEN))
    assert fmean(covered) >= 0.92
