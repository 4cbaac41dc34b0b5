"""A metric that a floor wins is not called quality."""

from pathlib import Path

from reports.comparison import compare_run
from reports.floors import won_by_floors


def test_what_a_floor_wins_is_said_with_its_name(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    won = won_by_floors(comparison)
    assert [line.rpartition(": ")[2] for line in won] == ["repetition (floor/echo)."]
    lifted = comparison.model_dump(exclude_unset=True)
    for name, entry in lifted["variants"].items():
        if name == "floor/sentence":
            entry["metrics"]["rouge_l"]["mean"] = 0.99
    (line,) = won_by_floors(type(comparison).model_validate(lifted))
    assert line.endswith("on it: ROUGE-L (floor/sentence), repetition (floor/echo).")


def test_without_a_floor_nothing_is_said(made_up_run: Path) -> None:
    comparison = compare_run(made_up_run)
    alone = comparison.model_dump(exclude_unset=True)
    for entry in alone["variants"].values():
        entry["floor"] = False
    assert won_by_floors(type(comparison).model_validate(alone)) == []
