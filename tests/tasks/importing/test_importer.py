"""What is imported is a data folder like any other; what is not taken is listed."""

import csv
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError, DataError
from harness.reading import read_json
from rag.corpus import load_corpus, load_frameworks
from rag.retriever import Retriever
from tasks.importing.importer import import_data
from tasks.policyqa.questions import UNANSWERED, Split
from tests.conftest import shown
from tests.documents import (
    write_docx,
    write_html,
    write_markdown,
    write_pdf,
    write_scan,
    write_text,
)
from tests.tasks.folders import load, rows_of

pytestmark = pytest.mark.usefixtures("minilm")

TOPICS = {
    "beehives": ("Hive distance", "A hive stands at least 40 metres from any public road."),
    "kites": ("Kite strings", "The string of a kite measures at most 60 metres."),
    "wells": ("Digging wells", "A well is dug no deeper than 15 metres without a permit."),
    "ferries": ("Ferry lifejackets", "Every ferry carries one lifejacket for each passenger."),
    "ovens": ("Bakery ovens", "A bakery has its ovens inspected every 18 months."),
}
QUESTIONS = {
    "beehives": "How far from the road must I put my bees?",
    "kites": "My daughter's kite: how long may its line be?",
    "wells": "From what depth do I need permission to dig for water?",
    "ferries": "How many life vests must our boat across the river have on board?",
    "ovens": "How often does somebody have to look at our bread ovens?",
}


WRITERS = {
    ".docx": write_docx,
    ".html": write_html,
    ".md": write_markdown,
    ".txt": write_text,
    ".pdf": lambda path, lines: write_pdf(path, [lines[:5], lines[5:]]),
}


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five documents, one of each kind, each of four sections, one of them on its topic."""
    folder = tmp_path_factory.mktemp("town")
    for (name, (heading, rule)), suffix in zip(TOPICS.items(), WRITERS, strict=True):
        lines = [
            ("h1", f"Bylaw on {name}"),
            ("h2", "Article 1 Purpose"),
            ("p", f"This bylaw concerns {name} in the town and the people who deal with them."),
            ("h2", f"Article 2 {heading}"),
            ("p", rule),
            ("h2", "Article 3 Register"),
            ("p", f"The town office keeps a register of {name} that anyone may read."),
            ("h2", "Article 4 Entry into force"),
            ("p", "This bylaw applies from the first of January."),
        ]
        WRITERS[suffix](folder / f"{name}{suffix}", lines)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of documents, with none in it."""
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


@pytest.fixture
def one(folder: Path) -> Path:
    """A folder of one document, which is read in no time."""
    articles = "## Article 1 Purpose\nWells.\n## Article 2 Digging wells\n15 metres.\n"
    (folder / "wells.md").write_text(f"# Bylaw on wells\n{articles}## Article 3 Fees\nNone.\n")
    return folder


def asking(path: Path, *rows: dict[str, Any]) -> Path:
    """Questions as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def refused(summary: dict[str, Any]) -> dict[str, str]:
    """The reason by the place of what was not taken."""
    return {row["place"]: row["reason"] for row in summary["not taken"]}


def test_documents_of_five_kinds_answer_a_question_each(tmp_path: Path, town: Path) -> None:
    path = tmp_path / "asked.csv"
    rows = ["question,answer,document,evidence"]
    for name, question in QUESTIONS.items():
        rows.append(f'"{question}","{TOPICS[name][1]}",{name},Article 2')
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    out = tmp_path / "data"
    summary = import_data(town, out, path)
    assert summary["documents"] == {"taken": 5, "not taken": 0}
    assert summary["questions"]["taken"] == 5
    assert summary["not taken"] == []
    assert load_frameworks(out)[0].title == "Bylaw on beehives"
    questions = load(out)
    hits = Retriever.of(out).index.search([q.question for q in questions], 3)
    for question, found in zip(questions, hits, strict=True):
        assert question.evidence[0] in [hit.id for hit in found], question.question
    paged = {one.framework for one in load_corpus(out) if one.pages}
    assert paged == {path.stem for path in town.glob("*.pdf")}
    # Without further answers a line is written as it always was.
    fields = "id split framework kind question answer evidence citations answerable"
    assert {" ".join(row) for row in rows_of(out)} == {fields}


def test_files_that_cannot_be_read_are_listed_and_cost_nothing(tmp_path: Path, one: Path) -> None:
    (one / "broken.pdf").write_bytes(b"%PDF-1.7 garbage")
    (one / "below").mkdir()
    write_scan(one / "below" / "scan.pdf")
    write_pdf(one / "locked.pdf", [[("p", "x")]], owner_password="o", user_password="u")  # noqa: S106
    (one / "empty.docx").touch()
    (one / "picture.png").write_bytes(b"png")
    # What a killed import left is no part of the next.
    left = tmp_path / ".data.partial" / "corpus"
    left.mkdir(parents=True)
    (left / "withdrawn.md").write_text("---\nid: withdrawn\ntitle: W\n---\n## a · A\n\nOld.\n")
    summary = import_data(one, tmp_path / "data")
    assert summary["documents"] == {"taken": 1, "not taken": 5}
    names = {"broken.pdf", "below/scan.pdf", "locked.pdf", "empty.docx", "picture.png"}
    assert set(refused(summary)) == names
    assert "encrypted" in refused(summary)["locked.pdf"]
    assert read_json(tmp_path / "data" / "import.json") == summary
    assert [framework.id for framework in load_frameworks(tmp_path / "data")] == ["wells"]


def test_odd_names_and_texts_cost_nothing_but_themselves(tmp_path: Path, folder: Path) -> None:
    (folder / "_.txt").write_text("A rule of the town.\n\nANNEX\n\n\x1a")
    (folder / "Größe (2).md").write_text("# A\n\n# B\n\nText.\x07\n")
    (folder / os.fsdecode(b"gr\xf6sse.txt")).write_text("Zehn Meter.")
    summary = import_data(folder, tmp_path / "data")
    assert summary["documents"]["taken"] == 3
    assert len(load_corpus(tmp_path / "data")) == summary["sections"] >= 4


def test_a_link_out_of_the_folder_is_listed_and_not_taken(tmp_path: Path) -> None:
    # A folder from somebody else could take in any file of its reader's: links were followed.
    folder, private = tmp_path / "documents", tmp_path / "documents-private"
    for made in (folder / "own", private):
        made.mkdir(parents=True)
    write_markdown(folder / "own" / "a.md", [("h1", "Rules"), ("p", "Open to all.")])
    write_markdown(private / "b.md", [("h1", "Pay"), ("p", "Secret.")])
    (private / "asked.csv").write_text("question\nWho?\n")
    links = {
        "file.md": private / "b.md",
        "own/up.md": Path("../../documents-private/b.md"),
        "folder": private,
        "twice.md": Path("folder/b.md"),
        "gone.md": tmp_path / "nothing.md",
        "questions.csv": private / "asked.csv",
    }
    for name, target in {**links, "inside.md": Path("own/a.md"), "again": Path("own")}.items():
        (folder / name).symlink_to(target)
    (folder / "loop.md").symlink_to("loop.md")
    summary = import_data(folder, tmp_path / "data")
    assert set(refused(summary)) == {*links, "loop.md"}
    assert f"link out of the folder, to {private / 'b.md'}" in refused(summary)["twice.md"]
    assert [section.body for section in load_corpus(tmp_path / "data")] == ["Open to all."] * 2
    assert summary["questions"]["taken"] == 0


def test_one_document_alone_is_imported_and_nothing_overwritten(tmp_path: Path, one: Path) -> None:
    assert import_data(one / "wells.md", tmp_path / "data")["documents"]["taken"] == 1
    with pytest.raises(ConfigError, match="there already"):
        import_data(one, tmp_path / "data")


def test_a_folder_with_nothing_to_read_is_refused_and_leaves_nothing(
    tmp_path: Path, folder: Path
) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 garbage")
    with pytest.raises(DataError, match=r"no document .* could be read: broken\.pdf"):
        import_data(folder, tmp_path / "data")
    assert not (tmp_path / "data").exists()


ROWS: list[tuple[dict[str, Any], str]] = [
    ({"question": ""}, "has no question"),
    ({"question": "a", "document": "moon.pdf"}, "none of those imported"),
    ({"question": "b", "evidence": ["Article 9"]}, "neither an id nor a heading"),
    ({"question": "c", "evidence": ["Article 1"]}, "heads several sections"),
    ({"question": "d", "split": "exam"}, "split 'exam' is none of"),
    ({"question": "e", "evidence": ["kites/article-1-purpose"], "answerable": False}, "evidence"),
    ({"question": "f", "id": "same"}, ""),
    ({"question": "g", "id": "same"}, "stands there before"),
    ({"question": "h", "colour": "red"}, "found question, colour"),
    ({"question": "i", "answerable": "perhaps"}, "'perhaps' is none of"),
    ({"question": "j \ud83d", "id": "q-0001"}, ""),
    ({"question": "k", "evidence": ["kites/article-1-purpose"], "document": "wells.md"}, ""),
    ({"question": "l", "answers": "Yes; no."}, "'Yes; no.' is no list of texts like"),
    ({"question": "m", "answers": ["Yes.", 1]}, "is no list of texts like"),
    ({"question": "n", "evidence": ["#page=1"]}, "'#page=1' must be of one document; found"),
    ({"question": "o", "evidence": ["moon.pdf#page=1"]}, "must be of one document; found none"),
    ({"question": "p", "evidence": ["ovens.pdf#page=9"]}, "those of ovens stand on 1-2"),
    ({"question": "q", "evidence": ["kites#page=1"]}, "the corpus notes no pages of kites"),
    ({"question": "r", "document": "wells", "evidence": "digging well"}, "wells.md are 'Article 2"),
    ({"question": "s", "document": "wells", "evidence": "artcle 2 diging well"}, "nearest heading"),
    ({"question": "t", "document": "wells", "evidence": "Xyz"}, "some headings of wells.md are '"),
    ({"question": "u", "evidence": "wells.md: Xyz"}, "some headings of wells.md are 'Article 1 "),
    ({"question": "v", "evidence": "kites/9"}, "some headings of kites.html are 'Article 1 "),
    ({"question": "w", "evidence": "moon/2"}, "some headings are 'Article 1 "),
]


def test_questions_in_json_lines_are_taken_or_listed(tmp_path: Path, town: Path) -> None:
    path = asking(tmp_path / "asked.jsonl", *(row for row, _ in ROWS))
    path.write_text(path.read_text() + "{broken\n")
    summary = import_data(town, tmp_path / "data", questions=path)
    expected = {f"asked.jsonl:{n}": r for n, (_, r) in enumerate(ROWS, start=1) if r}
    expected[f"asked.jsonl:{len(ROWS) + 1}"] = "not JSON"
    found = refused(summary)
    assert set(found) == set(expected)
    assert [place for place in expected if expected[place] not in found[place]] == []
    assert summary["questions"]["without reference answer"] == 3


def test_blank_answers_are_told_with_what_to_do(tmp_path: Path, one: Path) -> None:
    rows = ["question,answer,answerable", "One?,Yes.,", "Two?,,", "Three?,,no", "Four?,No.,no"]
    (one / "questions.csv").write_text("\n".join(rows))
    said = shown("data", "import", one, "--out", tmp_path / "data")
    counts = read_json(tmp_path / "data" / "import.json")["questions"]
    assert (counts["without reference answer"], counts["unanswerable without answer"]) == (1, 1)
    assert [q.answer for q in load(tmp_path / "data")] == ["Yes.", None, UNANSWERED, "No."]
    first = "1 of them have no reference answer (the first is questions.csv:3): such a question can"
    assert first in said
    mark = "answerable=false where the documents hold none: a column answerable, with false in that"
    assert f"Give it an answer, or {mark} row" in said
    assert "1 of them are unanswerable, with no answer of their own: their ref" in said


@pytest.mark.parametrize(
    ("count", "more", "said"),
    [
        (
            40,
            (),
            "10, and a verdict needs 20 groups of questions at least; if you train nothing",
        ),
        (40, ("--shares", "test=1"), None),
        (40, ("--shares", "train=0.5,validation=0.5"), None),
        (
            12,
            ("--shares", "test=1"),
            "12, and a verdict needs 20 groups of questions at least; write",
        ),
        (80, (), None),
    ],
)
def test_a_test_split_that_decides_nothing_is_told_with_what_mends_it(
    tmp_path: Path, one: Path, count: int, more: tuple[str, ...], said: str | None
) -> None:
    rows = [f"What of {n}?,Nothing.\n" for n in range(count)]
    (one / "questions.csv").write_text(f"question,answer\n{''.join(rows)}")
    told = shown("data", "import", one, "--out", tmp_path / "data", *more)
    assert ("too few test questions" in told) is (said is not None)
    assert (said or "") in told


@pytest.mark.parametrize(
    ("question", "said"),
    [("Wie hoch ist die Strafe?", True), ("How high is the fine?", False)],
)
def test_where_questions_are_hardly_english_abstention_is_said_to_be_told_for_english_alone(
    tmp_path: Path, one: Path, question: str, said: bool
) -> None:
    (one / "questions.csv").write_text(f"question,answer\n{question},10.\n")
    told = shown("data", "import", one, "--out", tmp_path / "data")
    assert ("1 of them are hardly English: who abstains is told by rules" in told) is said


@pytest.mark.parametrize(
    "named", [None, "questions.csv", "../link/questions.csv", "../q.csv", "q.csv"]
)
def test_questions_are_no_document_and_taken_where_the_user_names_them(
    tmp_path: Path, one: Path, named: str | None
) -> None:
    # Beside --questions, `data import` listed a folder's own as a document that it did not take.
    for path in (one / "questions.csv", tmp_path / "q.csv"):
        path.write_text("question\nHow deep?\n")
    # A folder or questions behind a link are what the user means.
    (tmp_path / "link").symlink_to(one)
    if named == "q.csv":
        (one / "q.csv").symlink_to(tmp_path / "q.csv")
    questions = tmp_path / "link" / named if named else None
    summary = import_data(tmp_path / "link", tmp_path / "data", questions)
    assert summary["not taken"] == []
    assert (summary["documents"]["taken"], summary["questions"]["taken"]) == (1, 1)


def test_two_files_of_questions_in_a_folder_are_not_guessed_between(
    tmp_path: Path, one: Path
) -> None:
    for name in ("questions.csv", "questions.jsonl"):
        asking(one / name, {"question": "How deep?"})
    with pytest.raises(DataError, match=r"say which is meant, as --questions .*questions\.csv"):
        import_data(one, tmp_path / "data")
    chosen = one / "questions.jsonl"
    assert import_data(one, tmp_path / "data", chosen)["questions"]["taken"] == 1


def test_evidence_is_named_as_far_as_it_is_known(tmp_path: Path, town: Path) -> None:
    named: list[tuple[dict[str, Any], list[str]]] = [
        ({"document": "ovens.pdf", "evidence": "#page=2"}, ["ovens#page=2"]),
        ({"evidence": ["ovens.pdf#page=1", "ovens#page=2"]}, ["ovens#page=1", "ovens#page=2"]),
        ({"evidence": ["Kites.html"]}, ["kites"]),
        (
            {"document": "wells", "evidence": "Article 2; wells"},
            ["wells/article-2-digging-wells", "wells"],
        ),
    ]
    rows = [{"question": f"{n}?", **row} for n, (row, _) in enumerate(named)]
    path = asking(tmp_path / "asked.jsonl", *rows)
    assert import_data(town, tmp_path / "data", questions=path)["not taken"] == []
    assert [row["evidence"] for row in rows_of(tmp_path / "data")] == [names for _, names in named]
    first, both, kites, wells = load(tmp_path / "data")
    sections = load_corpus(tmp_path / "data")
    assert first.evidence == ["ovens/article-3-register", "ovens/article-4-entry-into-force"]
    assert [one.pages for one in sections if one.id in first.evidence] == [(2,), (2,)]
    assert set(both.evidence) == {one.id for one in sections if one.framework == "ovens"}
    assert kites.evidence == [one.id for one in sections if one.framework == "kites"]
    assert len(wells.evidence) == 4
    frameworks = [q.framework for q in (first, both, kites, wells)]
    assert frameworks == ["ovens", "ovens", "kites", "wells"]


TRAVEL = (
    """# Travel
## 1. Scope
All staff.
## 2. Fees
Ten.
### 2.1 Cards
None.
## Section 3: Late
Soon.
## 4. Rooms
One.
## Article 4 Beds
Two.
## 5. Trains
"""
    + "By rail. " * 200
)
FEES, LATE, TRAINS = "travel/2.-fees", "travel/section-3-late", "travel/5.-trains"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        *((name, [FEES]) for name in ("2", "2.", "Section 2", "§ 2", "2. Fees", "Fees")),
        *((f"travel{between}2", [FEES]) for between in ("/", ".md/", ".md#", ".md, ", ": §")),
        *((name, [FEES]) for name in ("travel.md/Section 2", "TRAVEL/fees", "travel.md/2.-fees")),
        ("2.1", ["travel/2.1-cards"]),
        ("3", [LATE]),
        ("section 3", [LATE]),
        ("5", [TRAINS, f"{TRAINS}-2", f"{TRAINS}-3"]),
        ("article 4", ["travel/article-4-beds"]),
        ("section 4", ["travel/4.-rooms"]),
        ("4", ["travel/4.-rooms"]),
        ("Article 3", "nearest headings of travel.md are 'Article 4 Beds'"),
        ("kites/2", "neither .* of kites.md are 'Strings'"),
        ("travel/7", "evidence 'travel/7' is neither .* of travel.md are '1. Scope'"),
    ],
)
def test_a_section_of_one_document_may_be_named_by_its_number(
    tmp_path: Path, folder: Path, name: str, found: list[str] | str
) -> None:
    (folder / "travel.md").write_text(TRAVEL)
    (folder / "kites.md").write_text("# Kites\n## Strings\nLong.\n")
    own = {} if name.lower().startswith(("travel", "kites")) else {"document": "travel"}
    asking(folder / "questions.jsonl", {"question": "What?", "evidence": [name], **own})
    summary = import_data(folder, tmp_path / "data")
    if isinstance(found, str):
        (reason,) = refused(summary).values()
        assert re.search(found, reason)
        return
    assert [row["evidence"] for row in rows_of(tmp_path / "data")] == [found]


def test_a_number_alone_is_of_no_document_where_there_are_several(
    tmp_path: Path, folder: Path
) -> None:
    for name in ("fares", "travel"):
        (folder / f"{name}.md").write_text("# Rules\n## Scope\nAll.\n## Section 2\nNone.\n")
    asking(folder / "questions.jsonl", {"question": "What?", "evidence": "2"})
    (reason,) = refused(import_data(folder, tmp_path / "data")).values()
    assert "neither an id nor a heading" in reason


def test_a_wrong_column_is_told_by_its_first_rows_and_a_file_always(
    tmp_path: Path, one: Path
) -> None:
    rows = [f"{n}?,Section {n // 2 + 4}" for n in range(7, 28)]
    (one / "questions.csv").write_text(
        "\n".join(["question,evidence", *rows, ",1", "x?,Article 1"])
    )
    for n in range(5):
        (one / f"broken-{n}.docx").touch()
    said = shown("data", "import", one, "--out", tmp_path / "data")
    assert said.count("neither an id nor a heading of a section") == 3
    assert "evidence 'Section 8' is neither" in said
    assert f"… and 18 more like that, all in {tmp_path / 'data' / 'import.json'}" in said
    assert "questions.csv:23: has no question" in said
    assert said.count("broken-") == 5


def test_a_page_and_the_sections_on_it_are_in_one_split(tmp_path: Path, folder: Path) -> None:
    # `data import` parted them, and `data check` found that at once.
    for name in ("a", "b"):
        sides = [
            [("h2", f"Article {n} {name}"), ("p", "It holds for all who live here.")]
            for n in (1, 2)
        ]
        write_pdf(folder / f"{name}.pdf", sides)
    rows = [
        {"question": f"{n} {name}?", "document": name, "evidence": evidence}
        for name in ("a", "b")
        for n, evidence in enumerate(["#page=1", "Article 1", "#page=2", "Article 2"])
    ]
    path = asking(tmp_path / "asked.jsonl", *rows)
    shares: dict[Split, float] = {"train": 0.5, "validation": 0.5}
    for seed in range(3):
        summary = import_data(folder, tmp_path / str(seed), path, seed=seed, shares=shares)
        splits = [question.split for question in load(tmp_path / str(seed))]
        assert splits[::2] == splits[1::2]
        assert len(set(splits)) == 2
        assert summary["new splits"] == {"shares": shares, "by": "section", "seed": seed}


@pytest.mark.parametrize(
    "row",
    [
        {"answer": "One.", "answers": ["Two.", " Three. "]},
        {"answer": "One.", "answers": ["One.", "Two.", "", "Three.\x07"]},
        {"answers": ["One.", "Two.", "Three."]},
    ],
)
@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_several_answers_are_references(
    tmp_path: Path, one: Path, row: dict[str, Any], suffix: str
) -> None:
    path = asking(one / f"questions{suffix}", {"question": "What?", **row})
    if suffix == ".csv":
        texts = {name: v if isinstance(v, str) else json.dumps(v) for name, v in row.items()}
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["question", *texts], ["What?", *texts.values()]])
    import_data(one, tmp_path / "data")
    (question,) = load(tmp_path / "data")
    assert question.references == ["One.", "Two.", "Three."]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("answer,evidence\nx,y\n", "1: .*question must be there; found answer, evidence"),
        ("question,colour\nx,y\n", "1: .*found question, colour"),
        ('question\n"x\n', "2: no CSV"),
    ],
)
def test_a_table_with_other_columns_is_refused(
    tmp_path: Path, one: Path, text: str, found: str
) -> None:
    (one / "questions.csv").write_text(text)
    with pytest.raises(DataError, match=rf"questions\.csv:{found}"):
        import_data(one, tmp_path / "data")


def test_a_spreadsheets_csv_is_read(tmp_path: Path, one: Path) -> None:
    text = 'Question;Answer;Document;\r\n"Wie hoch; und wo?";"Größer als 5 m";wells.md\r\n'
    text += ";;;\r\na;b;c;d"
    (one / "questions.csv").write_bytes(text.encode("cp1252"))
    found = refused(import_data(one, tmp_path / "data"))
    assert found == {
        "questions.csv:4": "has more fields than the header; put texts with commas in quotes"
    }
    (question,) = load(tmp_path / "data")
    assert (question.question, question.answer) == ("Wie hoch; und wo?", "Größer als 5 m")
    assert question.framework == "wells"
