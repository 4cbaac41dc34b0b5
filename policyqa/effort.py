"""
Roughly how long the parts of a run take: seconds of SmolLM2-135M on two CPU cores.

Progress bars and the preview of a run read it; nothing is decided by it.
"""

from finetune.embedder import EmbedderRecipe
from harness.models import catalogue
from harness.models.failures import load_explained
from harness.variants import Variant
from policyqa.plan import Plan

SECTION_TOKENS = 216
"""Of a section of the policy set, on average."""
SCORING = 0.05
"""Of one answer."""
EMBEDDING = 0.03
"""Of one section."""
EVALUATING = 2.0
"""Of what lm-eval does for a variant beside asking it."""
LOADING = 8.0
"""Of one base."""
REFERENCE = 148e6
"""Parameters of that model, counted as ``relative_size`` does."""


def training_effort(plan: Plan, name: str) -> float:
    """Of the training of a model, by its label."""
    recipe = plan.recipes[name]
    each = 2.6 if recipe.asked.shows_context else 0.5
    count = len(plan.train)
    return each * recipe.epochs * min(count, recipe.limit or count)


def embedder_effort(recipe: EmbedderRecipe, questions: int) -> float:
    """Of the training of an embedder on so many questions."""
    return 0.4 * recipe.epochs * questions


def asking_effort(plan: Plan, variant: Variant) -> float:
    """Of all answers of a variant, with their scores."""
    answer = 0.0 if variant.model.kind in ("floor", "answers") else answer_effort(variant)
    return (answer + SCORING) * len(plan.asked) * len(variant.replicates)


def answer_effort(variant: Variant) -> float:
    """Of one answer."""
    context = variant.context
    shown = 0 if context.source == "none" else min(context.budget, SECTION_TOKENS * context.k)
    alone = 0.6 * variant.decoding.max_tokens / 96 + 0.9 * shown / 400
    return alone * variant.decoding.beams


def relative_size(model: str) -> float:
    """How many times as large a model is, by its configuration, which must be here."""
    from transformers import AutoConfig

    with load_explained("configuration", model):
        config = AutoConfig.from_pretrained(catalogue.resolve(model)).get_text_config()
        width = config.hidden_size
        parameters = 12 * config.num_hidden_layers * width**2 + config.vocab_size * width
    return float(parameters) / REFERENCE
