"""The loader refuses what breaks the contract; the shipped set keeps it."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.metrics.abstention import abstains
from rag.corpus import load_corpus, load_sections
from rag.retriever import Excerpt
from tasks.checking.check import check_data
from tasks.checking.information import data_information
from tasks.policyqa.documents import make_documents, row_of
from tasks.policyqa.prompts import shipped_prompt
from tasks.policyqa.questions import (
    DATA,
    UNANSWERED,
    Question,
    data_identity,
    in_split,
    left_out,
    load_questions,
    with_reference,
)
from tests.conftest import write_questions


def rows_of(data: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (data / "questions.jsonl").read_text().splitlines()]


def load(data: Path) -> list[Question]:
    return load_questions(data, [section.id for section in load_corpus(data)])


def note_pages(path: Path, pages: dict[int, str]) -> None:
    """Note the pages of sections, by their number."""
    text = path.read_text(encoding="utf-8")
    for number, said in pages.items():
        text = re.sub(rf"(## s-{number} .*)", rf"\1\n<!-- pages: {said} -->", text)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("row", "change", "found"),
    [
        (2, {"answer": ""}, r"questions\.jsonl:3: answer"),
        (2, {"colour": "red"}, r"questions\.jsonl:3: colour"),
        (2, {"split": "dev"}, r"questions\.jsonl:3: split"),
        (2, {"evidence": ["bees/s-99"]}, r":3: evidence 'bees/s-99' is no section"),
        (2, {"id": "bees-0001"}, r":3: the id bees-0001 stands here again"),
        (2, {"evidence": ["bees/s-1"]}, r":3: bees/s-1 is evidence in train here and in valid"),
        (2, {"evidence": ["wasps"]}, r":3: evidence 'wasps' is no section or document .* bees, ki"),
        (2, {"evidence": ["bees#page=1"]}, r":3: .*notes no pages of bees\. policyqa data import"),
        (2, {"answers": ["Yes.", ""]}, r":3: answers\.1: "),
        (2, {"answers": "Yes."}, r":3: answers: "),
        (2, {"answer": None, "answers": ["Yes."]}, r":3: answers are further .* answer is missing"),
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


def test_questions_without_a_reference_are_left_out_where_one_is_needed(data: Path) -> None:
    # One blank answer of forty was a reason to refuse the other thirty-nine.
    rows = rows_of(data)
    del rows[2]["answer"]
    rows[3]["answer"] = None
    write_questions(data, rows)
    questions = load(data)
    assert [one for one in questions if one not in with_reference(questions)] == questions[2:4]
    (line,) = left_out(questions, "train", "test", "train")
    assert line.startswith(
        "2 of 12 train questions have no reference answer (the first is bees-0003)"
    )
    assert "Give it an answer, or answerable=false" in line


def test_a_split_without_any_reference_is_refused(data: Path) -> None:
    write_questions(data, [row | {"answer": None} for row in rows_of(data)])
    said = r"none of the 3 questions of split test \(the first is bees-0002\) .*answerable=false"
    with pytest.raises(DataError, match=said):
        with_reference(in_split(load(data), "test"))


def test_an_unanswerable_question_needs_no_answer_of_its_own(data: Path) -> None:
    rows = rows_of(data)
    for row in rows[2:4]:
        row |= {"answerable": False, "evidence": [], "answer": None}
    rows[3]["answer"] = "The Act is silent on it."
    write_questions(data, rows)
    without, own = load(data)[2:4]
    assert without.references == [UNANSWERED]
    assert abstains(UNANSWERED)
    assert own.references == ["The Act is silent on it."]


def test_an_unanswerable_question_names_no_evidence(data: Path) -> None:
    rows = rows_of(data)
    rows[2]["answerable"] = False
    write_questions(data, rows)
    with pytest.raises(DataError, match=r":3: .*answerable is false, yet evidence is named"):
        load(data)


def test_further_references_stand_beside_the_first(data: Path) -> None:
    rows = rows_of(data)
    rows[2]["answers"] = ["Forty metres.", "40 m."]
    del rows[3]["answer"]
    write_questions(data, rows)
    questions = load(data)
    assert questions[1].references == [rows[1]["answer"]]
    assert questions[2].references == [rows[2]["answer"], "Forty metres.", "40 m."]
    assert questions[2].reference == rows[2]["answer"]
    assert questions[3].references == []


def test_a_documents_row_has_all_references(data: Path) -> None:
    rows = rows_of(data)
    rows[2]["answers"] = ["Forty metres."]
    write_questions(data, rows)
    documents = make_documents(load(data), shipped_prompt("plain"), [Excerpt()] * len(rows))
    assert row_of(documents[1], "x").references == (rows[1]["answer"],)
    assert row_of(documents[2], "x").references == (rows[2]["answer"], "Forty metres.")


def test_a_question_that_was_all_there_is_logged_as_it_was(data: Path) -> None:
    (*_, row) = rows_of(data)
    (*_, question) = load(data)
    dumped = question.model_dump()
    assert dumped.pop("answers") == []
    assert list(dumped.items()) == list(row.items())


def test_a_line_needs_no_more_than_an_id_a_split_and_a_question(data: Path) -> None:
    rows = [{"id": "q", "split": "test", "question": "How deep?"}]
    write_questions(data, rows)
    (question,) = load(data)
    assert (question.framework, question.kind) == ("", "")
    assert question.evidence == question.citations == question.answers == []


def test_a_set_without_documents_is_loaded_checked_and_counted(
    data: Path,
    minilm: Path,  # noqa: ARG001
) -> None:
    shutil.rmtree(data / "corpus")
    rows = rows_of(data)
    for row in rows:
        row |= {"framework": "", "evidence": [f"topic {row['id'][-1]}"]}
    write_questions(data, rows)
    assert load_sections(data) == []
    questions = load_questions(data, [])
    assert [question.model_dump(exclude={"answers"}) for question in questions] == rows
    assert check_data(data, skip=["duplicate"]) == []
    found = data_information(data)
    assert (found["frameworks"], found["sections"], found["questions"]) == (0, 0, len(rows))
    assert found["held out"] == {"frameworks": [], "questions": 0}
    assert sum(found["several frameworks"].values()) == 0
    assert found["words a section"] == []
    assert len(found["sha256"]) == 64


def test_a_label_like_a_section_stands_in_one_split_without_documents_too(data: Path) -> None:
    shutil.rmtree(data / "corpus")
    rows = rows_of(data)
    rows[2]["evidence"] = rows[0]["evidence"]
    write_questions(data, rows)
    with pytest.raises(DataError, match=r":3: bees/s-1 is evidence in train here and in valid"):
        load_questions(data, [])


def test_an_empty_corpus_is_no_set_without_documents(data: Path) -> None:
    shutil.rmtree(data / "corpus")
    (data / "corpus").mkdir()
    with pytest.raises(DataError, match=r"holds no \*\.md file"):
        load_sections(data)


@pytest.mark.parametrize(
    ("written", "covered"),
    [
        (["bees/s-4"], ["bees/s-4"]),
        (["bees"], [f"bees/s-{n}" for n in range(1, 7)]),
        (["bees#page=2"], ["bees/s-3", "bees/s-4"]),
        (["bees#page=3", "bees#page=2"], ["bees/s-4", "bees/s-5", "bees/s-3"]),
        (["bees/s-4", "kites"], ["bees/s-4", *(f"kites/s-{n}" for n in range(1, 7))]),
    ],
)
def test_evidence_by_page_or_document_is_loaded_as_its_sections(
    data: Path, written: list[str], covered: list[str]
) -> None:
    note_pages(data / "corpus" / "bees.md", {3: "2", 4: "2-3", 5: "3"})
    rows = rows_of(data)
    rows[3] |= {"evidence": written, "framework": ""}
    write_questions(data, rows)
    before = (data / "questions.jsonl").read_bytes()
    question = load(data)[3]
    assert question.evidence == covered
    assert question.framework == "bees"
    assert (data / "questions.jsonl").read_bytes() == before


def test_a_page_that_no_section_stands_on_is_refused(data: Path) -> None:
    note_pages(data / "corpus" / "bees.md", {3: "2", 4: "2-3", 5: "5"})
    rows = rows_of(data)
    rows[3]["evidence"] = ["bees#page=9"]
    write_questions(data, rows)
    with pytest.raises(DataError, match=r":4: evidence 'bees#page=9': .* stand on 2-3, 5, of whi"):
        load(data)


def test_a_document_or_page_may_be_evidence_in_two_splits(data: Path) -> None:
    note_pages(data / "corpus" / "bees.md", {3: "2"})
    rows = rows_of(data)
    splits = ["train", "validation", "test", "test"]
    for row, split, name in zip(
        rows, splits, ["bees", "bees", "bees#page=2", "bees/s-3"], strict=False
    ):
        row |= {"split": split, "evidence": [name]}
    write_questions(data, rows)
    assert [question.split for question in load(data)[:4]] == splits


def test_information_counts_what_evidence_is_named_by(data: Path) -> None:
    note_pages(data / "corpus" / "bees.md", {3: "2", 4: "2-3", 5: "3"})
    rows = rows_of(data)
    train = [row for row in rows if row["split"] == "train"]
    for row, names in zip(train, (["bees"], ["bees#page=2"], ["bees#page=2", "bees/s-3"], []),
                          strict=False):  # fmt: skip
        row["evidence"] = names
    train[4] |= {"evidence": [], "answerable": False}
    write_questions(data, rows)
    found = data_information(data)
    assert found["with evidence"] == {"train": 10, "validation": 3, "test": 3}
    assert found["evidence named by"] == {"section": 14, "page": 1, "document": 1}
    assert found["answerable"] == {"train": 11, "validation": 3, "test": 3}
    assert found["unanswerable"] == {"train": 1, "validation": 0, "test": 0}


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
