"""
Roughly how long the stages of a run take, in seconds of the small model on two CPU cores.

Only the progress display reads it, to weigh one stage against another.
"""

from harness.variants import Variant
from policyqa.plan import Plan
from tasks.policyqa.questions import in_split

SECTION_TOKENS = 216
"""Of a section of the policy set, on average."""


def training_effort(plan: Plan, name: str) -> float:
    """Of training the model of that label."""
    recipe = plan.recipes[name]
    each = 2.6 if recipe.asked.shows_context else 0.5
    count = len(in_split(plan.questions, "train"))
    return each * recipe.epochs * min(count, recipe.limit or count)


def asking_effort(plan: Plan, variant: Variant) -> float:
    """Of asking a variant all its questions."""
    if variant.model.kind in ("floor", "answers"):
        return 0.05 * len(plan.asked)
    context = variant.context
    shown = 0 if context.source == "none" else min(context.budget, SECTION_TOKENS * context.k)
    return (0.6 + 0.9 * shown / 400) * len(plan.asked) * len(variant.replicates)
