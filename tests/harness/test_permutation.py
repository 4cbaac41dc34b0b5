"""Flipped signs, against scipy's permutation test and the definition of the step-down."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from harness.jackknife import FloatArray
from harness.permutation import FLIPS, p_values


def drawn(rows: int, columns: int, seed: int = 1) -> FloatArray:
    random = np.random.default_rng(seed)
    return random.normal(np.linspace(0, 0.6, columns), 1, (rows, columns))


def scipys(column: FloatArray) -> float:
    found = permutation_test(
        (column,), np.sum, permutation_type="samples", n_resamples=20_000, random_state=1
    )
    return float(found.pvalue)


@pytest.mark.parametrize("rows", [6, 12, 60])
def test_one_difference_has_scipys_p(rows: int) -> None:
    moved = drawn(rows, 3)
    alone, _ = p_values(moved)
    # Of few rows both take every choice of signs.
    within = 1e-9 if 2**rows <= FLIPS else 0.02
    assert alone == pytest.approx([scipys(column) for column in moved.T], abs=within)


def test_the_adjusted_p_is_of_the_largest_of_those_no_further_off() -> None:
    moved = drawn(10, 4)
    _, adjusted = p_values(moved)
    choices = np.arange(2**10)[:, None] >> np.arange(10) & 1
    scale = np.sqrt((moved**2).sum(axis=0))
    flipped = np.abs((1 - 2.0 * choices) @ moved) / scale
    observed = np.abs(moved.sum(axis=0)) / scale
    least, expected = 0.0, np.empty(4)
    order = list(np.argsort(-observed))
    for place, column in enumerate(order):
        largest = flipped[:, order[place:]].max(axis=1)
        least = max(least, float((largest >= observed[column] - 1e-9).mean()))
        expected[column] = least
    assert adjusted == pytest.approx(expected)


@given(st.integers(1, 25), st.integers(1, 5), st.integers(0, 1000))
def test_adjusted_is_no_surer_than_alone_and_order_does_not_matter(
    rows: int, columns: int, seed: int
) -> None:
    moved = drawn(rows, columns, seed)
    alone, adjusted = p_values(moved)
    assert (adjusted >= alone - 1e-12).all() and (alone > 0).all() and (adjusted <= 1).all()
    turned = p_values(moved[::-1])
    assert turned[0] == pytest.approx(alone)


def test_where_nothing_differs_it_is_chance() -> None:
    alone, adjusted = p_values(np.zeros((30, 2)))
    assert alone.tolist() == adjusted.tolist() == [1, 1]


def test_of_many_equal_differences_few_families_have_a_small_p() -> None:
    random = np.random.default_rng(4)
    families = [p_values(random.normal(size=(11, 8)))[1].min() for _ in range(300)]
    assert np.mean(np.array(families) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
