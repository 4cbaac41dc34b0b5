"""A metric that a floor wins is not called quality."""

from pathlib import Path

import pytest

from reports.comparison import Comparison, compare_run
from reports.floors import won_by_floors


def scoring(run: Path, **means: float) -> Comparison:
    """The comparison of a run in which ``floor/sentence`` has these means."""
    comparison = compare_run(run)
    document = comparison.model_dump(exclude_unset=True)
    for name, mean in means.items():
        document["variants"]["floor/sentence"]["metrics"][name]["mean"] = mean
    return type(comparison).model_validate(document)


@pytest.mark.parametrize(
    ("means", "said"),
    [
        ({"rouge_l": 0.99}, "ROUGE-L"),
        ({"repetition": 0.0}, "repetition"),  # Of which less is better.
        ({"rouge_l": 0.99, "repetition": 0.0}, "ROUGE-L (floor/sentence), repetition"),
    ],
)
def test_what_a_floor_wins_is_said_with_its_name(
    made_up_run: Path, means: dict[str, float], said: str
) -> None:
    (line,) = won_by_floors(scoring(made_up_run, **means))
    assert line.endswith(
        f"no variant is better than the best floor on it: {said} (floor/sentence)."
    )


@pytest.mark.parametrize("means", [{}, {"repetition": 0.99}, {"length": 0.0}, {"length": 99.0}])
def test_a_floor_wins_nothing_by_what_is_worse_or_no_better(
    made_up_run: Path, means: dict[str, float]
) -> None:
    assert won_by_floors(scoring(made_up_run, **means)) == []


def test_without_a_floor_nothing_is_said(made_up_run: Path) -> None:
    comparison = scoring(made_up_run, rouge_l=0.99)
    alone = comparison.model_dump(exclude_unset=True)
    for entry in alone["variants"].values():
        entry["floor"] = False
    assert won_by_floors(type(comparison).model_validate(alone)) == []
