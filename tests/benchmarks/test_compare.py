"""Ratios beside those that are kept."""

from typing import Any

import pytest

from benchmarks.compare import compared, machine_file, measured


def made(ratio: float, more: bool, baseline: str = "stock") -> dict[str, Any]:
    """What pytest-benchmark writes, as far as it is read."""
    told = {"baseline": baseline, "more is better": more, "ratios": {"throughput": ratio}}
    one = {"name": "test_batches", "stats": {"median": 1.2345}, "extra_info": told}
    untold = {"name": "test_other", "stats": {"median": 1.0}, "extra_info": {}}
    return {
        "machine_info": {"cpu": {"brand_raw": "AMD EPYC (tm)", "count": 2}},
        "commit_info": {"id": "0123456789", "dirty": True},
        "benchmarks": [one, untold],
    }


@pytest.mark.parametrize(
    ("before", "now", "more", "worse"),
    [
        (2.0, 1.5, True, True),
        (2.0, 1.5, False, False),
        (2.0, 2.6, False, True),
        (2.0, 2.6, True, False),
        (2.0, 2.2, False, False),
    ],
)
def test_a_ratio_gets_worse_to_the_side_that_is_not_better(
    before: float, now: float, more: bool, worse: bool
) -> None:
    (found,) = compared(measured(made(now, more)), measured(made(before, more)))
    assert found[1] is worse
    assert f"0123456+: × {before}" in found[0]


def test_what_is_measured_against_something_else_is_new() -> None:
    (found,) = compared(measured(made(9.0, more=False)), measured(made(1.0, False, "another")))
    assert found == ("test_batches, throughput: × 9.0 of stock (new)", False)


def test_ratios_are_kept_by_machine() -> None:
    assert machine_file(made(1.0, more=True)).name == "amd-epyc-tm-2-cores.json"
