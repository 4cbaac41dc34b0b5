"""Tasks of MTRAG's layout, small and made up, and the real ones where they are at hand."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError, DataError
from harness.variants import Source
from rag.corpus import load_corpus, load_frameworks
from rag.retriever import Retriever
from tasks.importing.importer import import_data
from tasks.importing.mtrag import transcript
from tasks.policyqa.contexts import excerpts_of
from tasks.policyqa.questions import UNANSWERED
from tests.conftest import shown
from tests.tasks.folders import load
from tests.tasks.importing.test_public_sets import public


def passage(id_: str, text: str | None, **more: Any) -> dict[str, Any]:
    return {"document_id": id_, "text": text, **more}


def turns(*texts: str) -> list[dict[str, Any]]:
    speakers = ("user", "agent")
    return [
        {"speaker": speakers[place % 2], "text": text, "metadata": {}}
        for place, text in enumerate(texts)
    ]


def task(id_: str, kind: str, *contexts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A task of the conversation that its id names before the colon."""
    return {
        "conversation_id": id_.split(":")[0],
        "task_id": id_,
        "contexts": list(contexts),
        "input": turns(f"What of {id_}?"),
        "targets": [{"speaker": "agent", "text": f"Such is {id_}."}],
        "answerability": [kind.upper()],
    } | more


BEES = passage("d-1", "Bees dance.", title="On bees")
ONE = passage("p 1", "One.")
KITES = passage("d-2", "\nKites fly.\n")
TASKS: list[Any] = [
    task("a:1", "answerable", BEES, KITES),
    task("a:2", "partial", BEES, input=turns("Do bees dance?", "Yes.", "And kites?")),
    task("a:3", "unanswerable"),
    task("b:1", "unanswerable"),
    task("c:1", "underspecified", passage("d-3", "Wells."), passage("d-4", " ")),
    task("d:1", "answerable", passage("d-5", None)),
    # The first set's name of the field, and a task without its target.
    {**task("e:1", "answerable", BEES, targets=[]), "Answerability": "ANSWERABLE"},
    task("f:1", "unanswerable", targets=[]),
    # One passage id with two texts.
    task("g:1", "answerable", ONE, passage("p 1", "Two."), ONE),
    task("h:1", "conversational"),
    task("h:2", "answerable", BEES, input=turns("Why?", "Because.")),
    task("h:3", "answerable", BEES, input=[]),
    {"conversation_id": "h"},
    task("a:1", "answerable", BEES),
]
del TASKS[6]["answerability"]


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.jsonl"
    path.write_text("{broken\n" + "".join(json.dumps(one) + "\n" for one in TASKS))
    return path


def test_conversations_become_documents_and_last_turns_questions(
    tmp_path: Path, tasks: Path
) -> None:
    summary = import_data(tasks, tmp_path / "data")
    assert summary["layout"] == "mtrag"
    sections = load_corpus(tmp_path / "data")
    assert [(s.id, s.heading, s.body) for s in sections] == [
        ("a/d-1", "On bees", "Bees dance."),
        ("a/d-2", "d-2", "Kites fly."),
        ("c/d-3", "d-3", "Wells."),
        ("e/d-1", "On bees", "Bees dance."),
        ("g/p-1", "p 1", "One."),
        ("g/p-1-2", "p 1", "Two."),
        ("h/d-1", "On bees", "Bees dance."),
    ]
    assert load_frameworks(tmp_path / "data")[0].title == "Conversation 1"
    questions = {q.id: q for q in load(tmp_path / "data")}
    found = {(q.id, q.kind, q.framework, *q.evidence) for q in questions.values()}
    assert found == {
        ("a:1", "answerable", "a", "a/d-1", "a/d-2"),
        ("a:2", "partial", "a", "a/d-1"),
        ("a:3", "unanswerable", "a"),
        ("b:1", "unanswerable", ""),
        ("c:1", "underspecified", "c"),
        ("d:1", "answerable", ""),
        ("e:1", "answerable", "e", "e/d-1"),
        ("f:1", "unanswerable", ""),
        ("g:1", "answerable", "g", "g/p-1", "g/p-1-2"),
    }
    silent = {id_ for id_, q in questions.items() if not q.answerable}
    assert silent == {"a:3", "b:1", "c:1", "f:1"}
    answers = [questions[id_].answer for id_ in ("a:3", "e:1", "f:1")]
    assert answers == ["Such is a:3.", None, UNANSWERED]
    assert questions["a:1"].question == "What of a:1?"
    assert questions["a:2"].question == "User: Do bees dance?\nAssistant: Yes.\nUser: And kites?"
    assert summary["questions"]["splits"] == {"test": 9}


def test_what_is_not_taken_is_told_with_its_place(tmp_path: Path, tasks: Path) -> None:
    said = shown("data", "import", tasks, "--out", tmp_path / "data")
    assert "1 answerable tasks without contexts" in said
    summary = json.loads((tmp_path / "data" / "import.json").read_text())
    rows = [(row["place"], row["what"], row["reason"]) for row in summary["not taken"]]
    expected = [
        ("tasks.jsonl:1", "question", "not JSON"),
        ("tasks.jsonl:14", "question", "task_id"),
        ("tasks.jsonl:15", "question", "stands there before"),
        ("tasks.jsonl:6, document_id 'd-4'", "passage", "is empty"),
        ("tasks.jsonl:7, document_id 'd-5'", "passage", "is empty"),
        ("tasks.jsonl:11", "question", "'conversational' is none of answerable, partial, unans"),
        ("tasks.jsonl:12", "question", "does not end with what a user says"),
        ("tasks.jsonl:13", "question", "does not end with what a user says"),
    ]
    assert {(place, what) for place, what, _ in rows} == {one[:2] for one in expected}
    reasons = {place: reason for place, _, reason in rows}
    assert [place for place, _, part in expected if part not in reasons[place]] == []


def test_another_file_is_not_taken_for_it_and_its_questions_are_its_own(
    tmp_path: Path, tasks: Path
) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"question": "Who?"}\n')
    with pytest.raises(DataError, match="neither the layout of SQuAD"):
        import_data(other, tmp_path / "data")
    with pytest.raises(ConfigError, match="mtrag has its own"):
        import_data(tasks, tmp_path / "data", questions=other)


def test_a_transcript_names_who_speaks_where_several_do() -> None:
    assert transcript([("user", " Who?\r\n")]) == "Who?"
    assert transcript([("user", "A"), ("agent", "B"), ("User", "C")]) == (
        "User: A\nAssistant: B\nUser: C"
    )


@pytest.mark.usefixtures("minilm")
def test_what_nothing_answers_is_misled_by_another_tasks_contexts(
    tmp_path: Path, tasks: Path
) -> None:
    import_data(tasks, tmp_path / "data")
    questions, retriever = load(tmp_path / "data"), Retriever.of(tmp_path / "data")
    sources: tuple[Source, ...] = ("oracle", "misled")
    own, others = (excerpts_of(questions, source, retriever) for source in sources)
    for question, shows, misleads in zip(questions, own, others, strict=True):
        assert sorted(shows.ids) == sorted(question.evidence)
        assert misleads.ids
        assert set(misleads.ids).isdisjoint(question.evidence)


def test_mtragun_is_taken_whole(tmp_path: Path) -> None:
    source = public("mtragun") / "reference_half.jsonl"
    summary = import_data(source, tmp_path / "data")
    assert summary["not taken"] == []
    assert summary["sections"] == len(load_corpus(tmp_path / "data")) == 667
    kinds = Counter((q.kind, q.answerable, bool(q.evidence)) for q in load(tmp_path / "data"))
    assert kinds == {
        ("answerable", True, True): 166,
        ("partial", True, True): 15,
        ("unanswerable", False, False): 40,
        ("underspecified", False, False): 44,
    }
