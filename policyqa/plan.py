"""
A suite with everything it names read and checked, before any long work.

What is trained and answered is found by content: a checkpoint, an answer or a score whose
determinants are those of finished work is that work.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from finetune.checkpoint import Checkpoint, determinants, kept_at, load_checkpoint
from finetune.fitting import fitted
from finetune.recipe import Recipe, recipe_for
from harness.metrics import Metric, check, make_metrics
from harness.models import catalogue
from harness.models.adapter import RECORD
from harness.variants import Context, Model, Variant
from policyqa.suite import ContextRow, Suite
from rag.corpus import load_corpus
from rag.retriever import Retriever
from reports.comparison import published
from tasks.policyqa.contexts import retriever_for
from tasks.policyqa.questions import (
    Question,
    draw,
    in_split,
    load_questions,
    with_reference,
)


@dataclass(frozen=True)
class Plan:
    """A suite, and what it names."""

    suite: Suite
    questions: list[Question]
    """Of all splits."""
    split: list[Question]
    """Of the suite's split."""
    asked: list[Question]
    """Of those, the ones drawn."""
    metrics: list[Metric]
    retrievers: dict[Context, Retriever]
    """Of every context that is not none."""
    training: Retriever
    """With the suite's own k and budget, which training uses whatever the variants set."""
    recipes: dict[str, Recipe]
    """Of each row of models that is trained, as this machine can carry it out."""
    replaced: list[str]
    """What of the recipes it cannot, a line each."""

    def checkpoint_determinants(self, model: str) -> dict[str, Any]:
        """All that determines the checkpoint of that row of models, as JSON."""
        return determinants(self.recipes[model], self.questions, self.training)

    def checkpoint_folder(self, model: str) -> Path:
        """Where the checkpoint of that row is kept once it is finished."""
        return kept_at(self.recipes[model], self.checkpoint_determinants(model))

    @property
    def untrained(self) -> list[str]:
        """The rows of models whose checkpoints are not finished."""
        return [
            name for name in self.recipes if not (self.checkpoint_folder(name) / RECORD).is_file()
        ]

    def checkpoint(self, model: str) -> Checkpoint:
        """The finished checkpoint of that row.

        Raises:
            ModelError: its weights are not those its record names.
        """
        return load_checkpoint(self.checkpoint_folder(model))

    def trained(self, variant: Variant) -> Variant:
        """The variant, with the adapter that its recipe trained; it must be finished."""
        return replace(variant, model=self._trained(variant.model))

    def _trained(self, model: Model) -> Model:
        return replace(model, adapter=self.checkpoint(model.name).folder) if model.recipe else model


def make_plan(suite: Suite) -> Plan:
    """Read and check everything the suite names.

    Raises:
        BenchError: a file is missing or breaks its contract, the encoder cannot be used, or a model
            is under terms that nobody has accepted.
    """
    catalogue.check_terms(suite.model_names)  # Before any other model is fetched.
    published(suite.published, ())  # A row that is not there is refused now.
    sections = load_corpus(suite.data)
    questions = load_questions(suite.data, [section.id for section in sections])
    split = with_reference(in_split(questions, suite.split))
    recipes, replaced = _recipes(suite)
    if recipes:
        with_reference(in_split(questions, "train"))
        with_reference(in_split(questions, "validation"))
    metrics = make_metrics(suite.metrics, suite.encoder, suite.encoder_layer)
    check(metrics)
    contexts = {one.context for one in suite.resolved if one.context.source != "none"}
    return Plan(
        suite=suite,
        questions=questions,
        split=split,
        asked=[split[place] for place in draw(len(split), suite.limit, suite.seed)],
        metrics=metrics,
        retrievers={context: retriever_for(context, sections) for context in contexts},
        training=retriever_for(suite.context("retrieved", ContextRow()), sections),
        recipes=recipes,
        replaced=replaced,
    )


def _recipes(suite: Suite) -> tuple[dict[str, Recipe], list[str]]:
    """The recipe of every row of models that needs one, as this machine can carry it out."""
    models = {one.model.name: one.model for one in suite.resolved if one.model.recipe}
    named = {name: recipe_for(one.base, str(one.recipe)) for name, one in models.items()}
    fits = {name: fitted(recipe) for name, recipe in named.items()}
    recipes = {name: recipe for name, (recipe, _) in fits.items()}
    return recipes, [line for _, lines in fits.values() for line in lines]
