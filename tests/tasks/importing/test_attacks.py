"""A source that attacks costs nothing but itself: one line, or what is listed as left out."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import tasks.importing.drafts
import tasks.importing.folder
import tasks.importing.limits
import tasks.importing.places
import tasks.importing.tables
from harness.errors import BenchError, ConfigError, DataError
from harness.files import locked
from harness.reading import read_json
from rag.corpus import load_corpus
from tasks.importing.importer import import_data
from tests.conftest import completed

ASKED = {"id": "1", "question": "When?", "answers": [{"text": "Monday"}]}
GOOD = {"context": "Bins stand outside on Monday.", "qas": [ASKED]}
OTHERS: list[Any] = [None, 7, "text", [], [[1]], {}, {"a": {"b": []}}, True, 1e400]
"""What may stand where something else belongs."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good document."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "bins.md").write_text("# Bins\n\n## Days\n\nBins stand outside on Monday.\n")
    return folder


def refused(summary: dict[str, Any]) -> dict[str, str]:
    """Reasons by place."""
    return {one["place"]: one["reason"] for one in summary["not taken"]}


def questions(folder: Path, *rows: object) -> Path:
    """A file of questions beside the documents."""
    path = folder / "questions.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_what_is_no_file_is_listed_and_not_waited_for(tmp_path: Path, folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    (folder / "self.md").symlink_to("self.md")
    (folder / "round").symlink_to(folder)
    (folder / "zero.md").symlink_to("/dev/zero")
    found = refused(import_data(folder, tmp_path / "data"))
    assert set(found) == {"pipe.md", "self.md", "zero.md"}
    assert found["pipe.md"].startswith("is no file")
    assert found["self.md"].startswith("cannot be read: ")
    assert str(tmp_path) not in found["self.md"]


def test_a_source_or_questions_that_are_a_fifo_are_not_waited_for(
    tmp_path: Path, folder: Path
) -> None:
    for name in ("asked.csv", "asked.jsonl", "pipe.json", "pipe.md"):
        os.mkfifo(tmp_path / name)
    for name in ("asked.csv", "asked.jsonl"):
        with pytest.raises(DataError, match="is no file"):
            import_data(folder, tmp_path / "data", tmp_path / name)
    for name in ("pipe.json", "pipe.md"):
        with pytest.raises(DataError, match="is no file"):
            import_data(tmp_path / name, tmp_path / "data")


def test_a_file_that_may_not_be_read_is_left_out(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "closed.md").write_text("Bins.")
    opened = os.open

    def refusing(path: Any, *more: Any, **named: Any) -> int:
        if str(path).endswith("closed.md"):  # Root may read whatever its mode says.
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *more, **named)

    monkeypatch.setattr(os, "open", refusing)
    found = refused(import_data(folder, tmp_path / "data"))
    assert found == {"closed.md": "cannot be read: Permission denied"}


def test_long_paths_and_names_that_are_no_text_are_imported(tmp_path: Path, folder: Path) -> None:
    deep = folder.joinpath(*["d" * 100] * 3)
    deep.mkdir(parents=True)
    (deep / "deep.md").write_text("Deep.")
    (folder / os.fsdecode(b"\xff\xfe.md")).write_text("Odd.")
    assert import_data(folder, tmp_path / "data")["documents"] == {"taken": 3, "not taken": 0}
    with pytest.raises(DataError, match="is no file or folder"):
        import_data(tmp_path / ("x" * 300), tmp_path / "more")


def test_more_files_than_are_imported_are_refused_before_any_is_read(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        (folder / f"{number}.md").write_text("Bins.")
    monkeypatch.setattr(tasks.importing.folder, "MOST_FILES", 3)
    with pytest.raises(DataError, match="has more than 3 files and folders: import it in parts"):
        import_data(folder, tmp_path / "data")


def test_more_text_than_is_imported_is_refused(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "c.md").write_text("Cats.")
    monkeypatch.setattr(tasks.importing.folder, "LONGEST_SOURCE", 30)
    with pytest.raises(DataError, match=r"up to c\.md have 34 characters, and at most 30 are"):
        import_data(folder, tmp_path / "data")


def test_more_rows_than_are_imported_are_refused(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "questions.csv").write_text("question\nWhy?\nWho?\nHow?\n")
    monkeypatch.setattr(tasks.importing.tables, "MOST_QUESTIONS", 2)
    with pytest.raises(DataError, match=r"questions\.csv has more than 2 rows: import it in parts"):
        import_data(folder, tmp_path / "data")


@pytest.mark.parametrize(("limit", "most"), [("LARGEST_TABLE", 100), ("MOST_VALUES", 20)])
def test_a_table_larger_than_is_read_is_not_parsed(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    path = questions(folder, *[{"question": "Why?", "evidence": []}] * 8)
    monkeypatch.setattr(tasks.importing.limits, limit, most)
    monkeypatch.setattr(json, "loads", lambda *_: pytest.fail("it was parsed"))
    with pytest.raises(
        DataError, match=r"bytes and \d+ brackets and commas, the files before it 0"
    ):
        import_data(folder, tmp_path / "data", path)


def test_one_of_several_tables_that_is_too_large_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "squad").mkdir()
    for name in ("a_train.json", "b_test.json"):
        asked = json.dumps({"data": [{"title": name, "paragraphs": [GOOD]}]})
        (tmp_path / "squad" / name).write_text(asked.replace('"1"', f'"{name}"'))
    monkeypatch.setattr(tasks.importing.limits, "LARGEST_TABLE", len(asked) + 100)
    summary = import_data(tmp_path / "squad", tmp_path / "data")
    assert summary["questions"]["taken"] == 1
    assert "the files before it" in refused(summary)["b_test.json"]


def test_halves_of_characters_are_dropped_wherever_they_stand(tmp_path: Path, folder: Path) -> None:
    row = {"id": "\ud800a", "question": "Why \udfff?", "citations": ["Art. 1\ud800"]}
    questions(
        folder,
        row | {"evidence": ["Days\ud800"], "answer": "So\ud800.", "kind": "\ud800"},
        {"question": "Who?", "evidence": ["\ud800nowhere"]},
        {"question": "How?", "document": "\ud800"},
        {"question": "When?", "facts": [{"kind": "\ud800"}], "\ud800": 1},
    )
    summary = import_data(folder, tmp_path / "data")
    lines = (tmp_path / "data" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0])
    assert (first["id"], first["question"]) == ("a", "Why ?")
    assert (first["citations"], first["answer"]) == (["Art. 1"], "So.")
    assert len(lines) + len(refused(summary)) == 4


@pytest.mark.parametrize("layout", ["squad", "obliqa", "questions"])
def test_json_nested_without_end_is_one_line(tmp_path: Path, folder: Path, layout: str) -> None:
    deep = "[" * 100_000
    if layout == "questions":
        (folder / "questions.jsonl").write_text(f'{{"question": {deep}\n')
        assert "not JSON" in refused(import_data(folder, tmp_path / "d"))["questions.jsonl:1"]
        return
    name = "squad.json" if layout == "squad" else "1.json"
    for one in (name, "ObliQA_test.json"):
        (tmp_path / one).write_text(deep)
    source = tmp_path / name if layout == "squad" else tmp_path
    with pytest.raises(DataError) as caught:
        import_data(source, tmp_path / "data")
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("other", OTHERS, ids=repr)
def test_other_types_in_squads_layout_cost_nothing_but_themselves(
    tmp_path: Path, other: Any
) -> None:
    spoiled = [
        *({"context": "Cats.", "qas": [ASKED | {name: other}]} for name in ASKED),
        {"context": "Cats.", "qas": [{**ASKED, "answers": [other, {"text": other}]}]},
        {"context": "Cats.", "qas": [{**ASKED, "answers": {"text": other}}]},
        {"context": "Cats.", "qas": [other]},
        {"context": "Cats.", "qas": other},
        {"context": other, "qas": [ASKED]},
        other,
    ]
    articles = [
        {"title": "Good", "paragraphs": [GOOD, *spoiled]},
        {"title": other, "paragraphs": [{"context": "Dogs."}]},
        {"title": "Bad", "paragraphs": other},
        other,
    ]
    (tmp_path / "squad.json").write_text(json.dumps({"data": articles, "version": other}))
    summary = import_data(tmp_path / "squad.json", tmp_path / "data")
    assert "Bins stand outside on Monday." in [one.body for one in load_corpus(tmp_path / "data")]
    assert read_json(tmp_path / "data" / "import.json") == summary
    assert summary["questions"]["taken"] >= 1


def test_a_title_of_a_megabyte_is_not_in_the_place_of_every_question(tmp_path: Path) -> None:
    article = {"title": "x" * 1_000_000, "paragraphs": [GOOD, {"context": "", "qas": []}]}
    (tmp_path / "squad.json").write_text(json.dumps({"data": [article]}))
    (place,) = refused(import_data(tmp_path / "squad.json", tmp_path / "data"))
    assert len((tmp_path / "data" / "questions.jsonl").read_text()) < 1000 > len(place)


@pytest.mark.parametrize("other", OTHERS, ids=repr)
def test_other_types_in_obliqas_layout_are_left_out_or_told_in_one_line(
    tmp_path: Path, other: Any
) -> None:
    passage = {"DocumentID": 1, "PassageID": "a", "Passage": "Bins stand outside."}
    asked = {"QuestionID": "q", "Question": "Where?", "Passages": [passage]}
    spoiled = [
        *(asked | {name: other} for name in asked),
        asked | {"Passages": [passage, other]},
        asked | {"Passages": [passage | {"Passage": other}]},
    ]
    passages = [passage, *(passage | {name: other} for name in passage)]
    (tmp_path / "²³.json").write_text("[]")  # Digits that are no number.
    (tmp_path / "1.json").write_text(json.dumps(passages))
    (tmp_path / "ObliQA_test.json").write_text(json.dumps([asked, *spoiled]))
    summary = import_data(tmp_path, tmp_path / "data")
    assert 1 <= summary["questions"]["taken"] <= 1 + len(spoiled)
    (tmp_path / "1.json").write_text(json.dumps([passage, other]))
    with pytest.raises(DataError, match="row 2 lacks DocumentID"):
        import_data(tmp_path, tmp_path / "more")


@pytest.mark.parametrize("other", OTHERS, ids=repr)
@pytest.mark.parametrize("column", ["id", "answer", "answers", "document", "evidence", "citations",
                                    "kind", "split", "answerable", "facts"])  # fmt: skip
def test_other_types_in_questions_cost_nothing_but_their_row(
    tmp_path: Path, folder: Path, column: str, other: Any
) -> None:
    questions(folder, {"question": "When?"}, {"question": "Why?", column: other}, {"question": 7})
    summary = import_data(folder, tmp_path / "data")
    taken = summary["questions"]
    assert taken["taken"] + taken["not taken"] == 3
    assert taken["taken"] >= 2


def test_rows_that_name_nothing_are_compared_with_the_headings_a_few_times(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.importing.places, "MOST_GUESSES", 1)
    questions(folder, *({"question": "Why?", "evidence": [f"Dayz {n}"]} for n in range(2)))
    found = refused(import_data(folder, tmp_path / "data"))
    assert "the nearest headings of bins.md are 'Days'" in found["questions.jsonl:1"]
    assert "the nearest is not looked for" in found["questions.jsonl:2"]


def test_a_reason_quotes_no_whole_document(tmp_path: Path, folder: Path) -> None:
    questions(folder, {"question": "Why?", "document": "x" * 100_000})
    assert len(refused(import_data(folder, tmp_path / "data"))["questions.jsonl:1"]) < 700


@pytest.mark.parametrize("seed", [-1, 10**40])
def test_any_whole_number_is_a_seed(tmp_path: Path, folder: Path, seed: int) -> None:
    questions(folder, {"question": "When?"}, {"question": "Why?"})
    assert import_data(folder, tmp_path / "data", seed=seed)["questions"]["taken"] == 2


def test_a_target_that_cannot_be_made_is_told_before_a_document_is_read(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setattr(tasks.importing.folder, "ApartReader", lambda: pytest.fail("one was read"))
    for out in ("file", "file/data", "loop/data", "x" * 300):
        with pytest.raises(ConfigError, match=r"name an(other)? --out"):
            import_data(folder, tmp_path / out)
    with pytest.raises(ConfigError, match=r"cannot be made .*name an --out in a folder"):
        import_data(folder, Path("/proc/data"))  # Nobody can write there, root neither.
    assert (tmp_path / "file").read_text() == "kept"


def test_two_imports_do_not_make_one_folder_at_once(tmp_path: Path, folder: Path) -> None:
    with (
        locked(tmp_path / ".data.partial"),
        pytest.raises(ConfigError, match="another import is making"),
    ):
        import_data(folder, tmp_path / "data")
    assert import_data(folder, tmp_path / "data")["documents"]["taken"] == 1


def test_an_import_that_fails_leaves_nothing_half_made(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    with pytest.raises(BenchError):
        import_data(tmp_path / "documents", tmp_path / "data")
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / ".data.partial").exists()


def test_the_command_reads_untrusted_documents_apart(tmp_path: Path, folder: Path) -> None:
    (folder / "deep.html").write_text("<div>" * 20_000)
    command = ["-m", "policyqa", "data", "import", str(folder), "--out", str(tmp_path / "data")]
    completed([sys.executable, *command, "--seed", "-1", "--json"], Path(__file__).parents[3])
    found = refused(read_json(tmp_path / "data" / "import.json"))
    assert found["deep.html"].startswith("is no readable HTML")
