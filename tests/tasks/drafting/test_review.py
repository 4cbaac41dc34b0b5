"""A reviewed table is read back, as often as the review goes on; nothing else is ever scored."""

import csv
import io
from pathlib import Path

import pytest

from harness.errors import ConfigError, DataError
from rag.corpus import load_corpus
from tasks.drafting.by_rules import asked_by_rules
from tasks.drafting.choosing import DraftPlan
from tasks.drafting.draft import draft_questions
from tasks.drafting.record import read_drafts, unreviewed, write_drafts
from tasks.drafting.review import Reviewed, read_review, state_of, write_table
from tasks.drafting.withheld import all_sections, withheld_ids
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


def answerable(data: Path) -> int:
    """The place of a draft that something answers."""
    return next(n for n, one in enumerate(read_drafts(data)) if one.answerable)


def test_the_table_has_each_draft_beside_its_section(data: Path) -> None:
    sections = {one.id: one for one in all_sections(data)}
    for row, one in zip(rows_of(data), read_drafts(data), strict=True):
        (place,) = one.places
        assert (row["id"], row["status"], row["question"]) == (one.id, "", one.question)
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
    assert [row["status"] for row in again] == ["accepted", *[""] * 11]
    for row in again[1:]:
        row["status"] = "ok"
    assert read_review(data, put(data, again)) == Reviewed(12, 0, 0, 0)
    assert len(questions(data)) == 12
    assert unreviewed(data) == []


def test_two_reviewers_undo_nothing_of_each_other(data: Path) -> None:
    rows, others = rows_of(data), rows_of(data)
    place = answerable(data)
    rows[place] |= {"status": "accepted", "answer": "Within 72 hours."}
    others[place]["status"] = "dropped"
    for n in range(12):
        if n != place:
            (rows if n % 2 else others)[n]["status"] = "accepted"
    read_review(data, put(data, rows))
    found = read_review(data, put(data, others))
    assert found == Reviewed(12, 1, 0, 0, conflicts=(rows[place]["id"],))
    assert "Within 72 hours." in [one.answer for one in questions(data)]
    assert read_review(data, put(data, rows)).conflicts == ()  # What was taken in already.
    now = rows_of(data)[place] | {"status": "dropped"}
    assert read_review(data, put(data, [now])) == Reviewed(11, 0, 1, 0)


def test_only_some_rows_may_come_back(data: Path) -> None:
    rows = rows_of(data)
    rows[3]["status"] = "yes"
    assert read_review(data, put(data, rows[3:4])).accepted == 1
    assert state_of(data).waiting == 11


def test_what_was_accepted_may_be_dropped_or_undone(data: Path) -> None:
    place = answerable(data)
    drafted = rows_of(data)[place]["answer"]
    for status in ("accepted", "dropped"):
        rows = [row | {"status": status} for row in rows_of(data)]
        rows[place]["answer"] = "Within 72 hours."
        read_review(data, put(data, rows))
    assert (data / "questions.jsonl").read_text() == ""
    undone = rows_of(data)[place] | {"status": "draft", "answer": drafted}
    assert read_review(data, put(data, [undone])) == Reviewed(0, 0, 11, 1)
    assert read_drafts(data)[place].answer == drafted


def test_a_mended_answer_has_facts_of_its_own_however_often_it_is_read(data: Path) -> None:
    rows = rows_of(data)
    mended = {"status": "accepted", "question": "By when?", "answer": "Within 72 hours."}
    rows[answerable(data)] |= mended
    for _ in range(2):
        assert read_review(data, put(data, rows)) == Reviewed(1, 1, 0, 11)
        (one,) = questions(data)
        assert (one.question, one.answer) == ("By when?", "Within 72 hours.")
        assert (one.facts, one.citations) == ([], [])  # Rules draw them of what it says now.


def test_facts_that_a_reader_names_are_taken(data: Path) -> None:
    rows = rows_of(data)
    rows[answerable(data)] |= {"status": "accepted", "facts": "no; 3 weeks; the Clerk"}
    read_review(data, put(data, rows))
    (one,) = questions(data)
    assert [(fact.kind, fact.value) for fact in one.facts] == [
        ("yes-no", "no"),
        ("duration", "3 weeks"),
        ("term", "the Clerk"),
    ]


def test_sections_of_dropped_drafts_come_back_into_the_documents(data: Path) -> None:
    assert withheld_ids(data)
    rows = rows_of(data)
    for row in rows:
        row["status"] = "dropped"
    read_review(data, put(data, rows))
    assert withheld_ids(data) == set()


def test_accepted_unanswerable_questions_stay_so_when_more_is_drafted(data: Path) -> None:
    rows = rows_of(data)
    for row in rows:
        row["status"] = "accepted"
    read_review(data, put(data, rows))
    away, before = withheld_ids(data), questions(data)
    (data / "drafts.jsonl").unlink()
    draft_questions(data, asked_by_rules, DraftPlan(limit=30, unanswerable=0))
    for row in (more := rows_of(data)):
        row["status"] = "accepted"
    read_review(data, put(data, more))
    assert withheld_ids(data) == away
    assert {one.id for one in before} < {one.id for one in questions(data)}


def test_what_somebody_mended_in_the_questions_stays_while_the_review_goes_on(data: Path) -> None:
    rows = rows_of(data)
    rows[0]["status"] = "accepted"
    read_review(data, put(data, rows))
    file = data / "questions.jsonl"
    file.write_text(file.read_text().replace('"kind": "', '"kind": "my '))
    rows[1]["status"] = "accepted"
    read_review(data, put(data, rows))
    assert [one.kind[:3] == "my " for one in questions(data)] == [True, False]


def test_questions_of_another_source_stay(data: Path) -> None:
    line = '{"id": "own", "split": "test", "question": "Why?", "answer": "So."}\n'
    (data / "questions.jsonl").write_text(line)
    rows = rows_of(data)
    rows[0]["status"] = "accepted"
    read_review(data, put(data, rows))
    assert {one.id for one in questions(data)} == {"own", rows[0]["id"]}


def test_no_spreadsheet_runs_a_draft_as_a_formula(data: Path) -> None:
    one = read_drafts(data)[answerable(data)]
    odd = one.model_copy(update={"question": "=1+1 is\u200b what?"})
    write_drafts(data, [odd.model_copy(update={"drafted": (odd.question, odd.answer)})])
    (row,) = rows_of(data)
    assert row["question"].startswith("'=1+1 is")
    row["status"] = "accepted"
    assert read_review(data, put(data, [row])).mended == 0
    assert questions(data)[0].question == odd.question  # To the letter, unseen ones too.


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": "draft-9999"}, "row 2: the id 'draft-9999' is that of no draft"),
        ({"status": "maybe"}, r"row 2 \(draft-.*\): the status 'maybe' is none of accepted"),
        ({"question": ""}, "accepted without its question: write it, or drop the draft"),
        ({"answer": ""}, "accepted without its answer: write it, or drop the draft"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named_and_nothing_is_taken_in(
    data: Path, changed: dict[str, str], message: str
) -> None:
    rows = rows_of(data)
    row = rows[answerable(data)] | {"status": "accepted"} | changed
    with pytest.raises(DataError, match=message):
        read_review(data, put(data, [row]))
    assert state_of(data).waiting == 12


def test_an_answer_to_what_nothing_answers_is_refused(data: Path) -> None:
    place = next(n for n, one in enumerate(read_drafts(data)) if not one.answerable)
    row = rows_of(data)[place] | {"status": "accepted", "answer": "Within 3 days."}
    with pytest.raises(DataError, match="its section was taken out of the documents"):
        read_review(data, put(data, [row]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"question,answer\na,b\n", "of which id and status must be there"),
        (b"PK\x03\x04\xff\xfe\x00\x00", "save it as CSV"),
        (b'id,status\n"draft-1,accepted\n', "save it as CSV"),
    ],
)
def test_a_file_that_is_no_table_says_so(data: Path, content: bytes, message: str) -> None:
    path = data / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{path}.*{message}"):
        read_review(data, path)


def test_rows_without_a_status_are_passed_over_and_counted(data: Path) -> None:
    row = rows_of(data)[0] | {"status": "accepted"}
    blank, gone = dict.fromkeys(row, " "), row | {"id": "draft-gone", "status": ""}
    assert read_review(data, put(data, [blank, gone, row])).accepted == 1
    with pytest.raises(DataError, match="row 3: the id 'draft-gone'"):
        read_review(data, put(data, [blank, gone | {"status": "accepted"}]))


def test_a_draft_on_a_section_that_is_gone_is_named(data: Path) -> None:
    one = read_drafts(data)[answerable(data)]
    write_drafts(data, [one.model_copy(update={"evidence": ["law/gone"]})])
    with pytest.raises(DataError, match=f"{one.id} was drafted on law/gone"):
        read_review(data, put(data, [{"id": one.id, "status": "accepted"}]))


def test_a_folder_without_drafts_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="policyqa data draft"):
        state_of(tmp_path)
