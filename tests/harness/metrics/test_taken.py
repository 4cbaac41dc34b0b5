"""Where facts are lost: not shown, or shown and not taken."""

import pytest

from harness.metrics import Row
from harness.metrics.fact import Fact
from harness.metrics.taken import FactsShown, FactsTaken

FACTS = (Fact("yes-no", "no"), Fact("duration", "72 hours"), Fact("term", "keeper"))


def row(context: str | None, answer: str, **changes: object) -> Row:
    return Row(
        **{  # type: ignore[arg-type]
            "question": "May I be late?",
            "answer": answer,
            "references": ("No, the keeper has 72 hours.",),
            "context": context,
            "facts": FACTS,
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("context", "answer", "shown", "taken"),
    [
        ("The keeper has 72 hours.", "No, 72 hours.", 1.0, 0.5),
        ("The keeper has a day.", "No, 72 hours.", 0.5, 0.0),
        ("The keeper has a day.", "The keeper decides.", 0.5, 1.0),
        ("Wells are deep.", "No, the keeper has 72 hours.", 0.0, None),
        ("", "No, the keeper has 72 hours.", None, None),
        (None, "No, the keeper has 72 hours.", None, None),
    ],
)
def test_facts_are_shown_or_not_and_of_the_shown_taken_or_not(
    context: str | None, answer: str, shown: float | None, taken: float | None
) -> None:
    rows = [row(context, answer)]
    assert FactsShown().score(rows) == [shown]
    assert FactsTaken().score(rows) == [taken]


def test_what_no_section_answers_has_no_facts_and_yes_or_no_is_not_shown() -> None:
    rows = [
        row("The keeper has 72 hours.", "No.", answerable=False),
        row("No.", "No.", facts=FACTS[:1]),
    ]
    assert FactsShown().score(rows) == FactsTaken().score(rows) == [None, None]
