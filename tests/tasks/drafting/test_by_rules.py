"""Sections of any kind of document are asked for what they hold; measured on six folders."""

import json
import re
from pathlib import Path

import pytest

from harness.files import fingerprint
from rag.corpus import Section
from tasks.drafting.asked import Drafted
from tasks.drafting.by_rules import asked_by_rules
from tasks.drafting.choosing import DraftPlan
from tasks.drafting.draft import DRAFT_ID, drafts_of
from tasks.importing.importer import read_source

HERE = Path(__file__).parent
KEPT = {"statute": 0.7, "handbook": 0.7, "procedure": 0.7, "faq": 0.9, "prices": 0.65, "mixed": 0.8}
"""Share of drafts that a reader kept, at least."""
SAMPLED = ("prices", "mixed")
"""Of which sixty drafts were read."""


def of(body: str, heading: str = "Returns") -> list[Drafted]:
    """What is asked of one section."""
    section = Section("shop/returns", "shop", "Shop rules", heading, body)
    return next(iter(asked_by_rules([section])))


def test_a_table_is_asked_by_row_and_column() -> None:
    body = "| Room | Seats | Price (€) |\n|---|---|---|\n| Blue | 12 | 40 |\n| Red | 30 | 75 ¹ |\n"
    found = {one.question: one.answer for one in of(body, "Rooms")}
    assert found == {
        "In “Rooms”, what is listed under “Seats” for “Blue”?": "12.",
        "What is the price for “Blue” (“Rooms”)?": "€40.",
        "In “Rooms”, what is listed under “Seats” for “Red”?": "30.",
    }  # What has a footnote is not whole without it.


def test_rows_that_only_two_columns_tell_apart_are_named_by_both() -> None:
    body = "| Boat | Week | Fee |\n|---|---|---|\n| Punt | 1 | 5 |\n| Punt | 2 | 9 |\n"
    assert [one.question for one in of(body, "Hire")] == [
        "What is the fee for boat “Punt” and week “1” (“Hire”)?",
        "What is the fee for boat “Punt” and week “2” (“Hire”)?",
    ]


def test_what_is_said_of_all_prices_is_in_each_answer() -> None:
    body = "Prices are per metre.\n\n| Wood | Price |\n|---|---|\n| Oak | £7.20 |\n"
    found = [one.answer for one in of(body, "Timber") if one.kind == "table"]
    assert found == ["£7.20. Prices are per metre."]


def test_a_step_is_asked_for_by_the_one_before() -> None:
    body = "1. Close the valve on the left.\n2. Open the drain slowly.\n3. Rinse the tank twice.\n"
    found = {one.question: one.answer for one in of(body, "Procedure 2: Emptying")}
    asks = "In “Emptying”, what is the step right after “Close the valve on the left”?"
    assert found[asks] == "Open the drain slowly."


def test_a_step_of_several_sentences_is_not_followed_by_the_next() -> None:
    body = "1. Close the valve. Wait for the lamp.\n2. Open the drain slowly.\n3. Rinse the tank.\n"
    assert not [one for one in of(body) if "Close the valve" in one.question]


def test_a_list_answers_what_introduces_it() -> None:
    body = "An application must contain:\n\n- a name;\n- an address; and\n- a plan.\n"
    (one,) = of(body, "Applications")
    assert (one.question, one.answer) == (
        "What must an application contain?",
        "A name, an address and a plan.",
    )


def test_items_in_letters_are_a_list() -> None:
    body = "A trader must —\n(a) keep a passage free;\n(b) mark all prices.\n"
    (one,) = of(body, "Traders")
    assert one.answer == "Keep a passage free and mark all prices."


def test_a_heading_that_asks_is_the_question() -> None:
    (one,) = of("Yes. Bring the receipt.", "Can I return a lamp?")
    assert (one.kind, one.question, one.answer) == (
        "faq",
        "Can I return a lamp?",
        "Yes. Bring the receipt.",
    )
    assert of("You pay a fee then.", "And if it is late?") == []


def test_a_heading_is_never_turned_into_a_question() -> None:
    assert of("Returns and refunds", "Returns and refunds") == []


def test_what_does_not_say_what_it_is_about_says_where_it_stands() -> None:
    (one,) = of("The form must be signed within two days.", "Adopting a tree")
    assert one.question == "Within what time must the form be signed (“Adopting a tree”)?"


def test_what_the_next_sentence_takes_back_is_not_asked() -> None:
    assert of("Lamps may be returned. However, bulbs may not.") == []


@pytest.mark.parametrize("folder", ["statute", "handbook", "procedure", "faq", "prices", "mixed"])
def test_of_what_is_drafted_on_a_folder_a_reader_keeps_enough(folder: str) -> None:
    """The verdicts are of a language model that saw the section alone (docs/results)."""
    lines = (HERE / "verdicts.jsonl").read_text().splitlines()
    verdicts = [one for one in map(json.loads, lines) if one["folder"] == folder]
    kept = {_words(one["question"], one["answer"]): one["kept"] for one in verdicts}
    sections = [
        section
        for document in read_source(HERE / "folders" / folder).documents
        for section in document.sections
    ]
    asked = {one.id: some for one, some in zip(sections, asked_by_rules(sections), strict=True)}
    asks = {
        f"{DRAFT_ID}{fingerprint([id_, one.question, one.answer])[:8]}": one.question
        for id_, some in asked.items()
        for one in some
    }
    drafts = drafts_of(asked, sections, DraftPlan(limit=1000, unanswerable=0))
    judged = [kept[key] for one in drafts if (key := _words(asks[one.id], one.answer)) in kept]
    assert len(judged) >= 0.9 * len(verdicts)
    assert sum(judged) >= KEPT[folder] * len(judged)
    if folder not in SAMPLED:
        assert len(judged) >= 0.9 * len(drafts)


def _words(question: str, answer: str | None) -> tuple[str, str]:
    """A draft without what its question has of its section's heading."""
    return re.sub(r" \(“[^”]*”\)\?$", "?", question), answer or ""
