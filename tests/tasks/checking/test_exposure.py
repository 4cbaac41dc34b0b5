"""What of scored questions was met in training, one way at a time."""

from typing import Any

import pytest

from rag.embedder import Embedder
from tasks.checking.exposure import met_in_training, same_sections
from tasks.policyqa.questions import Question
from tests.embedding import Blind

ASKED = "How far from a public road must the keeper of a hive place it?"
ANSWER = "A hive stands at least 40 metres away from any public road, says Rule 1 of the act."


def question(id_: str, text: str, answer: str | None, **more: Any) -> Question:
    return Question.model_validate(
        {"id": id_, "split": "test", "question": text, "answer": answer, **more}
    )


SCORED = [
    question("hive", ASKED, ANSWER),
    question("kite", "How long may the string of a kite be?", "60 metres, by Rule 2."),
]


def met(*trained: Question, scored: list[Question] = SCORED) -> dict[str, str]:
    found = met_in_training(scored, list(trained), Blind())
    return {id_: one.measure for id_, one in found.items()}


@pytest.mark.parametrize(
    ("asked", "answer", "measure"),
    [
        (ASKED, "Ask at the town hall.", "exact"),
        (ASKED.upper().replace("?", " !"), None, "exact"),
        (ASKED.replace("public", "private"), "Ask at the town hall.", "letters"),
        (ASKED.replace("public road", "road of 1st order"), ANSWER, "letters"),
        ("Where to put it?", ANSWER.replace("any", "every"), "answer"),
        ("Where to put it?", ANSWER.replace("40", "60"), None),
        ("How far from a private lake may the owner of a boat moor it?", "Rule 3 says it.", None),
    ],
)
def test_a_copy_is_told_by_its_letters(asked: str, answer: str | None, measure: str | None) -> None:
    found = met(question("x", asked, answer))
    assert found == ({"hive": measure} if measure else {})


def test_an_edited_number_is_a_copy_where_the_answer_is_the_same() -> None:
    under = "What must a keeper of bees do under Article {}?"
    scored = [
        question(
            "s", under.format(12), "Keep a book of all the hives there and show it to all who ask."
        )
    ]
    same = question(
        "t", under.format(13), "Keep a book of all the hives there, and show it to any who ask."
    )
    other = question("t", under.format(13), "Pay EUR 5 for every hive in the first week of May.")
    short = question("t", under.format(13), "Yes.")
    assert met(same, scored=scored) == {"s": "letters"}
    assert met(other, scored=scored) == met(short, scored=scored) == {}


def test_a_general_question_asked_of_another_document_or_provision_is_no_copy() -> None:
    text = "For what purpose do you use my data?"
    of_shop = {"framework": "shop", "evidence": ["shop/p-1"], "citations": ["Part 1"]}
    answer = "To send what you have ordered to the address you gave us."
    scored = [question("s", text, answer, **of_shop)]
    bank = of_shop | {"framework": "bank", "evidence": ["bank/p-1"]}
    assert met(question("t", text, "To prevent fraud.", **bank), scored=scored) == {}
    again = question("t", text, answer.replace(" to the", ", to the"), **bank)
    assert met(again, scored=scored) == {"s": "exact"}  # The document, imported twice.
    elsewhere = question("t", "Why is my house address stored?", answer, **bank)
    assert met(elsewhere, scored=scored) == {}
    part_2 = of_shop | {"citations": ["Part 2"]}
    assert met(question("t", text, "To prevent fraud.", **part_2), scored=scored) == {}
    assert met(question("t", text, "To prevent fraud.", **of_shop), scored=scored) == {"s": "exact"}


def test_a_stock_answer_says_nothing_of_what_it_answers() -> None:
    stock = "Our policy does not say anything about this; please ask the office."
    asked = ("Who paints the kites?", "Is honey taxed?", "May wells be sold?")
    trained = [question(f"t{n}", text, stock) for n, text in enumerate(asked)]
    scored = [question("s", "How deep must a well be dug?", stock)]
    assert met(*trained, scored=scored) == {}
    assert met(trained[0], scored=scored) == {"s": "answer"}


def test_what_nothing_answers_is_not_met_by_being_told_so() -> None:
    told = {"answer": None, "answerable": False}
    scored = [question("s", "Who paints the kites of the town hall, and why?", **told)]
    assert met(question("t", "Is honey taxed at fairs?", **told), scored=scored) == {}
    assert met(question("t", "Who paints kites of the town hall, and why?", **told), scored=scored)


@pytest.mark.usefixtures("minilm")
def test_twins_are_met_by_one_paraphrase_and_copies_do_not_hide_each_other() -> None:
    twin = question("twin", ASKED.replace("place it", "put it"), ANSWER)
    scored = [*SCORED, twin]
    said = "Rule 1 of the act: hives are to be 40 metres or more from a public road."
    again = question("t", "What distance to traffic does my neighbour's hive need?", said)
    copies = [question(f"copy {n}", ASKED, ANSWER) for n in range(3)]
    found = met_in_training(scored, [again], Embedder())
    assert {id_: one.measure for id_, one in found.items()} == {
        "hive": "embedding",
        "twin": "embedding",
    }
    found = met_in_training(scored, [again, *copies], Embedder())
    assert (found["hive"].measure, found["hive"].trained) == ("exact", "copy 0")
    assert found["twin"].measure == "letters"
    assert "kite" not in found


def test_sections_are_the_same_by_what_they_say_and_else_by_name() -> None:
    rule = "The keeper of a hive shall place it at least 40 metres from any public road."
    scored = {"a/1": rule, "a/2": "Strings of kites measure at most 60 metres.", "a/3": None}
    renamed = {"b/7": rule.replace("any", "every"), "b/8": "A well is dug 15 metres deep."}
    assert same_sections(scored, renamed) == {"a/1": "b/7"}
    assert same_sections(scored, {"a/3": "What nobody can compare.", "a/1": None}) == {
        "a/1": "a/1",
        "a/3": "a/3",
    }
    assert same_sections(scored, {"a/2": "The name of another one, from elsewhere."}) == {}
