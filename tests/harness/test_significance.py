"""The chances of differences: by metric, and of all that are looked at."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import permutation_test

from harness.pairing import Measure
from harness.runs import Result
from harness.significance import chances_of
from tests.entrants import QUALITY, result, scores

OTHER = Measure("other", "Other", "mean", higher_is_better=True)
MEASURES = [QUALITY, OTHER]


def with_other(found: Result, shift: float, every: int = 1) -> Result:
    """A second metric, of every so many questions."""
    outcomes = {
        key: replace(one, values=one.values | {"other": one.values["quality"] + shift})
        if place % every == 0
        else one
        for place, (key, one) in enumerate(found.outcomes.items())
    }
    return replace(found, outcomes=outcomes)


def test_a_difference_has_the_p_of_its_groups_flipped() -> None:
    ours, theirs = result("ours", scores(0.004)), result("today", scores(0.0, 0.0))
    found = chances_of([ours], theirs, [QUALITY])["ours", "quality"]
    apart = (scores(0.004) - scores(0.0, 0.0)).reshape(-1, 3).sum(axis=1)
    expected = permutation_test(
        (apart,), np.sum, permutation_type="samples", n_resamples=20_000, random_state=1
    )
    assert found.p == pytest.approx(expected.pvalue, abs=0.02)
    assert found.p_adjusted == found.p


def test_more_that_is_looked_at_makes_each_less_sure() -> None:
    today = with_other(result("today", scores(0.0, 0.0)), 0)
    several = [with_other(result(f"v{n}", scores(0.01, seed=n)), 0.001 * n, 4) for n in range(1, 5)]
    alone = chances_of(several[:1], today, MEASURES[:1])
    among = chances_of(several, today, MEASURES)
    assert list(among) == [(one.name, measure.name) for one in several for measure in MEASURES]
    assert among["v1", "quality"].p == pytest.approx(alone["v1", "quality"].p, abs=0.02)
    assert among["v1", "quality"].p_adjusted > 1.5 * alone["v1", "quality"].p_adjusted


def test_what_has_no_better_way_makes_nothing_else_less_sure() -> None:
    today = with_other(result("today", scores(0.0, 0.0)), 0)
    ours = with_other(result("ours", scores(0.01)), 0.5, 4)
    alone = chances_of([ours], today, [QUALITY])["ours", "quality"]
    neither = replace(OTHER, higher_is_better=None)
    found = chances_of([ours], today, [neither, QUALITY])
    assert found["ours", "quality"] == alone
    assert found["ours", "other"].p_adjusted == found["ours", "other"].p
    assert chances_of([ours], today, MEASURES)["ours", "quality"] != alone


def test_seeds_that_differ_make_a_difference_less_sure() -> None:
    today = result("today", scores(0.0, 0.0))
    first, second = result("ours", scores(0.02)), result("ours", scores(-0.01, seed=2))
    once = chances_of([first], today, [QUALITY])["ours", "quality"]
    twice = replace(first, further=(second.outcomes,))
    assert once.p < 0.001
    assert chances_of([twice], today, [QUALITY])["ours", "quality"].p > 0.05
