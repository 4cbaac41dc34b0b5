"""Citations: made up, of the evidence, of the reference, of what was shown."""

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics import Row, marks_of
from harness.metrics.citations import (
    CitationPrecision,
    CitationRecall,
    CitationShown,
    FabricatedCitation,
)
from harness.metrics.provisions import provisions
from tests.harness.metrics.shipped import questions, rows, sections

NAMED = (("gdpr/notice", ("article/33/1", "article/34")), ("gdpr/fines", ("article/83/5",)))
ROW = Row(
    "What does Article 12 ask?",
    "Article 33(1), Article 83 and Article 99(2).",
    ("Article 33(1).",),
    evidence=("gdpr/notice",),
    context="Article 33 of the GDPR",
    citations=("Article 33(1)", "Article 34"),
    provisions=NAMED,
)
KINDS = ("article", "section", "recommendation", "rule", "principle")
METRICS = (FabricatedCitation(), CitationPrecision(), CitationRecall(), CitationShown())


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (ROW, (1, 1 / 3, 1 / 2, 1 / 3)),
        (replace(ROW, answer="Article 33(1) and Article 34."), (0, 1, 1, 1 / 2)),
        # A part that the documents do not name of what they do is not held against an answer.
        (replace(ROW, answer="Article 34(2)(c)."), (0, 1, 1 / 2, 0)),
        (replace(ROW, answer="Article 33."), (0, 1, 0, 1)),
        (replace(ROW, answer="Article 12(3)."), (0, 0, 0, 1)),
        (replace(ROW, answer="Article 3."), (1, 0, 0, 0)),
        (replace(ROW, answer="See paragraph 2."), (0, 0, 0, 0)),
        (replace(ROW, answer="72 hours."), (0, None, 0, None)),
        (replace(ROW, provisions=(), citations=()), (None, None, None, 1 / 3)),
        (replace(ROW, evidence=(), context=None), (1, None, 1 / 2, None)),
        (replace(ROW, evidence=("gdpr/none",), context=""), (1, None, 1 / 2, None)),
    ],
)
def test_citations_are_counted_by_hand(row: Row, expected: tuple[float | None, ...]) -> None:
    found = [metric.score([row])[0] for metric in METRICS]
    assert found == [None if one is None else pytest.approx(one) for one in expected]


def test_marks_lie_on_what_is_made_up_supported_and_of_another_section() -> None:
    marks = [*marks_of(FabricatedCitation(), ROW), *marks_of(CitationPrecision(), ROW)]
    assert [(one.kind, ROW.answer[one.start : one.end]) for one in marks] == [
        ("made-up citation", "Article 99(2)"),
        ("evidence cited", "Article 33(1)"),
        ("other provision cited", "Article 83"),
    ]


@given(st.lists(st.sampled_from(["Article 33", "Article 7(1)", "and", "§ 5", ",", "Rule 2"])))
def test_shares_are_shares_of_any_answer(words: list[str]) -> None:
    row = replace(ROW, answer=" ".join(words))
    for metric in METRICS:
        (found,) = metric.score([row])
        assert found is None or 0 <= float(found) <= 1  # type: ignore[arg-type]
        for mark in marks_of(metric, row):
            assert provisions(row.answer[mark.start : mark.end])


def test_every_shipped_citation_of_a_kind_is_read_whole() -> None:
    said = {one for question in questions() for one in question.citations}
    read = {one: provisions(one) for one in said if provisions(one)}
    whole = {one for one, of in read.items() if one == one[of[0].start : max(x.end for x in of)]}
    # What interprets a provision, or is a part of it by another word, is read as that.
    assert {" ".join(one.split()[:2]) for one in set(read) - whole} == {
        "Interpretive Note",
        "Class II",
    }
    assert len(whole) > 600
    kinds = r"(Article|Section|Annex|Schedule|Recital|Rule|Recommendation|Policy area|§)s? \w*\d"
    assert not [one for one in said - set(read) if re.match(kinds, one)]


def test_no_shipped_reference_and_no_section_has_a_made_up_citation() -> None:
    metric = FabricatedCitation()
    assert set(metric.score(rows())) == {0.0}
    by_section = {id_: row.provisions for row in rows() for id_, _ in row.provisions}
    own = [
        Row("?", one.text, ("…",), provisions=by_section[one.id])
        for one in sections()
        if one.id in by_section
    ]
    assert len(own) > 300
    assert set(metric.score(own)) == {0.0}
    assert set(CitationPrecision().score(rows())) == {None, 1.0}
    # A few references leave it to the question to name the provision.
    recalled = [one for one in CitationRecall().score(rows()) if one is not None]
    assert recalled.count(1.0) > 0.99 * len(recalled)


def test_planted_provisions_that_no_document_has_are_found_where_they_stand() -> None:
    draw, flagged, planted = random.Random(1), 0, 0  # noqa: S311
    for row in rows():
        known = {tuple(word.split("/")[:2]) for _, words in row.provisions for word in words}
        kind = draw.choice(sorted(one for one, *_ in known if one in KINDS) or ["rule"])
        number = draw.choice([n for n in range(1, 400) if (kind, str(n)) not in known])
        made_up = f"{kind.capitalize()} {number}({draw.randint(1, 9)})"
        wrong = replace(row, answer=f"{row.answer} See also {made_up}.")
        marks = marks_of(FabricatedCitation(), wrong)
        planted += 1
        flagged += [wrong.answer[one.start : one.end] for one in marks] == [made_up]
    print(f"planted {planted}, flagged {flagged}")
    assert planted > 1000
    assert flagged >= 0.95 * planted
