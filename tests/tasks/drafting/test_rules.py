"""Rules ask what a sentence says, and nothing where they are not sure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.drafting.clauses import clause_of, stands_alone
from tasks.drafting.rules import asked_of
from tasks.drafting.wording import lowered, names_of, spelt_out, turned


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "The berth must be vacated within four weeks.",
            "Within what time must the berth be vacated?",
            "Within four weeks.",
        ),
        (
            "Batch sheets are kept for five years.",
            "For how long are batch sheets kept?",
            "For five years.",
        ),
        (
            "Employees must inform the office at least one hour before the shift.",
            "How long before the shift must employees inform the office?",
            "At least one hour before the shift.",
        ),
        (
            "Leave carried over must be used by 31 March.",
            "By when must leave carried over be used?",
            "By 31 March.",
        ),
        (
            "Filters must be changed every two months.",
            "How often must filters be changed?",
            "Every two months.",
        ),
        (
            "A hive must stand at least 40 metres from a road.",
            "How many metres must a hive stand from a road?",
            "At least 40 metres.",
        ),
        (
            "Notice is valid only if given on paper.",
            "Under what condition is notice valid?",
            "Only if given on paper.",
        ),
        (
            "A market must not be held on a trunk road unless the council has agreed.",
            "May a market be held on a trunk road?",
            "No, unless the council has agreed.",
        ),
        (
            "If a permit lapses, the holder must return the badge.",
            "What must the holder do if a permit lapses?",
            "Return the badge.",
        ),
        (
            "The duty supervisor must keep the log under lock and key.",
            "Who must keep the log under lock and key?",
            "The duty supervisor.",
        ),
        ("No vessel may be sublet.", "May any vessel be sublet?", "No."),
        ("Loudspeakers must not be used.", "May loudspeakers be used?", "No."),
        ("You may bring up to two pets.", "May I bring up to two pets?", "Yes."),
        (
            "We will refund your fee within ten days.",
            "Within what time will you refund my fee?",
            "Within ten days.",
        ),
        (
            "Upload receipts within 60 days.",
            "Within what time must I upload receipts?",
            "Within 60 days.",
        ),
        (
            "(2) “Berth” means a numbered stretch of quay.",
            "What does “Berth” mean?",
            "A numbered stretch of quay.",
        ),
        ("Day tickets cost 18 crowns.", "How much do day tickets cost?", "18 crowns."),
        ("The deposit is €40 a key.", "What is the deposit?", "€40 a key."),
        ("An annual licence lasts for twelve months.", "How long does an annual licence last?",
         "For twelve months."),
        ("Fees fall due on 31 January.", "When do fees fall due?", "On 31 January."),
        (
            "Employees are entitled to 25 days of leave.",
            "Are employees entitled to 25 days of leave?",
            "Yes.",
        ),
    ],
)  # fmt: skip
def test_a_sentence_is_asked_for_what_it_says(sentence: str, question: str, answer: str) -> None:
    assert (question, answer) in [(one.question, one.answer) for one in asked_of(sentence)]


@pytest.mark.parametrize(
    "sentence",
    [
        "It must be returned within ten days.",  # What?
        "This must not be done.",
        "They may appeal.",
        "The holder must do so at once.",
        "If you have not, you will receive statutory sick pay.",
        "The fee is payable under paragraph 3.",
        "The Clerk shall issue: a badge.",
        "Whoever is dissatisfied may appeal.",
        "Market days.",
        "¹ Fewer than 100 copies are glued.",
        "Vessels may usually be moored here in summer.",  # Not always: no yes.
        "The number must not exceed twelve.",
        "",
    ],
)
def test_what_is_not_surely_read_is_not_asked(sentence: str) -> None:
    assert list(asked_of(sentence)) == []


def test_a_second_thing_in_a_sentence_is_not_answered_with_the_first() -> None:
    sentence = "The pool opens at 6:00 and closes at 21:00."
    assert [one.answer for one in asked_of(sentence)] == ["At 6:00."]


def test_a_time_of_several_actions_is_not_asked_for() -> None:
    """Of "removed and the Clerk told within a day" the day is of the second."""
    sentence = "The stall must be removed and the Clerk told within one day."
    assert "deadline" not in [one.kind for one in asked_of(sentence)]


@given(
    st.text(max_size=200) | st.sampled_from(["The a must be.", "If , you must go.", "No one may."])
)
def test_any_text_is_read_without_failing(text: str) -> None:
    for one in asked_of(text):
        assert one.question.endswith("?")
        assert one.question[0] == one.question[0].upper()
        assert one.answer


def test_a_clause_has_its_parts() -> None:
    clause = clause_of("If a permit lapses, the holder must not return it by post.")
    assert clause is not None
    assert (clause.condition, clause.subject, clause.modal) == (
        "if a permit lapses",
        "the holder",
        "must",
    )
    assert (clause.negated, clause.predicate) == (True, "return it by post")
    assert clause_of("The quick brown fox.") is None


def test_what_points_elsewhere_does_not_stand_alone() -> None:
    assert not stands_alone("return it")
    assert not stands_alone("the fee under subsection 2")
    assert stands_alone("lock its door", own=True)
    assert stands_alone("lock the door")


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("if you lose your badge", "if I lose my badge"),
        ("we will tell you", "you will tell me"),
        ("you are ill", "I am ill"),
        ("give us 28 days' warning", "give you 28 days' warning"),
        ("our office", "your office"),
    ],
)
def test_the_reader_asks_in_the_first_person(said: str, asked: str) -> None:
    assert turned(said) == asked


def test_names_keep_their_capital() -> None:
    names = names_of("The badge is from the Harbour Master. Badges are blue.")
    assert lowered("Harbour dues", names) == "Harbour dues"
    assert lowered("Badges are blue", names) == "badges are blue"
    assert lowered("GDPR rules") == "GDPR rules"
    assert lowered("Monday hours") == "Monday hours"


def test_short_forms_are_spelt_out() -> None:
    assert spelt_out("You can’t, won't and don't; we'll see") == (
        "You cannot, will not and do not; we will see"
    )
