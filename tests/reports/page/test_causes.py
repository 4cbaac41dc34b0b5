"""Why an answer is poor."""

from typing import Any

import pytest

from harness.metrics.marks import LoggedMark, Mark
from harness.runs import Outcome
from reports.page.causes import CONTRADICTED, NOT_FOUND, NOT_USED, REFUSED, cause_of


def outcome(score: float, shown: bool | None = True, **values: float) -> Outcome:
    """An answer to an answerable question, in a context with the evidence or without."""
    ids = {True: ["law/art-1"], False: ["law/art-9"], None: []}[shown]
    document: dict[str, Any] = {"answerable": True, "evidence": ["law/art-1"], "context_ids": ids}
    return Outcome("q", "an answer", {"rouge_l": score, **values}, document)


@pytest.mark.parametrize(
    ("one", "cause"),
    [
        (outcome(0.1), NOT_USED),
        (outcome(0.1, shown=False), NOT_FOUND),
        (outcome(0.1, shown=None), None),  # Nothing was to be shown.
        (outcome(0.4), None),  # As good as what it must beat.
        (outcome(0.9, over_refusal=1.0), REFUSED),
        (outcome(0.9, shown=False, abstained=1.0), NOT_FOUND),  # Right to refuse.
        (outcome(0.1, over_refusal=0.0), NOT_USED),
    ],
)
def test_one_cause_the_first_that_holds(one: Outcome, cause: str | None) -> None:
    assert cause_of(one, 0.4, higher=True, by="rouge_l") == cause


def test_a_contradiction_comes_before_all() -> None:
    found = outcome(0.9)
    marked = Outcome(
        found.question_id,
        found.text,
        found.values,
        found.document,
        marks=(LoggedMark("facts", Mark("answer", 0, 2, "fact contradicted")),),
    )
    assert cause_of(marked, 0.4, higher=True, by="rouge_l") == CONTRADICTED


def test_where_less_is_better_more_is_poor() -> None:
    assert cause_of(outcome(0.9), 0.4, higher=False, by="rouge_l") == NOT_USED
    assert cause_of(outcome(0.1), 0.4, higher=False, by="rouge_l") is None


def test_without_anything_to_beat_no_score_is_poor() -> None:
    assert cause_of(outcome(0.0), None, higher=True, by="rouge_l") is None


def test_a_question_that_nothing_answers_is_rightly_refused() -> None:
    document = {"answerable": False, "evidence": [], "context_ids": ["law/art-1"]}
    one = Outcome("q", "The sections do not say.", {"false_answer": 0.0}, document)
    assert cause_of(one, 0.4, higher=True, by="rouge_l") is None
