"""A reviewed table is read back, as often as the review goes on; nothing else is ever scored."""

import csv
import io
from pathlib import Path

import pytest

from harness.errors import ConfigError, DataError
from rag.corpus import load_corpus
from tasks.drafting.draft import DraftPlan, draft_questions
from tasks.drafting.drafting import asked_by_rules
from tasks.drafting.record import read_drafts, unreviewed
from tasks.drafting.review import Reviewed, read_review, state_of, write_table
from tasks.drafting.withheld import all_sections
from tasks.importing.importer import import_data
from tasks.policyqa.questions import Question, load_questions

FOLDERS = Path(__file__).parent / "folders"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with twelve drafts."""
    import_data(FOLDERS / "mixed", tmp_path / "data")
    draft_questions(tmp_path / "data", asked_by_rules, DraftPlan(limit=12, unanswerable=0.2))
    return tmp_path / "data"


def rows_of(data: Path) -> list[dict[str, str]]:
    """The table of its drafts."""
    table = data / "drafts.csv"
    write_table(table, read_drafts(data), {one.id: one for one in all_sections(data)})
    return list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))))


def put(data: Path, rows: list[dict[str, str]]) -> Path:
    """A reviewed table."""
    out = io.StringIO()
    table = csv.DictWriter(out, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    path = data.parent / "reviewed.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def questions(data: Path) -> list[Question]:
    """Those that would be scored."""
    return load_questions(data, [one.id for one in load_corpus(data)])


def test_the_table_has_each_draft_beside_its_section(data: Path) -> None:
    sections = {one.id: one for one in all_sections(data)}
    for row, one in zip(rows_of(data), read_drafts(data), strict=True):
        (place,) = one.evidence + one.withheld
        assert (row["id"], row["status"], row["question"]) == (one.id, "draft", one.question)
        assert row["text"] == sections[place].body


def test_what_is_accepted_becomes_a_question_and_nothing_else_does(data: Path) -> None:
    rows = rows_of(data)
    rows[0]["status"], rows[1]["status"] = "accepted", "drop"
    assert read_review(data, put(data, rows)) == Reviewed(1, 0, 1, 10)
    assert [one.id for one in questions(data)] == [rows[0]["id"]]
    assert unreviewed(data) == [
        f"10 drafts of {data} are not reviewed and left out: policyqa data review {data}"
    ]


def test_a_half_reviewed_table_goes_on_where_it_was(data: Path) -> None:
    rows = rows_of(data)
    rows[0]["status"] = "accepted"
    read_review(data, put(data, rows))
    again = rows_of(data)
    assert [row["status"] for row in again] == ["accepted", *["draft"] * 11]
    for row in again[1:]:
        row["status"] = "ok"
    assert read_review(data, put(data, again)) == Reviewed(12, 0, 0, 0)
    assert len(questions(data)) == 12
    assert unreviewed(data) == []


def test_only_some_rows_may_come_back(data: Path) -> None:
    rows = rows_of(data)
    rows[3]["status"] = "yes"
    assert read_review(data, put(data, rows[3:4])).accepted == 1
    assert state_of(data).waiting == 11


def test_what_was_accepted_may_be_dropped_again(data: Path) -> None:
    rows = rows_of(data)
    for status in ("accepted", "dropped"):
        for row in rows:
            row["status"] = status
        read_review(data, put(data, rows))
    assert (data / "questions.jsonl").read_text() == ""


def test_a_mended_answer_has_facts_of_its_own(data: Path) -> None:
    rows = rows_of(data)
    place = next(n for n, one in enumerate(read_drafts(data)) if one.answerable)
    rows[place] |= {"status": "accepted", "question": "By when?", "answer": "Within 72 hours."}
    assert read_review(data, put(data, rows)) == Reviewed(1, 1, 0, 11)
    (one,) = questions(data)
    assert (one.question, one.answer) == ("By when?", "Within 72 hours.")
    assert [fact.value for fact in one.facts] == ["72 hours"]


def test_facts_that_a_reader_names_are_taken(data: Path) -> None:
    rows = rows_of(data)
    place = next(n for n, one in enumerate(read_drafts(data)) if one.answerable)
    rows[place] |= {"status": "accepted", "facts": "no; 3 weeks; the Clerk"}
    read_review(data, put(data, rows))
    (one,) = questions(data)
    assert [(fact.kind, fact.value) for fact in one.facts] == [
        ("yes-no", "no"),
        ("duration", "3 weeks"),
        ("term", "the Clerk"),
    ]


def test_questions_of_another_source_stay(data: Path) -> None:
    line = '{"id": "own", "split": "test", "question": "Why?", "answer": "So."}\n'
    (data / "questions.jsonl").write_text(line)
    rows = rows_of(data)
    rows[0]["status"] = "accepted"
    read_review(data, put(data, rows))
    assert {one.id for one in questions(data)} == {"own", rows[0]["id"]}


def test_no_spreadsheet_runs_a_draft_as_a_formula(data: Path) -> None:
    one = read_drafts(data)[0].model_copy(update={"question": "=1+1 is what?"})
    sections = {place.id: place for place in all_sections(data)}
    write_table(data / "t.csv", [one], sections)
    (row,) = csv.DictReader(io.StringIO((data / "t.csv").read_text(encoding="utf-8-sig")))
    assert row["question"] == "'=1+1 is what?"
    row["status"] = "accepted"
    read_review(data, put(data, [row]))
    assert questions(data)[0].question == "=1+1 is what?"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": "draft-9999"}, "reviewed.csv:2: the id 'draft-9999' is that of no draft"),
        ({"status": "maybe"}, "the status 'maybe' is none of accepted, dropped, draft"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named(
    data: Path, changed: dict[str, str], message: str
) -> None:
    row = rows_of(data)[0] | {"text": "t"} | changed
    with pytest.raises(DataError, match=message):
        read_review(data, put(data, [row]))
    assert state_of(data).waiting == 12


def test_a_table_without_its_columns_says_which(data: Path) -> None:
    path = data / "t.csv"
    path.write_text("question,answer\na,b\n")
    with pytest.raises(DataError, match="of which id and status must be there"):
        read_review(data, path)


def test_a_folder_without_drafts_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="policyqa data draft"):
        state_of(tmp_path)
