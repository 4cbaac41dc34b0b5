"""Documents carry all that metrics read: facts, citations, and the provisions there are."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from harness.metrics.fact import Fact
from rag.context import Excerpt
from rag.corpus import load_sections
from tasks.policyqa.documents import make_documents, provisions_of, question_of, row_of
from tasks.policyqa.prompts import shipped_prompt
from tasks.policyqa.questions import Question
from tests.tasks.folders import change, load

FACTS = [Fact("duration", "72 hours"), Fact("term", "hive", ("beehive",))]
GIVEN = [{"kind": one.kind, "value": one.value, "also": list(one.also)} for one in FACTS]


def test_a_row_has_the_facts_and_citations_of_its_question_even_from_a_log(data: Path) -> None:
    change(data, {0: {"facts": GIVEN, "citations": ["Article 1", "Rule 2"]}})
    questions = load(data)
    assert questions[0].facts == FACTS
    documents = make_documents(questions, shipped_prompt("plain"), [Excerpt()] * len(questions), {})
    for document in (documents[0], json.loads(json.dumps(documents[0]))):
        row = row_of(document, "x")
        assert row.facts == tuple(FACTS)
        assert row.citations == ("Article 1", "Rule 2")
        assert row.provisions == ()
        assert question_of(document) == questions[0]
    assert row_of(documents[1], "x").facts == ()


def test_a_log_of_an_earlier_version_is_read_without_what_it_lacks(data: Path) -> None:
    questions = load(data)
    (document,) = make_documents(questions[:1], shipped_prompt("plain"), [Excerpt()], {})
    for name in ("facts", "citations", "provisions"):
        del document[name]
    row = row_of(document, "x")
    assert (row.facts, row.citations, row.provisions) == ((), (), ())
    assert question_of(document).question == questions[0].question


def test_a_row_has_what_the_documents_name_that_it_is_about_or_was_shown(data: Path) -> None:
    sections = load_sections(data)
    named = provisions_of(sections)
    assert set(named) == {"bees", "kites", "wells"}
    question = next(one for one in load(data) if one.framework == "bees")
    shown = next(one.id for one in sections if one.framework == "kites")
    for excerpt, frameworks in ((Excerpt(), {"bees"}), (Excerpt("…", (shown,)), {"bees", "kites"})):
        (document,) = make_documents([question], shipped_prompt("plain"), [excerpt], named)
        row = row_of(json.loads(json.dumps(document)), "x")
        assert {section.split("/")[0] for section, _ in row.provisions} == frameworks
        words = {word for _, own in row.provisions for word in own}
        assert ("rule/1" in words) is ("kites" in frameworks)
        assert "article/1" in words
        assert set(dict(row.provisions)) <= {one.id for one in sections}


def test_a_section_names_what_stands_in_its_heading_and_its_text(data: Path) -> None:
    first = next(one for one in load_sections(data) if one.framework == "wells")
    assert "paragraph/1" in provisions_of([first])["wells"][first.id]
    assert provisions_of([]) == {}


def test_an_unanswerable_question_has_no_facts() -> None:
    fields = {"id": "q", "split": "test", "question": "How deep?", "facts": GIVEN}
    assert Question.model_validate(fields | {"answer": "a"}).facts == FACTS
    with pytest.raises(ValidationError, match="yet facts of an answer are given"):
        Question.model_validate(fields | {"answerable": False})


@pytest.mark.parametrize(
    "wrong", [{"kind": "length", "value": "5"}, {"kind": "term"}, {**GIVEN[0], "weight": 2}, "no"]
)
def test_a_fact_of_another_shape_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        Question.model_validate({"id": "q", "split": "test", "question": "?", "facts": [wrong]})
