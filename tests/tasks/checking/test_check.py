"""A planted fault of every kind is found, at its place, and nothing else is."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from tasks.checking.answers import given_away, longest_copy, missing_values
from tasks.checking.check import check_data
from tasks.checking.findings import CHECKS
from tests.conftest import write_questions

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
        "id": "q1",
        "split": "train",
        "question": "My neighbour wants bees. What distance to traffic must she respect?",
        "answer": "Rule 1 keeps hives away from public roads: 40 metres or more.",
        "evidence": ["town/hive"],
        "citations": ["Rule 1"],
    },
    {
        "id": "q2",
        "split": "validation",
        "question": "Our club flies on Sundays. Is there a longest line?",
        "answer": "Yes, 60 metres, says Rule 2, and since 3 May 2021 leave is given at airports.",
        "evidence": ["town/string"],
        "citations": ["Rule 2"],
    },
    {
        "id": "q3",
        "split": "test",
        "question": "A farmer needs water. What does the paper for a borehole cost?",
        "answer": "According to Rule 3 it is 2% of what the whole well costs him.",
        "evidence": ["town/well"],
        "citations": ["Rule 3"],
    },
    {
        "id": "q4",
        "split": "test",
        "question": "Who pays the vet when a horse is stung?",
        "answer": "The rules at hand do not say who bears the cost of such harm.",
        "evidence": [],
        "citations": [],
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
    write_questions(folder, [{"framework": "town", "kind": "rule"} | row for row in QUESTIONS])
    return folder


def change(folder: Path, row: int, **fields: Any) -> None:
    path = folder / "questions.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows[row] |= fields
    write_questions(folder, rows)


def add(folder: Path, **fields: Any) -> None:
    path = folder / "questions.jsonl"
    row = {"framework": "town", "kind": "rule", "evidence": [], "citations": []} | fields
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def break_json(folder: Path) -> None:
    path = folder / "questions.jsonl"
    path.write_text(path.read_text(encoding="utf-8") + "{not json\n", encoding="utf-8")


def test_one_answer_to_all_that_is_unanswerable_makes_no_questions_alike(clean: Path) -> None:
    # Whatever they ask, they were found to ask the same.
    none = {"answerable": False, "answer": None}
    add(clean, id="q5", split="train", question="Who paints the kites of the town hall?", **none)
    add(clean, id="q6", split="test", question="Is honey taxed at fairs?", **none)
    assert check_data(clean) == []
    add(clean, id="q7", split="test", question="Who paints the kites of our town hall?", **none)
    assert [(one.check, one.place) for one in check_data(clean)] == [
        ("duplicate", "questions.jsonl:7")
    ]


FAULTS: dict[str, tuple[str, str, Callable[[Path], None], str]] = {
    "a line that is not JSON": ("schema", "questions.jsonl:5", break_json, "not JSON"),
    "a missing field": ("schema", "questions.jsonl:2", lambda f: change(f, 1, kind=None), "kind"),
    "an id twice": ("schema", "questions.jsonl:3", lambda f: change(f, 2, id="q1"), "q1 stands"),
    "a broken document": (
        "schema",
        "corpus/z.md:1",
        lambda f: (f / "corpus" / "z.md").write_text("nothing") and None,
        "front matter",
    ),
    "a citation that is part of another": (
        "citation",
        "questions.jsonl:2",
        lambda f: change(f, 1, citations=["Rule 2", "ule 2"]),
        "'ule 2'",
    ),
    "a framework that is not that of the evidence": (
        "schema",
        "questions.jsonl:1",
        lambda f: change(f, 0, framework="twon"),
        "framework 'twon'",
    ),
    "a document without a section": (
        "schema",
        "corpus/z.md:4",
        lambda f: (f / "corpus" / "z.md").write_text("---\nid: z\ntitle: Z\n---\n# A\n") and None,
        "no section follows",
    ),
    "no such section": (
        "evidence",
        "questions.jsonl:1",
        lambda f: change(f, 0, evidence=["town/hive", "town/moon"]),
        "'town/moon' is no section",
    ),
    "a section in two splits": (
        "split",
        "questions.jsonl:3",
        lambda f: change(f, 2, evidence=["town/well", "town/hive"]),
        "town/hive is evidence in test here and in train for q1",
    ),
    "no such document": (
        "evidence",
        "questions.jsonl:1",
        lambda f: change(f, 0, evidence=["town/hive", "village"]),
        "'village' is no section or document of the corpus, which has town",
    ),
    "a page that no section stands on": (
        "evidence",
        "questions.jsonl:1",
        lambda f: change(f, 0, evidence=["town/hive", "town#page=2"]),
        "the corpus notes no pages of town",
    ),
    "a document that is evidence in two splits": (
        "overlap",
        "questions.jsonl:2",
        lambda f: change(f, 1, evidence=["town"]),
        "town covers evidence of train, validation, test",
    ),
    "a blank further answer": (
        "schema",
        "questions.jsonl:2",
        lambda f: change(f, 1, answers=["Rule 2 says 60 metres.", ""]),
        "answers.1",
    ),
    "an edited copy": (
        "duplicate",
        "questions.jsonl:5",
        lambda f: add(
            f,
            id="q5",
            split="test",
            question="My neighbour wants some bees. What distance to traffic must she keep?",
            answer="The rules at hand do not say it in this place.",
        ),
        "what q1",
    ),
    "the same in other words": (
        "duplicate",
        "questions.jsonl:5",
        lambda f: add(
            f,
            id="q5",
            split="test",
            question="How far from cars does somebody next door have to keep her hives?",
            answer="Under Rule 1 a hive and a public road are 40 metres apart or more.",
        ),
        "what q1",
    ),
    "another number": (
        "number",
        "questions.jsonl:1",
        lambda f: change(f, 0, answer="Rule 1 keeps hives 400 metres away from public roads."),
        "'400'",
    ),
    "another number in a further answer": (
        "number",
        "questions.jsonl:1",
        lambda f: change(f, 0, answers=["Rule 1 says 40 metres.", "It is 400 metres, by Rule 1."]),
        "'400'",
    ),
    "another unit": (
        "number",
        "questions.jsonl:3",
        lambda f: change(f, 2, answer="According to Rule 3 the paper lasts him 10 months in all."),
        "'10 month'",
    ),
    "another date": (
        "number",
        "questions.jsonl:2",
        lambda f: change(f, 1, answer="Rule 2: 60 metres, and leave is given since 3 June 2021."),
        "'3 June 2021'",
    ),
    "another amount": (
        "number",
        "questions.jsonl:1",
        lambda f: change(f, 0, answer="Rule 1: the keeper pays EUR 2 500 with the plan."),
        "'2 500'",
    ),
    "a citation that is elsewhere": (
        "citation",
        "questions.jsonl:2",
        lambda f: change(f, 1, citations=["Rule 2", "Rule 9"]),
        "'Rule 9'",
    ),
    "a copied answer": (
        "copy",
        "questions.jsonl:1",
        lambda f: change(f, 0, answer=SECTIONS["hive"].split(".")[0] + "."),
        "14 words in a row",
    ),
    "a further answer that is copied": (
        "copy",
        "questions.jsonl:1",
        lambda f: change(f, 0, answers=[SECTIONS["hive"].split(".")[0] + "."]),
        "14 words in a row",
    ),
    "a question that holds its answer": (
        "give-away",
        "questions.jsonl:3",
        lambda f: change(
            f, 2, question="A borehole: is it 2% of what the whole well costs, according to law?"
        ),
        "of the words of its answer",
    ),
    "an answerable question marked unanswerable": (
        "answered",
        "questions.jsonl:4",
        lambda f: change(f, 3, question="How far must hives stand from any public road?"),
        "town/hive",
    ),
    "the answered question again": (
        "answered",
        "questions.jsonl:4",
        lambda f: change(
            f, 3, split="train", question="My neighbour wants bees. What distance must she respect?"
        ),
        "as it answers q1",
    ),
}


def test_a_clean_folder_has_no_findings(clean: Path, minilm: Path) -> None:  # noqa: ARG001
    assert check_data(clean) == []


@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_planted_fault_is_found(clean: Path, minilm: Path, fault: str) -> None:  # noqa: ARG001
    check, place, plant, message = FAULTS[fault]
    plant(clean)
    found = check_data(clean)
    assert [(finding.check, finding.place) for finding in found] == [(check, place)]
    assert message in found[0].message


def test_every_check_has_a_planted_fault() -> None:
    assert {check for check, *_ in FAULTS.values()} == set(CHECKS)


def test_all_broken_lines_are_found_at_once(clean: Path, minilm: Path) -> None:  # noqa: ARG001
    change(clean, 0, kind=None)
    change(clean, 2, split="exam")
    break_json(clean)
    places = [finding.place for finding in check_data(clean)]
    assert places == ["questions.jsonl:1", "questions.jsonl:3", "questions.jsonl:5"]


def test_all_faults_of_a_document_are_found_and_not_laid_to_questions(
    clean: Path,
    minilm: Path,  # noqa: ARG001
) -> None:
    path = clean / "corpus" / "town.md"
    text = path.read_text(encoding="utf-8").replace(SECTIONS["hive"], "")
    path.write_text(text + "\n## Nameless\n\nText.\n", encoding="utf-8")
    found = [(finding.check, finding.message) for finding in check_data(clean)]
    assert [check for check, _ in found] == ["schema", "schema"]
    assert "hive is empty" in found[0][1]
    assert "'## Nameless'" in found[1][1]


def test_evidence_by_document_or_page_is_read_where_it_stands(
    clean: Path,
    minilm: Path,  # noqa: ARG001
) -> None:
    path = clean / "corpus" / "town.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("the hive\n", "the hive\n<!-- pages: 1 -->\n"), encoding="utf-8")
    change(clean, 0, evidence=["town#page=1"], answer="Rule 1 asks the keeper for 60 metres.")
    assert [(f.check, f.place) for f in check_data(clean)] == [("number", "questions.jsonl:1")]
    # A string may be 60 metres long: the document says so.
    change(clean, 0, evidence=["town"])
    assert check_data(clean, skip=["overlap"]) == []


def test_a_set_without_documents_is_checked_for_what_needs_none(
    clean: Path,
    minilm: Path,  # noqa: ARG001
) -> None:
    shutil.rmtree(clean / "corpus")
    assert check_data(clean) == []
    change(clean, 1, split="exam")
    change(clean, 2, question="It is 2% of what the whole well costs him, according to Rule 3?")
    found = [(finding.check, finding.place) for finding in check_data(clean)]
    assert found == [("schema", "questions.jsonl:2"), ("give-away", "questions.jsonl:3")]


def test_a_page_is_told_from_another_where_both_splits_name_one(
    clean: Path,
    minilm: Path,  # noqa: ARG001
) -> None:
    path = clean / "corpus" / "town.md"
    text = path.read_text(encoding="utf-8")
    for number, slug in enumerate(SECTIONS, start=1):
        note = f"the {slug}\n<!-- pages: {number} -->\n"
        text = text.replace(f"About the {slug}\n", f"About {note}")
    path.write_text(text, encoding="utf-8")
    for row, page in enumerate((1, 2, 3)):
        change(clean, row, evidence=[f"town#page={page}"])
    assert check_data(clean) == []
    change(clean, 1, evidence=["town#page=2", "town#page=3"])
    found = [(finding.check, finding.place) for finding in check_data(clean)]
    assert found == [("overlap", "questions.jsonl:2")]


def test_a_check_can_be_left_out(clean: Path, minilm: Path) -> None:  # noqa: ARG001
    change(clean, 1, citations=["Rule 9"])
    assert check_data(clean, skip=["citation"]) == []
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
        ("5 days or more.", "between 5 and 10 days", []),
        ("In 2021 100 firms.", "100 firms in 2021", []),
    ],
)
def test_numbers_are_compared_digit_for_digit(
    answer: str, evidence: str, missing: list[str]
) -> None:
    assert missing_values(answer, evidence) == missing


def test_the_longest_copy_is_in_words() -> None:
    assert longest_copy("So: the Keeper, pays a fee!", "each the keeper pays a toll") == [
        "the",
        "keeper",
        "pays",
        "a",
    ]


def test_names_of_the_law_give_nothing_away() -> None:
    question = "What does Rule 5 of the Town Rules say about bees?"
    assert given_away(question, "Rule 5 of the Town Rules bans hives in small gardens.", "") > 0.3
    assert given_away(question, "Rule 5 of the Town Rules bans hives in small gardens.",
                      "Town Rules Rule 5") == 0.0  # fmt: skip
