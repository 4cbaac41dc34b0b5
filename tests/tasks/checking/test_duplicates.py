"""Near-duplicates between splits, one way to be alike at a time."""

import pytest

from rag.embedder import Embedder
from tasks.checking.duplicates import near_duplicates
from tasks.policyqa.questions import SPLITS, Question

pytestmark = pytest.mark.usefixtures("minilm")


def question(id_: str, split: str, text: str, answer: str | None) -> Question:
    row = {"id": id_, "split": split, "framework": "f", "question": text, "answer": answer}
    return Question.model_validate(row)


def pairs(rows: list[Question]) -> list[tuple[int, int]]:
    return [(pair.first, pair.second) for pair in near_duplicates(rows, Embedder())]


def test_questions_without_answers_are_compared_too() -> None:
    rows = [
        question("a", "train", "How far from a road must a hive stand?", None),
        question("b", "test", "A hive must stand how far away from a road?", None),
        question("c", "test", "How long may the string of a kite be?", None),
        question("d", "test", "Who may dig a well?", "The owner of the land."),
    ]
    assert pairs(rows) == [(0, 1)]


def test_any_of_several_answers_may_tell_that_the_same_is_asked() -> None:
    rows = [
        question("a", "train", "How far from cars must bees live?", "Ask the office."),
        question("b", "test", "What does the neighbour with hives have to keep to?",
                 "Under Rule 1 a hive stands 40 metres from a road."),
        question("c", "test", "How long may the string of a kite be?", "60 metres, says Rule 2."),
    ]  # fmt: skip
    assert pairs(rows) == []
    further = ["60 goats.", "By Rule 1 a hive stands 40 metres from any road."]
    rows[0] = rows[0].model_copy(update={"answers": further})
    assert pairs(rows) == [(0, 1)]
    # The one that has several may as well stand second.
    assert pairs(rows[::-1]) == [(1, 2)]


def test_a_question_in_three_splits_is_found_in_each_pair() -> None:
    texts = ("How far must a hive stand off?", "How far off must hives stand?", "Hives: how far?")
    rows = [
        question(split, split, text, "A hive stands at least 40 metres from any road.")
        for split, text in zip(SPLITS, texts, strict=True)
    ]
    assert pairs(rows) == [(0, 1), (0, 2), (1, 2)]


def test_pairs_within_a_split_and_those_that_differ_in_a_number_are_none() -> None:
    rows = [question(id_, "test", "How far must a hive stand?", "40 metres.") for id_ in "ab"]
    assert pairs(rows) == []
    asked = "What must a keeper of bees do under Article 1{}?"
    rows.append(question("c", "train", asked.format(2), "Keep a book."))
    rows.append(question("d", "validation", asked.format(3), "Pay EUR 5."))
    assert pairs(rows) == []
