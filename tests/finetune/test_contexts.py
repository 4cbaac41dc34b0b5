"""What context-enhanced training shows: evidence buried or withheld, as the recipe says."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from finetune.contexts import ABSTENTION, AnsweredContext, shown_as_asked, shown_in_training
from finetune.recipe import Recipe
from harness.metrics import abstains
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.questions import Question, load_questions


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{"name": "r", "weights": "sft-rag", "prompt": "rag", **changes})


@pytest.fixture
def retriever(data: Path) -> Retriever:
    return Retriever(load_corpus(data), k=3)


@pytest.fixture
def questions(data: Path) -> list[Question]:
    return load_questions(data, [section.id for section in load_corpus(data)])


def places(questions: list[Question], shown: list[AnsweredContext]) -> Counter[int | None]:
    """At which place of its context each question's evidence stands; None if nowhere."""
    return Counter(
        one.context.ids.index(question.evidence[0])
        if question.evidence[0] in one.context.ids
        else None
        for question, one in zip(questions, shown, strict=True)
    )


def test_without_shares_training_shows_what_the_tasks_show(
    questions: list[Question], retriever: Retriever
) -> None:
    shown = shown_in_training(questions, retriever, recipe())
    asked = retriever.contexts([question.question for question in questions])
    assert [one.context.text for one in shown] == [context.text for context in asked]
    assert [one.answer for one in shown] == [question.reference for question in questions]


def test_withheld_evidence_is_shown_nowhere_and_the_answer_abstains(
    questions: list[Question], retriever: Retriever
) -> None:
    shown = shown_in_training(questions, retriever, recipe(withheld=0.99))
    kept = [(q, one) for q, one in zip(questions, shown, strict=True) if one.kind == "withheld"]
    assert len(kept) >= 0.9 * len(questions)
    assert places([q for q, _ in kept], [one for _, one in kept]) == {None: len(kept)}
    assert {one.answer for _, one in kept} == {ABSTENTION}
    assert all(len(one.context.ids) == 3 for _, one in kept)
    assert abstains(ABSTENTION)


def test_buried_evidence_is_shown_in_any_place_among_three(
    questions: list[Question], retriever: Retriever
) -> None:
    shown = shown_in_training(questions, retriever, recipe(buried=0.99))
    buried = [one.kind == "buried" for one in shown]
    assert sum(buried) >= 0.9 * len(questions)
    where = places(
        [q for q, is_in in zip(questions, buried, strict=True) if is_in],
        [one for one in shown if one.kind == "buried"],
    )
    assert set(where) == {0, 1, 2}
    assert [one.answer for one in shown] == [question.reference for question in questions]


def test_evidence_that_would_not_fit_behind_distractors_stands_first(
    questions: list[Question], data: Path
) -> None:
    tight = Retriever(load_corpus(data), k=3, budget=40)  # Holds one section.
    shown = shown_in_training(questions, tight, recipe(buried=0.99))
    assert {len(one.context.ids) for one in shown} == {1}
    assert places(
        [q for q, one in zip(questions, shown, strict=True) if one.kind == "buried"],
        [one for one in shown if one.kind == "buried"],
    ).keys() == {0}


def test_unanswerable_questions_keep_their_own_answer_and_context(
    questions: list[Question], retriever: Retriever
) -> None:
    nowhere = [
        question.model_copy(update={"answerable": False, "evidence": []}) for question in questions
    ]
    shown = shown_in_training(nowhere, retriever, recipe(withheld=0.5, buried=0.49))
    asked = shown_as_asked(nowhere, retriever, recipe())
    assert [one.context.text for one in shown] == [one.context.text for one in asked]
    assert [one.answer for one in shown] == [one.answer for one in asked]


def test_the_draw_depends_on_the_seed_alone(
    questions: list[Question], retriever: Retriever
) -> None:
    def drawn(seed: int) -> list[AnsweredContext]:
        return shown_in_training(questions, retriever, recipe(withheld=0.3, buried=0.3, seed=seed))

    assert drawn(1) == drawn(1)
    assert [one.kind for one in drawn(1)] != [one.kind for one in drawn(2)]
