"""
The contexts and answers of context-enhanced training.

They come from the retriever of the evaluation. A share of the questions is shown its evidence
among distractors, another share is not shown it and answered with ``ABSTENTION``; RAFT
(arXiv:2403.10131) mixes contexts alike, but has what is withheld answered from memory, which a
policy assistant must not do. Questions that no section answers are answered as the set answers
them, over what was retrieved.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from finetune.recipe import Recipe
from harness.variants import Source
from rag.retriever import Excerpt, Retriever
from tasks.policyqa.contexts import distractors, excerpts_of
from tasks.policyqa.questions import Question

ABSTENTION = "The sections provided do not answer this question."
"""What is answered where the evidence is withheld."""


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
        retriever: the evaluation's; its ``k`` and ``budget`` hold for every context.
        recipe: its shares ``withheld`` and ``buried``.
    """
    asked = shown_as_asked(questions, retriever, recipe)
    if not recipe.withheld + recipe.buried:
        return asked
    rng = random.Random(recipe.seed)  # noqa: S311
    found = distractors(questions, retriever)
    shown = []
    for question, as_asked, others in zip(questions, asked, found, strict=True):
        place, drawn = rng.random(), rng.random()
        if not question.evidence or drawn >= recipe.withheld + recipe.buried:
            shown.append(as_asked)
        elif drawn < recipe.withheld:
            unanswering = retriever.given(others[: retriever.k])
            shown.append(AnsweredContext(unanswering, ABSTENTION, "withheld"))
        else:
            buried = _among(question.evidence, others, place, retriever)
            shown.append(AnsweredContext(buried, question.reference, "buried"))
    return shown


def _among(evidence: list[str], found: list[str], place: float, retriever: Retriever) -> Excerpt:
    """A context of ``retriever.k`` sections with the evidence at ``place`` (0 first, 1 last).

    Evidence that would not fit into the budget there stands first, where it does.
    """
    others = found[: max(0, retriever.k - len(evidence))]
    before = round(place * len(others))
    context = retriever.given([*others[:before], *evidence, *others[before:]])
    if set(evidence) <= set(context.ids):
        return context
    return retriever.given([*evidence, *others])
