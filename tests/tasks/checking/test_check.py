"""A planted fault of every kind is found, at its place, and nothing else is."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError, DataError
from tasks.checking.answers import given_away, longest_copy, missing_values
from tasks.checking.check import check_data
from tasks.checking.findings import CHECKS
from tests.conftest import write_questions
from tests.tasks.folders import change, load, note_pages, rows_of

pytestmark = pytest.mark.usefixtures("minilm")

SECTIONS = {
    "hive": "Under Rule 1, a hive stands at least 40 metres from any public road. The keeper "
    "shows a plan of the garden to the office within 30 days, and pays EUR 1 500.",
    "string": "Rule 2 limits the string of a kite to 60 metres. Near an airport nobody may fly "
    "one at all, save with leave given on or after 3 May 2021.",
    "well": "Rule 3 asks for a permit before anyone digs a well deeper than 15 metres. A permit "
    "costs 2% of the price of the well and lasts 10 years.",
}
QUESTIONS: list[dict[str, Any]] = [
    {
        "split": "train",
        "question": "My neighbour wants bees. What distance to traffic must she respect?",
        "answer": "Rule 1 keeps hives away from public roads: 40 metres or more.",
        "evidence": ["town/hive"],
        "citations": ["Rule 1"],
    },
    {
        "split": "validation",
        "question": "Our club flies on Sundays. Is there a longest line?",
        "answer": "Yes, 60 metres, says Rule 2, and since 3 May 2021 leave is given at airports.",
        "evidence": ["town/string"],
        "citations": ["Rule 2"],
    },
    {
        "split": "test",
        "question": "A farmer needs water. What does the paper for a borehole cost?",
        "answer": "According to Rule 3 it is 2% of what the whole well costs him.",
        "evidence": ["town/well"],
        "citations": ["Rule 3"],
    },
    {
        "split": "test",
        "question": "Who pays the vet when a horse is stung?",
        "answer": "The rules at hand do not say who bears the cost of such harm.",
        "answerable": False,
    },
]


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    folder = tmp_path / "town"
    (folder / "corpus").mkdir(parents=True)
    parts = ["---\nid: town\ntitle: Town Rules\n---\n"]
    parts += [f"\n## {slug} · About the {slug}\n\n{body}\n" for slug, body in SECTIONS.items()]
    (folder / "corpus" / "town.md").write_text("".join(parts), encoding="utf-8")
    rows = [{"id": f"q{number}"} | row for number, row in enumerate(QUESTIONS, start=1)]
    write_questions(folder, rows)
    return folder


Plant = Callable[[Path], object]


def changed(row: int, **fields: Any) -> Plant:
    """Other values of one line, by index."""
    return lambda folder: change(folder, {row: fields})


def added(question: str, answer: str | None, **fields: Any) -> Plant:
    """One line more."""
    row = {"id": "q5", "split": "test", "question": question, "answer": answer} | fields
    return lambda folder: write_questions(folder, [*rows_of(folder), row])


def appended(name: str, text: str) -> Plant:
    """Text at the end of a file, new or not."""

    def append(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return append


def document(text: str) -> Plant:
    """One document more."""
    return appended("corpus/z.md", text)


def replaced(old: str, new: str) -> Plant:
    """Another text in the document, of bytes that are no text, perhaps."""

    def replace(folder: Path) -> None:
        path = folder / "corpus" / "town.md"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_bytes(text.replace(old, new, 1).encode("utf-8", "surrogateescape"))

    return replace


def noted(slug: str, pages: str) -> Plant:
    """Pages of a section."""
    return lambda folder: note_pages(folder / "corpus" / "town.md", {slug: pages})


def found_in(folder: Path, *skip: str) -> list[tuple[str, str]]:
    """Check and place of all findings."""
    return [
        (one.check, one.place.removeprefix("questions.jsonl:")) for one in check_data(folder, skip)
    ]


RULE_1 = SECTIONS["hive"].split(".")[0] + "."
FAULTS: dict[str, list[tuple[str, Plant, str]]] = {  # By check: line or place, fault, message.
    "schema": [
        ("5", appended("questions.jsonl", "{not json\n"), "not JSON"),
        ("questions.jsonl", lambda f: write_questions(f, []), "holds no question"),
        ("questions.jsonl", lambda f: (f / "questions.jsonl").unlink(), "cannot be read"),
        ("2", changed(1, kind=None), "kind"),
        ("3", changed(2, id="q1"), "the id q1 stands here again"),
        ("2", changed(1, split="dev"), "split"),
        ("1", changed(0, framework="twon"), "framework 'twon'"),
        ("1", changed(0, answer=""), "answer: "),
        ("1", changed(0, answers="Yes."), "answers: "),
        ("2", changed(1, answers=["Rule 2 says 60 metres.", ""]), "answers.1: "),
        ("2", changed(1, answer=None, answers=["Yes."]), "answer is missing"),
        ("1", changed(0, answerable=False), "answerable is false, yet evidence is named"),
        ("1", changed(0, colour="red"), "colour"),
        ("corpus/town.md:1", replaced("id: town\n", ""), "the front matter: id: Field required"),
        ("corpus/town.md:1", replaced("---\nid", "id"), "expected front matter"),
        ("corpus/town.md:1", replaced("title: T", "title: [T"), "the front matter: not YAML"),
        ("corpus/town.md:1", replaced("title: T", "status: old\ntitle: T"), "status: Input should"),
        ("corpus/town.md:1", replaced("title: T", "applies_from: May\ntitle: T"), "applies_from: "),
        ("corpus/town.md:1", replaced("Town R", "\udcff"), "cannot be read"),
        ("corpus/town.md:10", replaced("## string · ", "## "), "expected a heading like"),
        ("corpus/town.md:10", replaced(SECTIONS["string"], ""), "string is empty"),
        ("corpus/town.md:10", replaced("## string", "## hive"), "town/hive stands here again"),
        ("corpus/town.md:10", noted("string", "ii"), "expected pages like"),
        ("corpus/z.md:4", document("---\nid: z\ntitle: Z\n---\n# A\n"), "no section follows"),
        (
            "corpus/z.md:1",
            document("---\nid: town\ntitle: Z\n---\n## z · Z\n\nZ.\n"),
            "the id town is that of",
        ),
    ],
    "evidence": [
        ("1", changed(0, evidence=["town/hive", "town/moon"]), "'town/moon' is no section"),
        ("1", changed(0, evidence=["town/hive", "village"]), "of the corpus, which has town"),
        ("1", changed(0, evidence=["town/hive", "town#page=2"]), "notes no pages of town"),
    ],
    "split": [
        (
            "3",
            changed(2, evidence=["town/well", "town/hive"]),
            "town/hive is evidence in test here and in train for q1",
        )
    ],
    "overlap": [
        ("2", changed(1, evidence=["town"]), "town covers evidence of train, validation, test")
    ],
    "duplicate": [
        (
            "5",
            added(
                "My neighbour wants some bees. What distance to traffic must she keep?",
                "The rules at hand do not say it in this place.",
            ),
            "what q1",
        ),
        (
            "5",
            added(
                "How far from cars does somebody next door have to keep her hives?",
                "Under Rule 1 a hive and a public road are 40 metres apart or more.",
            ),
            "what q1",
        ),
    ],
    "number": [
        ("1", changed(0, answer="Rule 1 keeps hives 400 metres away from public roads."), "'400'"),
        ("1", changed(0, answers=["Rule 1 says 40 metres.", "It is 400, by Rule 1."]), "'400'"),
        ("3", changed(2, answer="According to Rule 3 it lasts 10 months in all."), "'10 month'"),
        ("2", changed(1, answer="Rule 2: 60 metres, since 3 June 2021."), "'3 June 2021'"),
        ("1", changed(0, answer="Rule 1: the keeper pays EUR 2 500 with the plan."), "'2 500'"),
    ],
    "citation": [
        ("2", changed(1, citations=["Rule 2", "Rule 9"]), "'Rule 9'"),
        ("2", changed(1, citations=["Rule 2", "ule 2"]), "'ule 2'"),
    ],
    "fact": [
        (
            "1",
            changed(0, facts=[{"kind": "duration", "value": "77 years"}]),
            "duration '77 years' stands nowhere in its evidence",
        ),
        (
            "1",
            changed(0, answer="No.", facts=[{"kind": "yes-no", "value": "yes"}]),
            "yes-no 'yes' is contradicted by its answer",
        ),
    ],
    "copy": [
        ("1", changed(0, answer=RULE_1), "14 words in a row"),
    ],
    "give-away": [
        (
            "3",
            changed(2, question="Is it 2% of what the whole well costs, according to law?"),
            "of the words of its answer",
        )
    ],
    "answered": [
        ("4", changed(3, question="How far must hives stand from any public road?"), "town/hive"),
        (
            "4",
            changed(
                3,
                split="train",
                question="My neighbour wants bees. What distance must she respect?",
            ),
            "as it answers q1",
        ),
    ],
}
STYLED = [
    {
        "id": f"q{10 + number}",
        "split": "test",
        "question": f"Who so far has painted the kite of house {number}, if anyone?"
        if number % 2
        else f"Does Rule 2 let house {number} fly a kite?",
        "answer": "The rules at hand leave this open." if number % 2 else "It does, on Sundays.",
        "answerable": number % 2 == 0,
    }
    for number in range(60)
]
FAULTS["style"] = [
    (
        "questions.jsonl",
        lambda folder: write_questions(folder, [*rows_of(folder), *STYLED]),
        "style alone tells the 31 unanswerable questions from the 33 answerable ones",
    )
]
BY_EMBEDDING = {"duplicate", "answered"}


def test_a_clean_folder_has_no_findings(clean: Path) -> None:
    assert check_data(clean) == []


@pytest.mark.parametrize(
    ("check", "fault"), [(check, fault) for check, faults in FAULTS.items() for fault in faults]
)
def test_a_planted_fault_is_found(clean: Path, check: str, fault: tuple[str, Plant, str]) -> None:
    place, plant, message = fault
    plant(clean)
    # Embedding takes most of the time, and says nothing of the other faults.
    (found,) = check_data(clean, [] if check in BY_EMBEDDING else BY_EMBEDDING)
    assert found.check == check
    assert found.place.removeprefix("questions.jsonl:") == place
    assert message in found.message
    # The loader stops at what breaks the contract, and takes the rest.
    if check not in ("schema", "evidence", "split"):
        assert load(clean)
        return
    with pytest.raises(DataError) as caught:
        load(clean)
    assert str(caught.value).startswith(f"{clean}/{found.place}")
    assert message in str(caught.value)


def test_every_check_has_a_planted_fault() -> None:
    assert list(FAULTS) == list(CHECKS)


def test_one_answer_to_all_that_is_unanswerable_makes_no_questions_alike(clean: Path) -> None:
    # Whatever they ask, they were found to ask the same.
    for id_, split, question in (
        ("q5", "train", "Who paints the kites of the town hall?"),
        ("q6", "test", "Is honey taxed at fairs?"),
    ):
        added(question, None, id=id_, split=split, answerable=False)(clean)
    assert check_data(clean) == []
    added("Who paints the kites of our town hall?", None, id="q7", answerable=False)(clean)
    assert found_in(clean) == [("duplicate", "7")]


def test_all_faults_are_found_at_once_and_those_of_a_document_not_laid_to_questions(
    clean: Path,
) -> None:
    change(clean, {0: {"kind": None}, 2: {"split": "exam"}})
    appended("questions.jsonl", "{not json\n")(clean)
    path = clean / "corpus" / "town.md"
    text = path.read_text(encoding="utf-8").replace(SECTIONS["string"], "")
    path.write_text(text + "\n## Nameless\n\nText.\n", encoding="utf-8")
    found = check_data(clean, BY_EMBEDDING)
    assert [(finding.check, finding.place) for finding in found] == [
        ("schema", "corpus/town.md:10"),
        ("schema", "corpus/town.md:18"),
        ("schema", "questions.jsonl:1"),
        ("schema", "questions.jsonl:3"),
        ("schema", "questions.jsonl:5"),
    ]
    assert "string is empty" in found[0].message
    assert "'## Nameless'" in found[1].message


def test_evidence_by_document_or_page_is_read_where_it_stands(clean: Path) -> None:
    note_pages(clean / "corpus" / "town.md", {"hive": "1"})
    skip = ("overlap", *BY_EMBEDDING)
    answer = "Rule 1 asks the keeper for 60 metres."
    change(clean, {0: {"evidence": ["town#page=1"], "answer": answer}})
    assert found_in(clean, *skip) == [("number", "1")]
    # A string may be 60 metres long: the document says so.
    change(clean, {0: {"evidence": ["town"]}})
    assert found_in(clean, *skip) == []


def test_a_set_without_documents_is_checked_for_what_needs_none(clean: Path) -> None:
    shutil.rmtree(clean / "corpus")
    assert check_data(clean) == []
    question = "It is 2% of what the whole well costs him, according to Rule 3?"
    change(clean, {1: {"split": "exam"}, 2: {"question": question}})
    assert found_in(clean) == [("schema", "2"), ("give-away", "3")]


def test_a_page_is_told_from_another_where_both_splits_name_one(clean: Path) -> None:
    pages = {slug: str(number) for number, slug in enumerate(SECTIONS, start=1)}
    note_pages(clean / "corpus" / "town.md", pages)
    change(clean, {row: {"evidence": [f"town#page={row + 1}"]} for row in range(3)})
    assert found_in(clean, *BY_EMBEDDING) == []
    change(clean, {1: {"evidence": ["town#page=2", "town#page=3"]}})
    assert found_in(clean, *BY_EMBEDDING) == [("overlap", "2")]


def test_a_check_can_be_left_out(clean: Path) -> None:
    change(clean, {1: {"citations": ["Rule 9"]}})
    assert found_in(clean, "citation", *BY_EMBEDDING) == []
    with pytest.raises(ConfigError, match="no check spelling"):
        check_data(clean, skip=["spelling"])


@pytest.mark.parametrize(
    ("answer", "evidence", "missing"),
    [
        ("Within 72 hours.", "within 72 hours of it", []),
        ("Within 72 hours.", "within 72 days; a shift is 7 hours", ["72 hour"]),
        ("A 4-week delay.", "a delay of 4 weeks", []),
        ("EUR 20 000 000 or 4%.", "up to EUR 20\u00a0000\u00a0000 or 4 % of turnover", []),
        ("EUR 20 000 000.", "up to EUR 20 000", ["20 000 000"]),
        ("It is 1,000 or 2.5 per cent.", "a fee of 1,000, or 2.5 percent", []),
        ("From 25 May 2018.", "It applies from 25 May 2018.", []),
        ("From May 25, 2018.", "It applies from 25 May 2018.", ["May 25, 2018"]),
        ("Since October 2020.", "the October 2020 amendment", []),
        ("Since October 2021.", "the October 2020 amendment of 2021", ["October 2021"]),
        ("Article 5(1) and 12.", "Article 5(1) of part 12", []),
        ("In 3 parts.", "in three parts", ["3"]),
        ("Since 5 May 2018.", "from 25 May 2018", ["5 May 2018"]),
        ("USD 20 million.", "up to EUR 20 million", ["USD 20"]),
        ("$5,000,000.", "at most USD 5,000,000", []),
        ("£4.00.", "Price (£): 4.00 a week", []),
        ("£4.00.", "Price (€): 4.00 a week", ["GBP 4.00"]),
        ("£4.00.", "Price in £ or €: 4.00", ["GBP 4.00"]),
        ("5 days or more.", "between 5 and 10 days", []),
        ("In 2021 100 firms.", "100 firms in 2021", []),
    ],
)
def test_numbers_are_compared_digit_for_digit(
    answer: str, evidence: str, missing: list[str]
) -> None:
    assert missing_values(answer, evidence) == missing


def test_the_longest_copy_is_in_words() -> None:
    copied = longest_copy("So: the Keeper, pays a fee!", "each the keeper pays a toll")
    assert copied == ["the", "keeper", "pays", "a"]


def test_names_of_the_law_give_nothing_away() -> None:
    question = "What does Rule 5 of the Town Rules say about bees?"
    answer = "Rule 5 of the Town Rules bans hives in small gardens."
    assert given_away(question, answer, "") > 0.3
    assert given_away(question, answer, "Town Rules Rule 5") == 0.0
