"""The loader refuses what breaks the contract; the shipped set keeps it."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from rag.corpus import load_corpus
from tasks.checking.check import check_data
from tasks.checking.information import data_information
from tasks.policyqa.questions import (
    DATA,
    Question,
    data_identity,
    in_split,
    load_questions,
    with_reference,
)
from tests.conftest import write_questions


def rows_of(data: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (data / "questions.jsonl").read_text().splitlines()]


def load(data: Path) -> list[Question]:
    return load_questions(data, [section.id for section in load_corpus(data)])


@pytest.mark.parametrize(
    ("row", "change", "found"),
    [
        (2, {"answer": ""}, r"questions\.jsonl:3: answer"),
        (2, {"colour": "red"}, r"questions\.jsonl:3: colour"),
        (2, {"split": "dev"}, r"questions\.jsonl:3: split"),
        (2, {"evidence": ["bees/s-99"]}, r":3: evidence 'bees/s-99' is no section"),
        (2, {"id": "bees-0001"}, r":3: the id bees-0001 stands here again"),
        (2, {"evidence": ["bees/s-1"]}, r":3: bees/s-1 is evidence in train here and in valid"),
    ],
)
def test_a_broken_question_is_refused_with_its_line(
    data: Path, row: int, change: dict[str, Any], found: str
) -> None:
    rows = rows_of(data)
    rows[row].update(change)
    write_questions(data, rows)
    with pytest.raises(DataError, match=found):
        load(data)


def test_an_empty_split_is_refused(data: Path) -> None:
    write_questions(data, [row for row in rows_of(data) if row["split"] != "test"])
    with pytest.raises(DataError, match="no question is in split 'test'"):
        in_split(load(data), "test")


def test_the_datas_identity_follows_corpus_and_questions(data: Path) -> None:
    first = data_identity(data)
    (data / "notes.txt").write_text("not part of it")
    assert data_identity(data) == first
    for path in (data / "questions.jsonl", data / "corpus" / "bees.md"):
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        assert data_identity(data) != first
        first = data_identity(data)


def test_questions_without_a_reference_are_refused_where_one_is_needed(data: Path) -> None:
    rows = rows_of(data)
    del rows[2]["answer"]
    write_questions(data, rows)
    questions = load(data)
    assert questions[2].answer is None
    with pytest.raises(DataError, match=rf"1 of {len(rows)} questions have no reference answer"):
        with_reference(questions)


def test_an_unanswerable_question_names_no_evidence(data: Path) -> None:
    rows = rows_of(data)
    rows[2]["answerable"] = False
    write_questions(data, rows)
    with pytest.raises(DataError, match=r":3: .*answerable is false, yet evidence is named"):
        load(data)


def test_the_shipped_set_has_its_size() -> None:
    found = data_information(DATA)
    assert found["frameworks"] >= 30
    assert found["sections"] >= 360
    assert found["questions"] >= 1000
    assert found["splits"]["test"] >= 350
    assert found["held out"]["questions"] >= 120
    assert len(found["held out"]["frameworks"]) >= 8
    assert sum(found["unanswerable"].values()) >= 80
    assert found["recent"]["questions"]["test"] >= 60
    assert set(found["kinds"]) == {
        "definition",
        "obligation",
        "threshold",
        "procedure",
        "scope",
        "list",
        "comparison",
        "unanswerable",
    }


def test_every_shipped_section_has_its_length_and_a_question() -> None:
    sections = load_corpus(DATA)
    words = {section.id: len(section.body.split()) for section in sections}
    assert {id_: n for id_, n in words.items() if not 60 <= n <= 180} == {}
    questions = load_questions(DATA, words)
    assert set(words) == {id_ for question in questions for id_ in question.evidence}


def test_the_shipped_answers_are_an_experts() -> None:
    for question in load_questions(DATA, [section.id for section in load_corpus(DATA)]):
        assert 15 <= len(question.reference.split()) <= 60, question.id
        assert all(citation in question.reference for citation in question.citations), question.id
        assert bool(question.citations) == question.answerable, question.id
        frameworks = {section.split("/")[0] for section in question.evidence}
        assert (len(frameworks) == 2) == (question.kind == "comparison"), question.id


def test_the_shipped_set_is_clean(minilm: Path) -> None:  # noqa: ARG001
    assert check_data(DATA) == []
