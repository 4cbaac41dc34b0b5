"""Why an answer is poor."""

from dataclasses import replace
from typing import Any

import pytest

from harness.metrics.marks import LoggedMark, Mark
from harness.outcomes import Outcome
from reports.page.causes import CONTRADICTED, NOT_FOUND, NOT_USED, REFUSED, cause_of


def outcome(score: float, shown: bool | None = True, **values: float) -> Outcome:
    """An answer to an answerable question, in a context with the evidence or without."""
    ids = {True: ["law/art-1"], False: ["law/art-9"], None: []}[shown]
    document: dict[str, Any] = {"answerable": True, "evidence": ["law/art-1"], "context_ids": ids}
    return Outcome("q", "an answer", {"rouge_l": score, **values}, document)


def found(one: Outcome, higher: bool = True) -> str | None:
    """The cause of one that should have scored 0.4."""
    value = one.values.get("rouge_l")
    return cause_of(one, value if isinstance(value, float) else None, 0.4, higher)


@pytest.mark.parametrize(
    ("one", "cause"),
    [
        (outcome(0.1), NOT_USED),
        (outcome(0.1, shown=False), NOT_FOUND),
        (outcome(0.1, shown=None), None),  # Nothing was to be shown.
        (outcome(0.1, shown=None, abstained=1.0), None),  # So it is right to refuse.
        (outcome(0.4), None),  # As good as what it must beat.
        (outcome(0.9, over_refusal=1.0), REFUSED),
        (outcome(0.9, shown=False, abstained=1.0), NOT_FOUND),  # Right to refuse.
        (outcome(0.1, over_refusal=0.0), NOT_USED),
    ],
)
def test_one_cause_the_first_that_holds(one: Outcome, cause: str | None) -> None:
    assert found(one) == cause


def test_a_contradiction_comes_before_all() -> None:
    contradicted = LoggedMark("facts", Mark("answer", 0, 2, "fact contradicted"))
    marked = replace(outcome(0.9), marks=(contradicted,))
    assert found(marked) == CONTRADICTED


def test_where_less_is_better_more_is_poor() -> None:
    assert found(outcome(0.9), higher=False) == NOT_USED
    assert found(outcome(0.1), higher=False) is None


def test_without_anything_to_beat_no_score_is_poor() -> None:
    assert cause_of(outcome(0.0), 0.0, None, higher=True) is None


def test_a_question_that_nothing_answers_is_rightly_refused() -> None:
    document = {"answerable": False, "evidence": [], "context_ids": ["law/art-1"]}
    one = Outcome("q", "The sections do not say.", {"false_answer": 0.0}, document)
    assert found(one) is None
