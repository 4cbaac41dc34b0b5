"""Questions and replicates resampled: against plain Python, and whether intervals cover."""

import random
from collections.abc import Callable
from statistics import fmean

import numpy as np
import pytest
from harness.resampling import Floats

from harness.statistics import corpus_interval, mean_interval, paired_difference

GROUPS = [[3 * i, 3 * i + 1, 3 * i + 2] for i in range(12)]
CLUSTERS = [str(i // 3) for i in range(36)]


def percentiles(resample: Callable[[random.Random], float]) -> tuple[float, float]:
    """The middle 95% of 4,000 resampled figures."""
    chooser = random.Random(11)  # noqa: S311
    figures = sorted(resample(chooser) for _ in range(4_000))
    return figures[100], figures[3_900]


def drawn(chooser: random.Random, replicates: int) -> list[int]:
    """Places of the replicates of a resample, one less than there are."""
    return chooser.choices(range(replicates), k=max(replicates - 1, 1))


def crossed(
    rng: np.random.Generator, replicates: int, questions: Floats, between: float, within: float
) -> Floats:
    """Scores of a two-way model: question, replicate and the single answer add up, (P, N)."""
    shape = (replicates, len(questions))
    return questions + rng.normal(0, between, (replicates, 1)) + rng.normal(0, within, shape)


def test_an_interval_of_a_mean_agrees_with_plain_python() -> None:
    rng = np.random.default_rng(1)
    scores = crossed(rng, 3, np.repeat(rng.normal(0, 1, 12), 3), 0.3, 0.5)

    def resample(chooser: random.Random) -> float:
        groups, places = chooser.choices(GROUPS, k=12), drawn(chooser, 3)
        return fmean(scores[p, i] for p in places for group in groups for i in group)

    found = mean_interval(scores, CLUSTERS, seed=1)
    low, high = percentiles(resample)
    # Independent resamples of either: the ends agree to a few hundredths of the width.
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.05 * (high - low))


@pytest.mark.parametrize(("ours", "theirs"), [(3, 2), (1, 3), (4, 1)])
def test_an_interval_of_a_difference_agrees_with_plain_python(ours: int, theirs: int) -> None:
    rng = np.random.default_rng(2)
    questions = np.repeat(rng.normal(0, 2, 12), 3)
    one, other = (crossed(rng, count, questions, 0.15, 0.6) for count in (ours, theirs))

    def resample(chooser: random.Random) -> float:
        rows = [i for group in chooser.choices(GROUPS, k=12) for i in group]
        places, others = drawn(chooser, ours), drawn(chooser, theirs)
        return fmean(one[p, i] for p in places for i in rows) - fmean(
            other[p, i] for p in others for i in rows
        )

    found = paired_difference(one, other, CLUSTERS, seed=1)
    low, high = percentiles(resample)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.05 * (high - low))


def test_an_interval_of_a_corpus_figure_agrees_with_plain_python() -> None:
    rng = np.random.default_rng(3)
    there = rng.integers(1, 30, (3, 36))
    right = rng.binomial(there, [[0.4], [0.5], [0.6]])

    def resample(chooser: random.Random) -> float:
        groups, places = chooser.choices(GROUPS, k=12), drawn(chooser, 3)
        cells = [(p, i) for p in places for group in groups for i in group]
        return float(sum(right[cell] for cell in cells) / sum(there[cell] for cell in cells))

    found = corpus_interval(
        np.stack([right, there], axis=-1),
        CLUSTERS,
        lambda sums: np.asarray(sums[..., 0] / sums[..., 1]),
        seed=1,
    )
    low, high = percentiles(resample)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.05 * (high - low))


def covers(scores: Floats, baseline: Floats, clusters: list[str]) -> bool:
    """Whether the interval of their difference has the 0 in it that they are drawn around."""
    found = paired_difference(scores, baseline, clusters, seed=1)
    return found.low <= 0 <= found.high


def test_means_are_covered_with_their_seeds_and_not_without() -> None:
    """Three seeds make the mean as uncertain as the questions do: of that about 93% is covered.

    400 repetitions: the share covered has a standard error of 0.013.
    """
    rng = np.random.default_rng(4)
    clusters, zeros = [str(i) for i in range(70)], np.zeros(70)
    covered, without = [], []
    for _ in range(400):
        scores = crossed(rng, 3, rng.normal(0, 1, 70), (3 / 70) ** 0.5, 0.5)
        covered.append(covers(scores, zeros, clusters))
        without.append(covers(scores.mean(axis=0), zeros, clusters))
    assert 0.90 <= fmean(covered) <= 0.97
    assert fmean(without) < 0.88


def test_differences_are_covered_with_their_seeds_and_not_without() -> None:
    """Three seeds against two, on questions that differ far more than the variants do."""
    rng = np.random.default_rng(5)
    clusters = [str(i) for i in range(70)]
    covered, without = [], []
    for _ in range(400):
        questions = rng.normal(0, 5, 70)
        ours = crossed(rng, 3, questions + rng.normal(0, 1, 70), 0.15, 0.5)
        theirs = crossed(rng, 2, questions, 0.1, 0.5)
        covered.append(covers(ours, theirs, clusters))
        without.append(covers(ours.mean(axis=0), theirs.mean(axis=0), clusters))
    assert 0.92 <= fmean(covered) <= 0.98
    assert fmean(without) < 0.90
