"""
The contexts and answers of context-enhanced training.

They come from the retriever of the evaluation. A share of the questions is shown its evidence
among distractors, another share is not shown it and answered with ``REFUSAL``; RAFT
(arXiv:2403.10131) mixes contexts alike, but has what is withheld answered from memory, which a
policy assistant must not do. Questions that no section answers are answered as the set answers
them, over what was retrieved.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from finetune.recipe import Recipe
from harness.threshold import REFUSAL
from harness.variants import Source
from rag.context import Excerpt, reordered
from rag.retriever import Retriever
from rag.stores.store import Hit
from tasks.policyqa.contexts import distractors, excerpts_of
from tasks.policyqa.questions import Question


@dataclass(frozen=True)
class AnsweredContext:
    """What one training question is shown, and what it is answered with."""

    context: Excerpt
    answer: str
    kind: Literal["as asked", "buried", "withheld"] = "as asked"


def shown_as_asked(
    questions: Sequence[Question], retriever: Retriever, recipe: Recipe
) -> list[AnsweredContext]:
    """What the tasks would show with each of ``questions``, and its reference."""
    source: Source = "retrieved" if recipe.asked.shows_context else "none"
    contexts = excerpts_of(questions, source, retriever)
    return [AnsweredContext(c, q.reference) for q, c in zip(questions, contexts, strict=True)]


def shown_in_training(
    questions: Sequence[Question], retriever: Retriever, recipe: Recipe
) -> list[AnsweredContext]:
    """What each of ``questions`` is trained with; drawn by the recipe's seed.

    Args:
        questions: of the training split.
        retriever: the evaluation's; its ``k`` holds for every context, and its ``budget`` unless
            the recipe has several.
        recipe: its ``budgets``, and its shares ``withheld`` and ``buried``.
    """
    rng = random.Random(recipe.seed)  # noqa: S311
    drawn = [rng.random() for _ in questions]
    budgets = [rng.choice(recipe.budgets or (retriever.budget,)) for _ in questions]
    shown: dict[str, AnsweredContext] = {}
    for budget in sorted(set(budgets)):
        places = [place for place, one in enumerate(budgets) if one == budget]
        some = [questions[place] for place in places]
        made = _mixed(some, [drawn[place] for place in places], retriever.within(budget), recipe)
        shown |= {one.id: context for one, context in zip(some, made, strict=True)}
    return [shown[question.id] for question in questions]


def _mixed(
    questions: Sequence[Question], drawn: Sequence[float], retriever: Retriever, recipe: Recipe
) -> list[AnsweredContext]:
    """What is shown within one budget: as ``drawn``, a number in [0, 1) of each, has it."""
    asked = shown_as_asked(questions, retriever, recipe)
    if not recipe.withheld + recipe.buried:
        return asked
    found = distractors(questions, retriever)
    texts = [question.question for question in questions]
    unanswering = retriever.excerpts(texts, found) if recipe.withheld else []
    buried = _with_evidence(questions, found, retriever) if recipe.buried else []
    shown = []
    for i, question in enumerate(questions):
        if not question.evidence or drawn[i] >= recipe.withheld + recipe.buried:
            shown.append(asked[i])
        elif drawn[i] < recipe.withheld:
            shown.append(AnsweredContext(unanswering[i], REFUSAL, "withheld"))
        else:
            context = _shuffled(buried[i], f"{recipe.seed} {question.id}")
            shown.append(AnsweredContext(context, question.reference, "buried"))
    return shown


def _shuffled(excerpt: Excerpt, seed: str) -> Excerpt:
    places = range(len(excerpt.ids))
    return reordered(excerpt, random.Random(seed).sample(places, len(places)))  # noqa: S311


def _with_evidence(
    questions: Sequence[Question], found: Sequence[Sequence[Hit]], retriever: Retriever
) -> list[Excerpt]:
    """The context of each question, of its evidence and what else was ``found``: where sentences
    are shown, first of each section of the evidence the one nearest to the reference."""
    evidence = [
        # No worse than the best of the others.
        retriever.hits_of(question.evidence, others[0].score if others else 1.0)
        for question, others in zip(questions, found, strict=True)
    ]
    both = [[*own, *others] for own, others in zip(evidence, found, strict=True)]
    return retriever.excerpts(
        [question.question for question in questions],
        [some[: max(retriever.k, len(own))] for some, own in zip(both, evidence, strict=True)],
        retriever.answering([question.reference for question in questions], evidence),
    )
