"""What metrics point at: spans of a row's texts, of whatever metric."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.metrics import LoggedMark, Mark, Row, Value, abstains, marks_of
from harness.metrics.abstention import ABSTAINED, OVER_REFUSAL, FalseAnswer
from harness.metrics.evidence import EvidenceShown
from harness.metrics.marks import logged_marks, marks_as_json

ROW = Row("Within what time?", "72 hours.", ("Within 72 hours.", "Three days."), context="Art. 33")


@dataclass(frozen=True)
class Pointing:
    """A user's metric."""

    found: Any
    name: str = "facts"
    title: str = "facts"
    higher_is_better: bool = True
    kind: Any = "mean"
    signature: str = "facts:1"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        return [1.0 for _ in rows]

    def marks(self, row: Row) -> Any:
        assert row.answer
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


GOOD = (
    Mark("answer", 0, 8, "fact found"),
    Mark("answer", 0, 9, "whole"),
    Mark("reference", 6, 11, "fact missed", reference=1),
    Mark("context", 0, 7, "citation wrong", note="it is Article 34"),
    Mark("answer", 0, 0, "fact missed", note="to the authority"),
)


def test_marks_are_read_back_as_they_were_logged_and_need_none() -> None:
    metric = Pointing(list(GOOD))
    assert marks_of(metric, ROW) == GOOD
    logged = marks_as_json([EvidenceShown(), metric], ROW)
    assert logged[3] == {
        **{"metric": "facts", "of": "context", "start": 0, "end": 7, "kind": "citation wrong"},
        **{"reference": 0, "note": "it is Article 34"},
    }
    assert logged_marks(logged, ROW) == tuple(LoggedMark("facts", one) for one in GOOD)
    assert marks_of(EvidenceShown(), ROW) == ()


def test_what_no_file_can_hold_is_replaced_where_it_is_logged() -> None:
    (logged,) = marks_as_json([Pointing([Mark("answer", 0, 2, "\ud800", note="a\udc00")])], ROW)
    assert (logged["kind"], logged["note"]) == ("?", "a?")


WRONG = {
    "is none: use harness.metrics.Mark": {"of": "answer"},
    "is of 'question'; it must be of one of answer, context, reference": {"of": "question"},
    "needs text as its kind": {"kind": " "},
    "must have integers": {"end": 8.0},
    "is of reference 2, and there are 2 from 0": {"of": "reference", "reference": 2},
    "is of reference 1, and there are 1 from 0": {"reference": 1},
    "is of reference -1": {"of": "reference", "reference": -1},
    "reaches outside its text of 9 characters": {"end": 10},
    "reaches outside its text of 7 characters": {"of": "context", "end": 9},
    "reaches outside its": {"start": -1},
    "reaches outside": {"start": 5, "end": 4},
    "has no span; such a mark has 0": {"start": 3, "end": 3, "note": "here"},
    "has no span": {"end": 0},
}


@pytest.mark.parametrize("said", WRONG)
def test_a_mark_of_nothing_is_one_line_that_names_the_metric(said: str) -> None:
    wrong = WRONG[said]
    mark = wrong if said.startswith("is none") else replace(GOOD[0], **wrong)
    with pytest.raises(ConfigError, match=f"metric facts gave a mark that {said}") as caught:
        marks_of(Pointing([mark]), ROW)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("found", [ValueError("no\nfacts"), None])
def test_marks_that_fail_are_one_line_that_names_the_metric(found: Any) -> None:
    with pytest.raises(ConfigError, match=r"metric facts: (Value|Type)Error: ") as caught:
        marks_of(Pointing(found), ROW)
    assert "\n" not in str(caught.value)


def test_where_nobody_says_what_was_shown_only_a_note_is_of_the_context() -> None:
    untold = replace(ROW, context=None)
    noted = Mark("context", 0, 0, "not shown", note="Article 33")
    assert marks_of(Pointing([noted]), untold) == (noted,)
    with pytest.raises(ConfigError, match="reaches outside its text of 0"):
        marks_of(Pointing([GOOD[3]]), untold)


SENTENCES = st.sampled_from(
    ("The sections do not say.", "72 hours.", "Yes.", "No.", "Unknown.", "It is 4; so be it;")
)
SPACES = st.text(" \t\n\r\x0b\x1c\x85\xa0\u2003\u2028\u3000", max_size=3)
ANSWERS = st.one_of(
    st.lists(st.one_of(SENTENCES, SPACES, st.text(max_size=3))).map("".join),
    st.lists(
        st.one_of(SPACES, st.sampled_from(["The", "sections", "do", "not\nsay.;", "Nothing"]))
    ).map(" ".join),
)


@given(ANSWERS)
def test_what_is_marked_of_an_answer_is_each_sentence_that_abstains(answer: str) -> None:
    row = Row("?", answer, ("No.",), answerable=False)
    marks = FalseAnswer().marks(row)
    assert marks_of(FalseAnswer(), row) == tuple(marks)
    assert bool(marks) is abstains(answer)
    line, before = " ".join(answer.split()), 0
    for mark in marks:
        marked = answer[mark.start : mark.end]
        sentence = " ".join(marked.split())
        assert mark.start >= before
        assert marked == marked.strip()
        assert sentence in line
        assert abstains(sentence) or sentence.startswith(("Yes.", "No."))
        before = mark.end


def test_a_refusal_is_marked_by_the_rate_that_it_counts_for() -> None:
    answer = "Two things.\n The  sections\tdo not say;  ask them."
    evidence = Row("?", answer, ("a",), True, ("s-1",), "…", ("s-1",))
    unshown, nowhere = replace(evidence, context_ids=()), replace(evidence, answerable=False)
    rates = (FalseAnswer(), OVER_REFUSAL, ABSTAINED)
    found = [[len(one.marks(row)) for one in rates] for row in (nowhere, evidence, unshown)]
    assert found == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    (mark,) = OVER_REFUSAL.marks(evidence)
    assert answer[mark.start : mark.end] == "The  sections\tdo not say;"
