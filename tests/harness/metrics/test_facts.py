"""Facts of rows: which are drawn, what recall and contradiction are, and how they do on ours."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics import Row, marks_of
from harness.metrics.fact import Fact, judged
from harness.metrics.facts import Contradicted, FactRecall, drawn_facts, judged_of
from harness.metrics.quantities import Quantity, QuantityKind, quantities
from tests.harness.metrics.shipped import questions, rows

FACTS = (Fact("duration", "72 hours"), Fact("yes-no", "yes"), Fact("provision", "Article 33(1)"))
ROW = Row("Must we notify?", "Yes, in 24 hours.", ("Yes.",), facts=FACTS)

DRAWN = {
    "Yes. Article 33(1) gives 72 hours.": ["yes", "72 hours", "Article 33(1)"],
    "Articles 33 and 34 apply from 2 August 2026.": ["2 August 2026", "Articles 33", "Article 34"],
    "At least 3 members, 3 members, a third party.": ["3 members"],
    "It costs EUR 5 or 4%.": ["EUR 5", "4%"],
    "It depends on the authority.": [],
    "": [],
}


@pytest.mark.parametrize("reference", DRAWN)
def test_facts_are_drawn_from_what_a_reference_commits_to(reference: str) -> None:
    assert [fact.value for fact in drawn_facts((reference,), "When?")] == DRAWN[reference]


def test_only_what_all_references_have_and_the_question_has_not_is_drawn() -> None:
    references = ("Yes: 72 hours, under Article 33.", "Yes, 3 days. See Article 34.")
    assert [one.value for one in drawn_facts(references, "")] == ["yes", "72 hours"]
    assert [one.value for one in drawn_facts(references, "In 72 hours?")] == ["yes"]
    assert drawn_facts((), "") == ()


@pytest.mark.parametrize(
    ("row", "recall", "contradicted"),
    [
        (ROW, 1 / 3, 1),
        (replace(ROW, answer="Yes, in 72 hours (Article 33(1))."), 1, 0),
        (replace(ROW, answer="No."), 0, 1),
        (replace(ROW, answer=""), 0, 0),
        (replace(ROW, facts=FACTS[2:]), 0, None),
        (replace(ROW, facts=()), 1, 0),
        (replace(ROW, facts=(), references=("It depends.",)), None, None),
        (replace(ROW, facts=(), references=()), None, None),
        (replace(ROW, facts=(), answerable=False), None, None),
    ],
)
def test_recall_is_a_share_and_contradiction_a_yes_or_no(
    row: Row, recall: float | None, contradicted: float | None
) -> None:
    assert FactRecall().score([row]) == [pytest.approx(recall) if recall else recall]
    assert Contradicted().score([row]) == [contradicted]


def test_marks_lie_on_what_is_found_missed_and_contradicted() -> None:
    marks = [*marks_of(FactRecall(), ROW), *marks_of(Contradicted(), ROW)]
    assert [(one.kind, ROW.answer[one.start : one.end], one.note) for one in marks] == [
        ("fact found", "Yes", "yes-no: yes"),
        ("fact missed", "", "provision: Article 33(1)"),
        ("contradicted", "24 hours", "duration: 72 hours"),
    ]


ANSWERS = st.lists(
    st.sampled_from(["Yes", "no", "72 hours", "3 days", "Article 33(1)", "EUR 5", ",", "\n", "."])
).map(" ".join)


@given(ANSWERS, ANSWERS)
def test_shares_and_marks_hold_of_any_answer(reference: str, answer: str) -> None:
    row = Row("?", answer, (reference,))
    (recall,), (against,) = FactRecall().score([row]), Contradicted().score([row])
    assert recall is None or 0 <= float(recall) <= 1  # type: ignore[arg-type]
    assert against in (None, 0, 1)
    found = [one for one in marks_of(FactRecall(), row) if one.kind == "fact found"]
    assert bool(found) is bool(recall)
    assert bool(marks_of(Contradicted(), row)) is bool(against)
    again = replace(row, answer=reference)
    assert FactRecall().score([again])[0] in (None, 1)
    assert Contradicted().score([again])[0] in (None, 0)


def test_what_is_drawn_of_a_shipped_reference_is_found_in_it_and_not_contradicted() -> None:
    assert set(FactRecall().score(rows())) == {None, 1.0}
    assert set(Contradicted().score(rows())) == {None, 0.0}
    assert sum(len(judged_of(row)) for row in rows()) > 2000


def test_what_is_written_down_of_shipped_questions_is_found_in_their_references() -> None:
    found, contradicted = Counter[bool](), 0
    for question in (one for one in questions() if one.facts):
        for reference in question.references:
            for one in judged(question.facts, question.question, reference):
                found[one.found is not None] += one.fact.kind in get_args(QuantityKind)
                contradicted += one.contradicted is not None
    print(f"numbers found {found[True]}, not {found[False]}; contradicted {contradicted}")
    assert found[True] > 500
    assert found[True] >= 0.98 * found.total()
    assert contradicted <= 0.01 * found.total()


def test_wrong_numbers_in_shipped_references_are_contradicted() -> None:
    pool = {
        row.answer[one.start : one.end]: one for row in rows() for one in quantities(row.answer)
    }
    draw = random.Random(1)  # noqa: S311
    planted, flagged = Counter[str](), Counter[str]()
    for row in rows():
        for fact in drawn_facts(row.references, row.question):
            right = next(iter(quantities(fact.value)), None)
            wrong = _another(right, pool, row, draw) if right else None
            if right and wrong:
                text = _replaced(row.answer, right, wrong)
                planted[fact.kind] += 1
                flagged[fact.kind] += bool(judged([fact], row.question, text)[0].contradicted)
    print(f"planted {dict(planted)}, contradicted {dict(flagged)}")
    assert planted.total() > 450
    assert all(flagged[kind] >= 0.95 * planted[kind] for kind in planted)


def _another(
    right: Quantity, pool: Mapping[str, Quantity], row: Row, draw: random.Random
) -> str | None:
    """A value of the kind that neither the question nor the answer has; none in the place of a bare
    number that does not say what it counts, since it may be of anything."""
    if right.kind == "number" and not right.nouns:
        return None
    known = quantities(row.question) + quantities(row.answer)
    others = [
        said
        for said, one in pool.items()
        if (one.kind, one.unit) == (right.kind, right.unit)
        and not any(one.same(other) for other in known)
        # "10" of "10 to 20 days" says nothing alone.
        and any(one.same(alone) for alone in quantities(said))
    ]
    return draw.choice(others) if others else None


def _replaced(text: str, right: Quantity, wrong: str) -> str:
    """A text with another value wherever it has that one."""
    for one in reversed(quantities(text)):
        if one.same(right):
            text = text[: one.start] + wrong + text[one.end :]
    return text
