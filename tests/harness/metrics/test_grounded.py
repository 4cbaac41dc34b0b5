"""Grounded: what an answer states that the context or the question has."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics import Row, marks_of
from harness.metrics.grounded import Grounded
from tests.harness.metrics.shipped import rows

ROW = Row(
    "Is it 10 days?",
    "Within 72 hours, 10 days or 4% (Article 33, Article 34).",
    ("…",),
    context="Article 33(1): 3 days.",
)


@pytest.mark.parametrize(
    ("answer", "context", "expected"),
    [
        (ROW.answer, ROW.context, 3 / 5),
        ("Within three days.", ROW.context, 1.0),
        ("Within 3 working days.", ROW.context, 0.0),
        ("The authority.", ROW.context, None),
        ("", ROW.context, None),
        ("72 hours.", "", None),
        ("72 hours.", None, None),
    ],
)
def test_the_share_is_of_what_could_be_looked_up(
    answer: str, context: str | None, expected: float | None
) -> None:
    assert Grounded().score([replace(ROW, answer=answer, context=context)]) == [expected]


def test_marks_lie_on_what_stands_nowhere_in_the_context() -> None:
    marks = marks_of(Grounded(), ROW)
    assert [ROW.answer[one.start : one.end] for one in marks] == ["4%", "Article 34"]


SAID = st.lists(
    st.sampled_from(["72 hours", "4%", "EUR 5", "Article 5(1)", "2 May 2026", "and", ";"])
).map(" ".join)


@given(SAID, SAID)
def test_the_share_is_what_is_not_marked_and_all_of_the_context_itself(
    answer: str, context: str
) -> None:
    row = replace(ROW, answer=answer, context=context)
    (share,) = Grounded().score([row])
    missing = marks_of(Grounded(), row)
    assert share is None or 0 <= float(share) <= 1  # type: ignore[arg-type]
    assert (share in (None, 1)) is not bool(missing)
    assert Grounded().score([replace(row, context=answer)])[0] in (None, 1)


def test_shipped_references_are_grounded_in_their_evidence() -> None:
    shares = [float(one) for one in Grounded().score(rows()) if one is not None]  # type: ignore[arg-type]
    assert len(shares) > 1000
    assert sum(shares) / len(shares) > 0.98
