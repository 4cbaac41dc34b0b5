"""The loader refuses what breaks the contract; the shipped set keeps it."""

import re
import shutil
from collections import Counter
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.metrics.abstention import abstains
from rag.context import Excerpt
from rag.corpus import load_corpus, load_frameworks, load_sections
from tasks.checking.check import check_data
from tasks.checking.information import data_information
from tasks.policyqa.documents import make_documents, row_of
from tasks.policyqa.prompts import shipped_prompt
from tasks.policyqa.questions import (
    DATA,
    UNANSWERED,
    data_identity,
    in_split,
    left_out,
    with_reference,
)
from tests.conftest import write_questions
from tests.tasks.folders import change, load, note_pages, rows_of

PAGES = {"s-3": "2", "s-4": "2-3", "s-5": "3"}


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
    rows = change(data, {3: {"answer": None}})
    del rows[2]["answer"]
    write_questions(data, rows)
    questions = load(data)
    assert [one for one in questions if one not in with_reference(questions)] == questions[2:4]
    assert questions[3].references == []
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
    none: dict[str, Any] = {"answerable": False, "evidence": []}
    own = {"answer": "The Act is silent on it."}
    change(data, {2: none | {"answer": None}, 3: none | own})
    assert [one.references for one in load(data)[2:4]] == [[UNANSWERED], [own["answer"]]]
    assert abstains(UNANSWERED)


def test_further_references_stand_beside_the_first(data: Path) -> None:
    rows = change(data, {2: {"answers": ["Forty metres.", "40 m."]}})
    questions = load(data)
    expected = [[rows[1]["answer"]], [rows[2]["answer"], "Forty metres.", "40 m."]]
    assert [one.references for one in questions[1:3]] == expected
    assert questions[2].reference == rows[2]["answer"]
    documents = make_documents(questions, shipped_prompt("plain"), [Excerpt()] * len(rows), {})
    assert [list(row_of(one, "x").references) for one in documents[1:3]] == expected


def test_a_question_that_was_all_there_is_logged_as_it_was(data: Path) -> None:
    dumped = load(data)[-1].model_dump()
    assert dumped.pop("answers") == dumped.pop("facts") == []
    assert list(dumped.items()) == list(rows_of(data)[-1].items())


def test_a_line_needs_no_more_than_an_id_a_split_and_a_question(data: Path) -> None:
    write_questions(data, [{"id": "q", "split": "test", "question": "How deep?"}])
    (question,) = load(data)
    assert (question.framework, question.kind) == ("", "")
    assert question.evidence == question.citations == question.answers == []


def test_a_set_without_documents_is_loaded_and_counted(data: Path) -> None:
    shutil.rmtree(data / "corpus")
    count = len(rows_of(data))
    rows = change(data, {n: {"framework": "", "evidence": [f"topic {n}"]} for n in range(count)})
    assert [question.model_dump(exclude={"answers", "facts"}) for question in load(data)] == rows
    found = data_information(data)
    assert (found["frameworks"], found["sections"], found["questions"]) == (0, 0, len(rows))
    assert found["held out"] == {"frameworks": [], "questions": 0}
    assert sum(found["several frameworks"].values()) == 0
    assert found["words a section"] == []
    assert len(found["sha256"]) == 64
    # A label like a section's id stands in one split, too.
    change(data, {0: {"evidence": ["bees/s-1"]}, 2: {"evidence": ["bees/s-1"]}})
    with pytest.raises(DataError, match=r":3: bees/s-1 is evidence in train here and in valid"):
        load(data)


def test_an_empty_corpus_is_no_set_without_documents(data: Path) -> None:
    shutil.rmtree(data / "corpus")
    (data / "corpus").mkdir()
    with pytest.raises(DataError, match=r"holds no \*\.md file"):
        load_sections(data)
    assert check_data(data, ["duplicate", "answered"])[0].place == "corpus"


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
    note_pages(data / "corpus" / "bees.md", PAGES)
    change(data, {3: {"evidence": written, "framework": ""}})
    question = load(data)[3]
    assert question.evidence == covered
    assert question.framework == "bees"
    assert rows_of(data)[3]["evidence"] == written


def test_information_counts_what_evidence_is_named_by(data: Path) -> None:
    note_pages(data / "corpus" / "bees.md", PAGES)
    train = [n for n, row in enumerate(rows_of(data)) if row["split"] == "train"]
    evidence: list[list[str]] = [["bees"], ["bees#page=2"], ["bees#page=2", "bees/s-3"], [], []]
    change(data, {n: {"evidence": names} for n, names in zip(train, evidence, strict=False)})
    change(data, {train[4]: {"answerable": False}})
    found = data_information(data)
    assert found["with evidence"] == {"train": 10, "validation": 3, "test": 3}
    assert found["evidence named by"] == {"section": 14, "page": 1, "document": 1}
    assert found["answerable"] == {"train": 11, "validation": 3, "test": 3}
    assert found["unanswerable"] == {"train": 1, "validation": 0, "test": 0}
    assert found["style AUC"] is None  # Of so few nobody knows.


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
    kinds = "definition obligation threshold procedure scope list comparison unanswerable"
    assert set(found["kinds"]) == {*kinds.split(), "false-premise"}


def test_every_shipped_section_has_its_length_and_a_question() -> None:
    words = {section.id: len(section.body.split()) for section in load_corpus(DATA)}
    assert {id_: n for id_, n in words.items() if not 60 <= n <= 180} == {}
    assert set(words) == {id_ for question in load(DATA) for id_ in question.evidence}


def test_the_shipped_answers_are_an_experts() -> None:
    for question in load(DATA):
        assert 6 <= len(question.reference.split()) <= 60, question.id
        said = question.reference + question.question
        assert all(citation in said for citation in question.citations), question.id
        assert bool(question.citations) == question.answerable, question.id
        two = len(question.evidence_frameworks) == 2
        assert two == (question.kind == "comparison"), question.id


def test_what_is_scored_has_facts_and_test_has_three_references_that_differ() -> None:
    for question in load(DATA):
        if question.answerable and question.split != "train":
            assert 1 <= len(question.facts) <= 5, question.id
        if question.answerable and question.split == "test":
            texts = [set(five_grams(text)) for text in question.references]
            assert len(texts) == 3, question.id
            for one, other in permutations(texts, 2):
                if one != texts[0] and one:
                    assert len(one & other) <= len(one) / 2, question.id


def test_no_framework_and_no_verdict_outweighs_the_others() -> None:
    questions = load(DATA)
    test = Counter(one.framework for one in questions if one.split == "test")
    assert test.pop("us-colorado-ai-act") <= 10
    assert min(test.values()) >= 15
    begun = [re.match(r"(yes|no)(?=[,.:;])", one.reference, re.I) for one in questions]
    verdicts = Counter(match[0].lower() for match in begun if match)
    assert verdicts["no"] <= 0.55 * verdicts.total()


def test_what_is_not_applied_yet_says_so() -> None:
    pending = {one.id: one for one in load_frameworks(DATA) if one.status != "in force"}
    silent = [
        one.id
        for one in load(DATA)
        if one.framework in pending
        and "adopted" not in one.question
        and str(pending[one.framework].year) not in one.question
    ]
    assert silent == []


def five_grams(text: str) -> list[tuple[str, ...]]:
    """Of the words of a text, numbers whole."""
    words = re.findall(r"\d[\d.,]*\d|\w+", text.lower())
    return [tuple(words[place : place + 5]) for place in range(len(words) - 4)]
