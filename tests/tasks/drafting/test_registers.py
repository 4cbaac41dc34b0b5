"""Drafts are asked in several registers, and stay the same questions."""

from dataclasses import replace
from pathlib import Path

import pytest

from tasks.drafting.asked import Drafted
from tasks.drafting.by_rules import asked_by_rules
from tasks.drafting.choosing import DraftPlan
from tasks.drafting.draft import drafts_of
from tasks.drafting.record import DraftQuestion
from tasks.drafting.registers import in_a_register, register_of
from tasks.drafting.rules import asked_of
from tasks.importing.importer import read_source

FOLDERS = Path(__file__).parent / "folders"
REGISTERS = {"question", "chat", "instruction"}


def ways(asked: Drafted) -> set[str]:
    """All the ways it is asked."""
    return {in_a_register(asked, str(key)) for key in range(40)}


def first_of(sentence: str) -> Drafted:
    """What is asked of a sentence first."""
    return next(iter(asked_of(sentence)))


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Dogs may be taken on the bus.", "whether dogs may be taken on the bus"),
        (
            "The keeper must close the gate within two hours.",
            "within what time the keeper must close the gate",
        ),
        ("The deposit is 40 euros.", "what the deposit is"),
        ("“Berth” means a numbered stretch of quay.", "what “Berth” means"),
        ("You may park here only with a badge.", "under what condition I may park here"),
    ],
)
def test_a_question_is_asked_in_passing_and_as_an_instruction(sentence: str, told: str) -> None:
    asked = first_of(sentence)
    own = asked.question
    chat = f"Quick question: {own[0].lower()}{own[1:]}"
    assert ways(asked) == {own, chat, f"Please tell me {told}."}
    assert {register_of(one) for one in ways(asked)} == REGISTERS


def test_what_a_document_asks_itself_stays_in_its_words() -> None:
    assert ways(Drafted("faq", "Can I return a lamp?", "Yes.")) == {"Can I return a lamp?"}


def test_registers_are_spread_over_the_drafts_of_a_folder() -> None:
    drafts = _drafts("handbook", DraftPlan(limit=60))
    found = [register_of(one.question) for one in drafts]
    assert {name for name in REGISTERS if found.count(name) >= len(found) / 6} == REGISTERS


@pytest.mark.parametrize("seed", range(5))
def test_what_was_accepted_in_one_register_is_not_drafted_in_another(seed: int) -> None:
    sections = [one for doc in read_source(FOLDERS / "handbook").documents for one in doc.sections]
    again = [replace(one, id=f"copy/{place}") for place, one in enumerate(sections)]
    ours, theirs = (
        {one.id: some for one, some in zip(side, asked_by_rules(side), strict=True)}
        for side in (sections, again)
    )
    plan = DraftPlan(limit=200, unanswerable=0, seed=seed)
    accepted = drafts_of(ours, sections, plan)
    assert {register_of(one.question) for one in accepted} == REGISTERS
    assert drafts_of(theirs, again, plan, accepted) == []


def _drafts(folder: str, plan: DraftPlan) -> list[DraftQuestion]:
    sections = [one for doc in read_source(FOLDERS / folder).documents for one in doc.sections]
    asked = {one.id: some for one, some in zip(sections, asked_by_rules(sections), strict=True)}
    return drafts_of(asked, sections, plan)
