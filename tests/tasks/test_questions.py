"""The loader refuses what breaks the contract; the shipped set keeps it."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from rag.corpus import load_corpus
from tasks.policyqa.questions import DATA, Question, data_identity, in_split, load_questions
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


SHIPPED = load(DATA)
SECTIONS = {section.id: section for section in load_corpus(DATA)}


def test_the_shipped_set_has_its_size() -> None:
    splits = Counter(question.split for question in SHIPPED)
    frameworks = {question.framework for question in SHIPPED}
    trained = {question.framework for question in SHIPPED if question.split != "test"}
    assert len(frameworks) >= 8
    assert len(SECTIONS) >= 90
    assert len(SHIPPED) >= 270
    assert splits["train"] >= 150
    assert splits["validation"] >= 30
    assert splits["test"] >= 90
    assert len(frameworks - trained) >= 2


def test_every_shipped_section_has_its_length_and_a_question() -> None:
    words = {section.id: len(section.body.split()) for section in SECTIONS.values()}
    assert {id_: n for id_, n in words.items() if not 60 <= n <= 180} == {}
    assert set(SECTIONS) == {id_ for question in SHIPPED for id_ in question.evidence}


@pytest.mark.parametrize("question", SHIPPED, ids=lambda question: question.id)
def test_a_shipped_answer_is_an_experts(question: Question) -> None:
    evidence = " ".join(f"{SECTIONS[i].heading} {SECTIONS[i].body}" for i in question.evidence)
    assert 15 <= len(question.answer.split()) <= 60
    assert question.citations
    for citation in question.citations:
        assert citation in evidence
        assert citation in question.answer
    for number in re.findall(r"\d[\d.,]*\d|\d", question.answer):
        assert re.search(rf"(?<!\d){re.escape(number)}(?!\d)", evidence), number
