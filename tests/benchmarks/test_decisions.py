"""False ships are counted as they are, and samples have the truth they say."""

import numpy as np
import pytest

from benchmarks.decisions import SOURCES, Families, drawn, false_families, measured, powers

SOURCE = SOURCES["skewed"]


def test_samples_have_their_familys_means() -> None:
    means = np.array([0.0, 1.0, -3.0])
    found = np.array([one.values for one in drawn(SOURCE, means, 300, 40)])
    error = found.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - means) <= 4 * error + 1e-12).all()


def test_every_family_has_a_variant_that_just_may_not_be_shipped() -> None:
    for family in false_families(4, 1.0, 100):
        candidates, floor = family.means[1:4], family.means[4]
        best = max(family.means[0], *candidates)
        for mean, false in zip(candidates, family.false[1:4], strict=True):
            short = [best - mean, family.means[0] - mean]
            just = floor == mean or any(one == pytest.approx(family.margin) for one in short)
            assert just or not false


def test_a_ship_is_counted_as_false_only_if_it_is() -> None:
    better = Families("", np.array([0.0, 9.0, -40.0]), 0.0, np.zeros(3, bool))
    assert measured(SOURCE, better, 20, 40)[0] == 0
    wrong = Families("", np.array([0.0, 9.0, -40.0]), 0.0, np.array([False, True, False]))
    assert measured(SOURCE, wrong, 20, 40)[0] == 1
    assert measured(SOURCE, wrong, 20, 10)[0] == 0  # Too few groups ship nothing.


def test_the_planned_power_is_what_was_asked_for() -> None:
    planned, found = powers(SOURCE, 2, 2.0, 50, 40)
    assert planned == pytest.approx(0.75, abs=0.05)
    assert found == pytest.approx(0.75, abs=0.25)
