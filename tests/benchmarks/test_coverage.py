"""Populations, methods and the rule that takes one: what the table of coverage rests on."""

import random
import sys
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pytest
from scipy.stats import bootstrap, skew

from benchmarks.coverage.__main__ import print_coverage
from benchmarks.coverage.measuring import Covered, Table, chosen, enough_from
from benchmarks.coverage.methods import METHODS, Ends, estimated
from benchmarks.coverage.populations import RARE, SKEWED, Drawn, Population, own, ratio
from harness.jackknife import FloatArray, interval
from harness.metrics import make_metrics
from tests.reports.made_up import FLOORS, SHIFT

SIZES = np.array([1, 5, 2, 2, 3, 1, 12, 4, 1, 2, 2, 3], dtype=np.float64)


def applied(name: str, sums: FloatArray, sizes: FloatArray = SIZES) -> Ends:
    """The 95% interval that a method makes of clusters that have these sums of differences."""
    sample = Drawn(np.stack([sums, sizes], axis=-1)[None], sizes[None], np.zeros(1))
    draws = np.random.default_rng(1).multinomial(12, [1 / 12] * 12, 10_000)
    low, high = METHODS[name](estimated(sample, ratio, draws.astype(np.float64)), 0.95)
    return low[0], high[0]


@pytest.mark.parametrize("population", [SKEWED, RARE], ids=lambda one: one.name)
def test_the_true_mean_of_a_family_is_its_mean(population: Population) -> None:
    drawn = population.draw(np.random.default_rng(1), 4_000, 40)
    means = ratio(drawn.statistics.sum(axis=1))
    assert len(set(drawn.truth)) == 1
    assert abs(means.mean() - drawn.truth[0]) < 4 * means.std() / len(means) ** 0.5


def test_families_are_as_skewed_and_uneven_as_they_say() -> None:
    skewed = SKEWED.draw(np.random.default_rng(2), 400, 200)
    assert 1.5 < skew(skewed.statistics[skewed.sizes == 1][:, 0]) < 3.5
    assert (skewed.sizes.min(), skewed.sizes.max()) == (1, 12)
    assert skewed.sizes.mean() == pytest.approx(2.9, abs=0.1)
    rare = RARE.draw(np.random.default_rng(3), 400, 200)
    share = rare.sizes[:, 0] / rare.sizes.sum(axis=1)
    assert share == pytest.approx(np.full(400, 0.25), abs=0.01)
    alike = (rare.statistics[rare.sizes == 1][:, 0] == 0).mean()
    assert alike == pytest.approx(0.7, abs=0.02)


def test_differences_of_a_run_are_drawn_cluster_by_cluster(made_up_run: Path) -> None:
    populations = list(own(made_up_run, "mean"))
    means = [one.name for one in make_metrics() if one.kind == "mean"]
    assert [one.name for one in populations] == [f"own {name}" for name in means]
    levels = sorted((FLOORS | SHIFT).values())
    pairs = {round(abs(a - b), 9) for a in levels for b in levels if a != b}
    drawn = populations[1].draw(np.random.default_rng(4), 50, 10)
    assert {round(abs(one), 9) for one in drawn.truth} <= pairs
    # Every question of a pair differs alike, so that each sample has the true mean.
    assert ratio(drawn.statistics.sum(axis=1)) == pytest.approx(drawn.truth)
    assert set(drawn.sizes.flatten()) == {1, 3}  # Ten sections of three questions, ten of none.
    (corpus,) = own(made_up_run, "corpus")
    drawn = corpus.draw(np.random.default_rng(4), 50, 10)
    assert drawn.statistics.shape == (50, 10, 20)
    assert corpus.figure(drawn.statistics.sum(axis=1)) == pytest.approx(drawn.truth)


def test_the_percentile_agrees_with_scipys() -> None:
    sums = np.random.default_rng(5).lognormal(0, 1, 12) * SIZES
    theirs = bootstrap(
        (sums, SIZES),
        lambda sums, sizes, axis: sums.sum(axis=axis) / sizes.sum(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=10_000,
        rng=np.random.default_rng(6),
    ).confidence_interval
    width = theirs.high - theirs.low
    assert applied("percentile", sums) == pytest.approx(tuple(theirs), abs=0.05 * width)


def test_the_bootstrap_t_agrees_with_plain_python() -> None:
    scores = list(np.random.default_rng(7).lognormal(0, 1, 12))
    chooser, value = random.Random(8), fmean(scores)  # noqa: S311
    error, studentised = stdev(scores) / 12**0.5, []
    for _ in range(4_000):
        drawn = chooser.choices(scores, k=12)
        studentised.append((fmean(drawn) - value) / (stdev(drawn) / 12**0.5))
    studentised.sort()
    expected = value - studentised[3_899] * error, value - studentised[99] * error
    found = applied("bootstrap-t", np.array(scores), np.ones(12))
    assert found == pytest.approx(expected, abs=0.05 * (expected[1] - expected[0]))


def test_the_jackknife_is_that_of_the_reports() -> None:
    sums = np.random.default_rng(9).normal(0, 1, 12)
    scores, names = (np.repeat(one, SIZES.astype(int)) for one in (sums / SIZES, np.arange(12)))
    rows = np.stack([scores, np.ones_like(scores)], axis=-1)[None]
    _, *expected = interval([rows], ratio, list(names.astype(str)), coverage=0.95, fewest=2)
    assert applied("t, CR3", sums) == pytest.approx(expected)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_follows_shift_and_scale(name: str) -> None:
    sums = np.random.default_rng(10).lognormal(0, 1, 12) * SIZES
    low, high = applied(name, sums)
    moved = applied(name, 3 * sums + 2 * SIZES)
    assert moved == pytest.approx((3 * low + 2, 3 * high + 2), rel=1e-3)
    assert applied(name, -sums) == pytest.approx((-high, -low), rel=0.02)


def test_the_rule_takes_what_is_enough_from_the_fewest_clusters() -> None:
    shares = {  # Of the harder population, by clusters; the later method is wider.
        "few": {3: 0.99, 10: 0.92, 20: 0.929, 200: 0.93},
        "wide": {3: 0.10, 10: 0.92, 20: 0.93, 200: 0.93},
        "wider": {3: 0.99, 10: 0.99, 20: 0.99, 200: 0.99},
        "none": {3: 0.99, 10: 0.99, 20: 0.99, 200: 0.92},
        "late": {3: 0.99, 10: 0.919, 20: 0.99, 200: 0.99},
    }
    table: Table = {
        (population, clusters): {
            name: Covered(max(by[clusters], least), 0.0, width)
            for width, (name, by) in enumerate(shares.items())
        }
        for population, least in (("hard", 0.0), ("easy", 0.95))
        for clusters in shares["few"]
    }
    expected = {"few": 200, "wide": 10, "wider": 10, "none": None, "late": 20}
    assert {name: enough_from(table, name) for name in expected} == expected
    assert chosen(table) == "wide"


def test_the_command_prints_a_table_of_every_method(
    made_up_run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--run", str(made_up_run), "--samples", "40", "--clusters", "10", "20"]
    monkeypatch.setattr(sys, "argv", ["coverage", *arguments])
    print_coverage()
    lines = capsys.readouterr().out.splitlines()
    for start in ("skewed | 10", "rare | 20", "own bleu | 10", "own corpus_bleu | 20"):
        (row,) = [line for line in lines if line.startswith(f"| {start} |")]
        assert row.count("±") == len(METHODS)
    assert sum(line.startswith("chosen: ") for line in lines) == 2
    assert any(line.startswith("| 2 | 10 | 10 | ") for line in lines)
