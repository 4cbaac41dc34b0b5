"""Time and memory of what a verdict computes: of eight variants by five metrics."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from harness.family import bounds, pairs
from harness.jackknife import FloatArray
from harness.pairing import Aligned, Measure, estimated
from harness.permutation import p_values
from harness.statistics import COVERAGE, FEWEST

QUESTIONS, VARIANTS = 3_000, 8
CLUSTERS = [str(place // 3) for place in range(QUESTIONS)]


def verdict_of(values: dict[Measure, list[FloatArray]]) -> None:
    """Bounds of all differences by each metric, and the chances of all of them."""
    weights, _ = pairs(VARIANTS)
    moved = []
    for measure, one in values.items():
        found = estimated(Aligned(one, CLUSTERS, []), measure)
        bounds(found, weights, coverage=COVERAGE, fewest=FEWEST)
        moved.append(found.moved(weights))
    p_values(np.concatenate(moved, axis=1))


@pytest.fixture
def values() -> dict[Measure, list[FloatArray]]:
    """Four means, and a figure of all rows of ten statistics each."""
    random = np.random.default_rng(1)

    def total(sums: FloatArray) -> FloatArray:
        return np.asarray(sums[..., :2].sum(axis=-1) / (1 + sums[..., 2:].sum(axis=-1)))

    means = [Measure(f"mean {n}", "", "mean", higher_is_better=True) for n in range(4)]
    corpus = Measure("corpus", "", "corpus", higher_is_better=True, total=total)
    one = {m: [random.normal(size=(1, QUESTIONS)) for _ in range(VARIANTS)] for m in means}
    rows = [random.integers(0, 9, (1, QUESTIONS, 10)).astype(float) for _ in range(VARIANTS)]
    return {**one, corpus: rows}


def test_verdict(benchmark: Any, values: dict[Measure, list[FloatArray]]) -> None:
    """10,000 flips and draws of 28 differences by five metrics, in 1,000 groups."""
    benchmark.pedantic(verdict_of, args=(values,), rounds=3)
    tracemalloc.start()
    verdict_of(values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    benchmark.extra_info["peak bytes"] = peak
