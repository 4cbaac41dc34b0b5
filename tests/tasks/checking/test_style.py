"""Unanswerable questions of another style are found, and those of the same style are not."""

from collections.abc import Sequence
from typing import Any

import pytest

from tasks.checking.findings import Folder, Numbered
from tasks.checking.style import (
    FEWEST_OF_EACH,
    FUNCTION_WORDS,
    HIGHEST,
    features,
    style_findings,
    style_of,
)
from tasks.policyqa.questions import Question

THINGS = ("hive", "kite", "well", "barn", "mill", "pond", "oven", "cart", "gate", "roof")
TOWNS = [f"town-{number}" for number in range(12)]
ASKED = (
    "What must a keeper of a {} pay?",
    "Our club has a {}. May we keep it there?",
    "How long does the permit of a {} last?",
)
"""Of either sort: who reads them cannot tell."""
TOLD = "Who has so far, actually, been fined for a {}?"


def question(number: int, text: str, answerable: bool, **fields: Any) -> Question:
    """A question about one of the things, of one of the towns."""
    return Question(
        id=f"q{number}",
        split="test",
        framework=fields.pop("framework", TOWNS[number % len(TOWNS)]),
        question=text.format(THINGS[number % len(THINGS)]),
        answer="It is so.",
        answerable=answerable,
        **fields,
    )


def a_set(unanswerable: int, answerable: int, told: Sequence[str], **fields: Any) -> list[Question]:
    """Answerable questions of the usual forms, and unanswerable ones of the forms of ``told``."""
    known = [question(n, ASKED[n % len(ASKED)], True, **fields) for n in range(answerable)]
    numbers = range(answerable, answerable + unanswerable)
    return known + [question(n, told[n % len(told)], False, **fields) for n in numbers]


def found(questions: Sequence[Question]) -> list[str]:
    """The messages of what is found, all of which are of the file."""
    numbered = [Numbered(line, one) for line, one in enumerate(questions, start=1)]
    findings = list(style_findings(Folder({}, numbered)))
    assert {(one.check, one.place) for one in findings} <= {("style", "questions.jsonl")}
    return [one.message for one in findings]


def test_a_style_of_their_own_gives_unanswerable_questions_away() -> None:
    (message,) = found(a_set(60, 240, [*ASKED, TOLD, TOLD, TOLD]))
    assert "the 60 unanswerable questions from the 240 answerable ones" in message
    assert "'far' 50% and 0%" in message
    assert "'actually' 50% and 0%" in message


def test_the_same_style_passes_and_scores_near_chance() -> None:
    questions = a_set(60, 240, ASKED)
    assert found(questions) == []
    style = style_of(questions)
    assert style is not None
    assert 0.35 < style.auc < HIGHEST


def test_length_alone_gives_them_away() -> None:
    long = "What must a keeper of a {} pay" + " yellow" * 20 + "?"
    (message,) = found(a_set(60, 240, [long]))
    assert "28 words 100% and 0%" in message


def test_subjects_give_nothing_away() -> None:
    # Words of the matter are no style: only these differ.
    told = [text.replace("keeper", "brewer").replace("permit", "brewery") for text in ASKED]
    assert found(a_set(60, 240, told)) == []


def test_what_is_told_by_one_document_alone_is_no_style() -> None:
    # Each town's unanswerable questions have a word of their own, which no other town teaches.
    words = sorted(FUNCTION_WORDS)[::20]
    numbers = range(240, 300)
    told = [
        question(n, ASKED[n % len(ASKED)].replace("?", f" {words[n % len(TOWNS)]}?"), False)
        for n in numbers
    ]
    known = [
        question(n, ASKED[n % len(ASKED)].replace("?", f" {words[(n + 1) % len(TOWNS)]}?"), True)
        for n in range(240)
    ]
    assert found([*known, *told]) == []


@pytest.mark.parametrize("counts", [(FEWEST_OF_EACH - 1, 200), (200, FEWEST_OF_EACH - 1), (0, 300)])
def test_nothing_is_said_of_too_few(counts: tuple[int, int]) -> None:
    assert style_of(a_set(*counts, [TOLD])) is None
    assert found(a_set(*counts, [TOLD])) == []


@pytest.mark.parametrize("framework", ["", "town-1"])
def test_questions_of_no_document_or_of_one_are_judged_one_by_one(framework: str) -> None:
    assert len(found(a_set(FEWEST_OF_EACH, FEWEST_OF_EACH, [TOLD], framework=framework))) == 1


def test_a_false_premise_is_answerable() -> None:
    changes = {"kind": "false-premise", "answerable": True}
    questions = [one.model_copy(update=changes) for one in a_set(60, 240, [TOLD])]
    assert style_of(questions) is None


def test_another_language_is_judged_by_signs_and_length() -> None:
    asked = ["Wie lange gilt ein Bescheid?", "Unser Verein hat Bienen. Geht das?"]
    questions = a_set(60, 240, ["Wer wurde, bisher, deswegen bestraft?"])
    german = [
        one.model_copy(update={"question": asked[n % 2]}) if one.answerable else one
        for n, one in enumerate(questions)
    ]
    (message,) = found(german)
    assert "the sign , 100% and 0%" in message


def test_the_same_set_has_the_same_figures() -> None:
    questions = a_set(60, 240, [*ASKED, TOLD])
    assert style_of(questions) == style_of(list(questions))


def test_words_are_read_in_any_case_and_signs_where_they_stand() -> None:
    names, seen = features(["Who's the WELL for?", "a (red) barn"])
    has = [{name for name, at in zip(names, row, strict=True) if at} for row in seen]
    assert has[0] >= {"'who'", "'s'", "'the'", "'well'", "'for'", "the sign ?", "the sign '"}
    assert has[1] >= {"'a'", "the sign (", "the sign )"}
    assert has[0] & has[1] == set()
