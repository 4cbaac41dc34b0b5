"""What context-enhanced training shows: evidence buried or withheld, as the recipe says."""

from pathlib import Path
from typing import Any

import pytest

from finetune.contexts import shown_as_asked, shown_in_training
from finetune.recipe import Recipe
from harness.metrics import abstains
from harness.threshold import REFUSAL
from rag.corpus import Section, load_corpus
from rag.retriever import Retriever
from tasks.policyqa.questions import Question
from tests.finetune.training import inputs


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{"name": "r", "weights": "sft-rag", "prompt": "rag", **changes})


@pytest.fixture
def retriever(data: Path) -> Retriever:
    return Retriever(load_corpus(data), k=3)


@pytest.fixture
def questions(data: Path) -> list[Question]:
    return inputs(data)[0]


def places(
    questions: list[Question], retriever: Retriever, kind: str
) -> set[tuple[int | None, int]]:
    """Where their evidence stands among how many sections, of nearly all: those of that kind."""
    shown = shown_in_training(questions, retriever, recipe(**{kind: 0.99}))
    found = []
    for question, one in zip(questions, shown, strict=True):
        ids, evidence = one.context.ids, question.evidence[0]
        if one.kind == kind:
            found.append((ids.index(evidence) if evidence in ids else None, len(ids)))
            assert one.answer == (REFUSAL if kind == "withheld" else question.reference)
    assert len(found) >= 0.9 * len(questions)
    return set(found)


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
    assert places(questions, retriever, "withheld") == {(None, 3)}
    assert abstains(REFUSAL)


def test_buried_evidence_is_shown_in_any_place_among_three_or_first_where_it_would_not_fit(
    questions: list[Question], retriever: Retriever, data: Path
) -> None:
    assert places(questions, retriever, "buried") == {(0, 3), (1, 3), (2, 3)}
    tight = Retriever(load_corpus(data), k=3, budget=40)  # Holds one section.
    assert places(questions, tight, "buried") == {(0, 1)}


def test_of_buried_evidence_what_answers_is_shown_however_little_there_is_room_for(
    data: Path,
) -> None:
    asked = {"question": "How far from a road must hives stand?", "evidence": ["rules/s-1"]}
    near = "A road near which hives stand is a road. How far hives stand from a road is asked."
    body = f"{near} The fee is 9 crowns."
    sections = [*load_corpus(data), Section("rules/s-1", "rules", "Rules", "Fees", body)]
    answered = inputs(data)[0][0].model_copy(update={**asked, "answer": "The fee is 9 crowns."})
    retriever = Retriever(sections, k=3, budget=30)
    (plain,) = shown_as_asked([answered], retriever, recipe())
    (buried,) = shown_in_training([answered], retriever, recipe(buried=0.99))
    assert "9 crowns" not in plain.context.text
    assert buried.kind == "buried"
    assert "9 crowns" in buried.context.text
    # Evidence may be a whole document: what answers comes before what else it says.
    whole = ["rules/s-1", *(one.id for one in sections[:6])]
    for evidence in (whole, whole[::-1]):
        of_all = answered.model_copy(update={"evidence": evidence})
        (buried,) = shown_in_training([of_all], retriever, recipe(buried=0.99))
        assert "9 crowns" in buried.context.text


def test_unanswerable_questions_keep_their_own_answer_and_context(
    questions: list[Question], retriever: Retriever
) -> None:
    changes = {"answerable": False, "evidence": []}
    nowhere = [question.model_copy(update=changes) for question in questions]
    shown = shown_in_training(nowhere, retriever, recipe(withheld=0.5, buried=0.49))
    assert shown == shown_as_asked(nowhere, retriever, recipe())


def test_each_question_is_shown_one_of_the_budgets(
    questions: list[Question], retriever: Retriever
) -> None:
    texts = [question.question for question in questions]
    shown = [
        one.context for one in shown_in_training(questions, retriever, recipe(budgets=(20, 300)))
    ]
    narrow, wide = (retriever.within(budget).contexts(texts) for budget in (20, 300))
    assert narrow[0] != wide[0]
    assert retriever.within(20).budget == 20 != retriever.budget
    which = {(one == few, one == many) for one, few, many in zip(shown, narrow, wide, strict=True)}
    assert which == {(True, False), (False, True)}


def test_the_draw_depends_on_the_seed_alone(
    questions: list[Question], retriever: Retriever
) -> None:
    one, again, other = (
        shown_in_training(questions, retriever, recipe(withheld=0.3, buried=0.3, seed=seed))
        for seed in (1, 1, 2)
    )
    assert one == again
    assert [each.kind for each in one] != [each.kind for each in other]
