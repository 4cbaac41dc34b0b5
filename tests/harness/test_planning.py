"""Plans, against what happens when as many clusters are drawn."""

import numpy as np
import pytest

from benchmarks.coverage.populations import RARE_SOURCE
from benchmarks.decisions import MadeUp, powers
from harness.contest import Contest, squares
from harness.family import Estimates, bounds, estimates, pairs
from harness.jackknife import FloatArray
from harness.planning import POWER, chances, detectable, growth_needed
from harness.statistics import COVERAGE
from tests.intervals import share

PILOT = 2_000
RULE = Contest(
    rivals=np.array([True, True, False]),
    floors=np.array([False, False, True]),
    margin=0.0,
    coverage=COVERAGE,
    fewest=20,
)


def drawn(clusters: int, gap: float, random: np.random.Generator) -> Estimates:
    """One in place, one better by ``gap`` on average, and a floor far below."""
    sizes = random.integers(1, 4, clusters)
    effects = random.normal(0, 1, (2, clusters))
    names = np.repeat(np.arange(clusters), sizes).astype(str)
    scores = np.repeat(effects, sizes, axis=1) + random.normal(0, 1, (2, len(names)))
    means = np.array([[0.0], [gap]])
    three = np.concatenate([scores + means, scores[:1] - 20])
    parts = [np.stack([one, np.ones_like(one)], axis=-1)[None] for one in three]
    return estimates(parts, share, list(names))


def of_truth(gap: float) -> Estimates:
    pilot = drawn(PILOT, gap, np.random.default_rng(1))
    return Estimates(
        np.array([0.0, gap, -20.0]),
        pilot.deviations,
        pilot.shares,
        pilot.of_replicates,
        pilot.clusters,
        pilot.freedom,
    )


@pytest.mark.parametrize(("clusters", "gap"), [(30, 0.9), (100, 0.5)])
def test_the_chance_is_that_of_runs_of_as_many_clusters(clusters: int, gap: float) -> None:
    planned = chances(RULE, of_truth(gap), clusters / PILOT)[0][1]
    random = np.random.default_rng(2)
    weights, _ = pairs(3)
    shipped = []
    for _ in range(400):
        found = drawn(clusters, gap, random)
        between = bounds(found, weights, coverage=COVERAGE, fewest=20, draws=2**10)
        shipped.append(RULE.may_ship(squares(between, 3)[0])[1])
    assert 0.2 < planned < 0.95
    assert np.mean(shipped) == pytest.approx(planned, abs=0.08)


def test_enough_clusters_give_the_power_and_a_seventh_fewer_do_not() -> None:
    found = drawn(60, 0.3, np.random.default_rng(3))
    found = Estimates(
        np.array([0.0, 0.3, -20.0]),
        found.deviations,
        found.shares,
        found.of_replicates,
        found.clusters,
        found.freedom,
    )
    growth = growth_needed(RULE, found, 1)
    assert growth is not None and growth > 1.2
    assert chances(RULE, found, growth)[0][1] >= POWER - 0.03
    assert chances(RULE, found, 0.85 * growth)[0][1] < POWER


def test_no_number_of_questions_tells_two_apart_that_are_equal() -> None:
    found = of_truth(0.0)
    assert growth_needed(RULE, found, 1) is None


def test_the_detectable_difference_is_shown_four_times_in_five() -> None:
    weights: FloatArray = np.array([[-1.0, 1.0, 0.0]])
    found = of_truth(0.0).grown(100 / PILOT)
    least = float(detectable(found, weights, COVERAGE)[0])
    random = np.random.default_rng(5)
    shown = [
        bounds(drawn(100, least, random), weights, coverage=COVERAGE, fewest=20).low[0] > 0
        for _ in range(400)
    ]
    assert np.mean(shown) == pytest.approx(POWER, abs=0.06)


def test_too_few_clusters_have_no_chance() -> None:
    assert chances(RULE, of_truth(3.0), 19 / PILOT)[0].tolist() == [0, 0, 0]


def test_variants_that_never_differ_are_never_decided_between() -> None:
    found = of_truth(0.0)
    same = Estimates(
        np.zeros(3),
        np.zeros_like(found.deviations),
        found.shares,
        found.of_replicates,
        found.clusters,
        found.freedom,
    )
    assert chances(RULE, same, 1.0)[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_a_plan_has_a_cluster_of_a_quarter_of_all_questions(turn: float) -> None:
    """Its chance decides: a plan of clusters without it would promise what such runs do not."""
    source = MadeUp(RARE_SOURCE, turn)
    deviation = 0.1
    planned, found = powers(source, 2, deviation, 400, 30)
    assert found == pytest.approx(planned, abs=0.08)
