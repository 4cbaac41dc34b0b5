"""The layouts of public sets, small and made up, and the real ones where they are at hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag.corpus import load_corpus
from tasks.importing.importer import import_data
from tasks.importing.squad import UNANSWERABLE, reference
from tests.tasks.folders import load

SHARED = Path(__file__).parents[4] / "shared" / "data"


def public(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"no public data at {folder}")
    return folder


def write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def qa(id_: str, *spans: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "question": f"What is {id_}?",
        "answers": [{"text": s} for s in spans],
    } | more


def passage(text: str, id_: str = "1") -> dict[str, Any]:
    return {"DocumentID": 1, "PassageID": id_, "Passage": text}


def asked(id_: str, *gold: dict[str, Any]) -> dict[str, Any]:
    return {"QuestionID": id_, "Question": f"What of {id_}?", "Passages": list(gold)}


def test_squad_becomes_sections_and_questions(tmp_path: Path) -> None:
    source = tmp_path / "squad"
    source.mkdir()
    paragraphs = [
        {"context": "Bees dance.", "qas": [qa("a", "Bees", "dance", "dance"), qa("b")]},
        {"context": "", "qas": [qa("c", "x")]},
        {"context": "Kites fly.", "qas": [qa("d", is_impossible=True), qa("a", "Kites")]},
    ]
    write(source / "dev.json", {"data": [{"title": "Town_rules", "paragraphs": paragraphs}]})
    write(
        source / "train-v2.0.json",
        {"data": [{"title": "More", "paragraphs": [{"context": "Dig.", "qas": [qa("e", "Dig")]}]}]},
    )
    # Links were followed: a set from somebody else could take in any JSON file of its reader's.
    write(tmp_path / "test.json", {"data": [{"paragraphs": [{"context": "A secret."}]}]})
    (source / "test.json").symlink_to(tmp_path / "test.json")
    summary = import_data(source, tmp_path / "data")
    assert summary["layout"] == "squad"
    questions = load(tmp_path / "data")
    assert {(q.id, q.split, q.answer, tuple(q.evidence), q.answerable) for q in questions} == {
        ("a", "validation", "dance", ("town-rules/p-0",), True),
        ("d", "validation", UNANSWERABLE, (), False),
        ("e", "train", "Dig", ("more/p-0",), True),
    }
    reasons = [(row["what"], row["reason"]) for row in summary["not taken"]]
    assert "out of the folder" in reasons.pop(0)[1]
    assert summary["documents"]["taken"] == 2
    assert reasons == [
        ("question", "has no answer, and is not marked impossible"),
        ("passage", "is empty"),
        ("question", "its paragraph is empty"),
        ("question", "its id stands there before"),
    ]


def test_the_reference_is_what_most_annotators_gave() -> None:
    spans = [{"text": "long span"}, {"text": "short"}, {"text": "short"}]
    assert reference(spans) == "short"
    assert reference({"text": ["long span", "short"]}) == "long span"
    assert reference([{"text": " "}]) is None


def test_a_passage_id_that_stands_twice_is_told_apart(tmp_path: Path) -> None:
    source = tmp_path / "obliqa"
    source.mkdir()
    second, third = passage("Second.", "1. (a)"), passage("Third.", "3")
    write(source / "1.json", [passage("First.", "1. (a)"), second, passage(" ", "2"), third])
    write(source / "ObliQA_dev.json", [asked("a", second), asked("b", passage("", "2"))])
    write(source / "ObliQA_train.json", [asked("c", third), asked("d", second)])
    summary = import_data(source, tmp_path / "data")
    sections = load_corpus(tmp_path / "data")
    assert [(s.id, s.heading, s.body) for s in sections] == [
        ("document-01/1.-a", "1. (a)", "First."),
        ("document-01/1.-a-2", "1. (a)", "Second."),
        ("document-01/3", "3", "Third."),
    ]
    questions = {q.id: q for q in load(tmp_path / "data")}
    assert {id_: (q.split, q.evidence) for id_, q in questions.items()} == {
        "a": ("validation", ["document-01/1.-a-2"]),
        "c": ("train", ["document-01/3"]),
    }
    assert summary["source"] == {"passages": 4, "distinct ids": 3}
    reasons = {row["place"]: row["reason"] for row in summary["not taken"]}
    assert reasons["1.json: row 3, PassageID '2'"] == "is empty"
    assert "gold passage" in reasons["ObliQA_dev.json: row 2, b"]
    assert "asked for in validation" in reasons["ObliQA_train.json: row 2, d"]


def test_obliqa_is_taken_whole(tmp_path: Path) -> None:
    summary = import_data(public("obliqa"), tmp_path / "data")
    assert summary["source"] == {"passages": 13_732, "distinct ids": 13_705}
    assert summary["sections"] + summary["passages not taken"] == 13_732
    assert summary["passages not taken"] == len(summary["not taken"]) == 720
    assert summary["documents"]["taken"] == 40
    assert summary["questions"]["splits"] == {"validation": 2_788}
    sections = {s.id: s for s in load_corpus(tmp_path / "data")}
    assert len(sections) == summary["sections"]
    asked = json.loads((public("obliqa") / "ObliQA_dev.json").read_text(encoding="utf-8"))
    questions = {q.id: q for q in load(tmp_path / "data")}
    for row in asked:
        gold = {" ".join(passage["Passage"].split()) for passage in row["Passages"]}
        found = {" ".join(sections[i].body.split()) for i in questions[row["QuestionID"]].evidence}
        # One gold passage is longer than the passage of its id: there the id decides.
        assert found == gold or "document-10/4.7.7" in questions[row["QuestionID"]].evidence


def test_policyqa_is_taken_whole(tmp_path: Path) -> None:
    summary = import_data(public("policyqa_privacy"), tmp_path / "data")
    assert summary["questions"]["splits"] == {"validation": 3_809}
    assert summary["not taken"] == []
