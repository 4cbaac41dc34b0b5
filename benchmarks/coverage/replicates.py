"""
Means of questions that are answered several times, by weights of other seeds or drawn anew.

Question, replicate and the single answer add up. How uncertain the replicates make the mean is
told as a ratio to how uncertain the questions make it, in variance.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

from benchmarks.coverage.measuring import RESAMPLES, SEED, Cell, cell
from harness.jackknife import Floats, interval
from harness.statistics import COVERAGE

REPLICATES = (2, 3, 5)
RATIOS = (1, 10)
CLUSTERS = (10, 20, 40, 200)
WITHIN = 0.5
"""Standard deviation of the single answer; that of a question is 1."""
AT_ONCE = 100
"""Samples whose resamples are in memory together."""


def covered(samples: int) -> Iterator[tuple[str, int, dict[str, Cell]]]:
    """What is sampled, clusters, and what the two methods do with it."""
    for clusters, count, ratio in product(CLUSTERS, REPLICATES, RATIOS):
        random = np.random.default_rng([SEED, clusters, count, ratio])
        scores = crossed(random, samples, clusters, count, ratio)
        split = np.array_split(scores, -(-samples // AT_ONCE))
        drawn = np.concatenate([pigeonhole(random, some) for some in split], axis=1)
        ours = np.array([_jackknife(one) for one in scores]).T
        usual = float(np.median(drawn[1] - drawn[0]))
        truth = np.zeros(samples)
        cells = {"percentile": cell(drawn, truth, usual), "t, CR3": cell(ours, truth, usual)}
        yield f"{count} replicates, ratio {ratio}", clusters, cells


def crossed(
    random: np.random.Generator, samples: int, clusters: int, count: int, ratio: float
) -> Floats:
    """Scores of C questions, each its own cluster, by P replicates, shape (B, P, C); of mean 0."""
    questions = random.normal(0, 1, (samples, 1, clusters))
    of_replicates = random.normal(0, np.sqrt(ratio * count / clusters), (samples, count, 1))
    return questions + of_replicates + random.normal(0, WITHIN, (samples, count, clusters))


def pigeonhole(random: np.random.Generator, scores: Floats) -> Floats:
    """Lower and upper ends of the percentile bootstrap of clusters and replicates, (2, B).

    Both are drawn, and an answer counts as often as both were (Owen 2007,
    https://doi.org/10.1214/07-AOAS122). Of P replicates P - 1 are, since P would make the variance
    of their mean too small (Rao & Wu 1988).
    """
    _, count, clusters = scores.shape
    questions = random.multinomial(clusters, np.full(clusters, 1 / clusters), RESAMPLES) / clusters
    replicates = random.multinomial(count - 1, np.full(count, 1 / count), RESAMPLES) / (count - 1)
    means = np.einsum("rc,rp,bpc->rb", questions, replicates, scores, optimize=True)
    return np.asarray(np.quantile(means, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2], axis=0))


def _jackknife(scores: Floats) -> tuple[float | None, float | None]:
    rows = np.stack([scores, np.ones_like(scores)], axis=-1)
    names = [str(cluster) for cluster in range(scores.shape[1])]
    _, low, high = interval(
        [rows], lambda sums: sums[..., 0] / sums[..., 1], names, coverage=COVERAGE, fewest=2
    )
    return low, high
