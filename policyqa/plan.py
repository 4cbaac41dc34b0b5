"""
A suite with everything it names read and checked, and what determines each piece of its work.

Work is found by content: a checkpoint or an arm whose determinants are those of finished work is
that work.
"""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from finetune.checkpoint import Checkpoint, determinants, kept_at, load_checkpoint
from finetune.fitting import fitted
from finetune.recipe import Recipe, load_recipe, recipe_for
from harness.files import fingerprint, hash_file, read_yaml
from harness.metrics import signature
from harness.models import catalogue
from harness.models.adapter import RECORD
from harness.runs import Arm, arm_record
from policyqa.machine import device
from policyqa.suite import Suite
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.prompts import template
from tasks.policyqa.questions import (
    Question,
    data_identity,
    draw,
    in_split,
    load_questions,
    with_reference,
)
from tasks.registration import TASKS

DETERMINING_LIBRARIES = ("torch", "transformers", "peft", "bitsandbytes", "lm_eval")
"""Whose versions can change an answer."""


@dataclass(frozen=True)
class Plan:
    """A suite with everything it names read and checked, before any long work."""

    suite: Suite
    questions: list[Question]
    indices: list[int]
    """Of the scored questions within their split."""
    retriever: Retriever
    """With the suite's k and budget, which training uses whatever the arms set."""
    recipes: dict[str, Recipe]
    """Of each trained weights, as this machine can carry it out."""
    replaced: list[str]
    """What of the recipes it cannot, a line each."""

    def checkpoint_determinants(self, weights: str) -> dict[str, Any]:
        """All that determines the checkpoint of these weights, as JSON."""
        return determinants(self.recipes[weights], self.questions, self.retriever)

    def checkpoint_folder(self, weights: str) -> Path:
        """Where the checkpoint of these weights is kept once it is finished."""
        return kept_at(self.recipes[weights], self.checkpoint_determinants(weights))

    def is_trained(self, weights: str) -> bool:
        """Whether that checkpoint is finished; the base needs none."""
        return weights == "base" or (self.checkpoint_folder(weights) / RECORD).is_file()

    def checkpoint(self, weights: str) -> Checkpoint | None:
        """The finished checkpoint of these weights; None for the base."""
        return None if weights == "base" else load_checkpoint(self.checkpoint_folder(weights))

    def arm_determinants(self, arm: Arm) -> dict[str, Any]:
        """All that determines an arm's scores, as JSON; its weights must be trained."""
        suite = self.suite
        checkpoint = self.checkpoint(arm.weights)
        asked = read_yaml(TASKS / f"{arm.task}.yaml")["metadata"]
        retriever = self.retriever.with_limits(*arm.limits(suite.k, suite.budget))
        return {
            "arm": str(arm),
            "model": catalogue.identity(suite.model),
            "adapter": checkpoint.record["adapter_sha256"] if checkpoint else None,
            "task": [asked, hash_file(TASKS / "_policyqa_base_yaml")],
            "template": template(asked["prompt"]),
            "retrieval": _retrieval(asked["context"], retriever),
            "data": data_identity(suite.data),
            "split": suite.split,
            "indices": self.indices,
            "metrics": signature(suite.encoder),
            "batch_size": suite.batch_size,
            "device": device(),
            "versions": {name: version(name) for name in DETERMINING_LIBRARIES},
        }

    def is_scored(self, arm: Arm, out: Path) -> bool:
        """Whether the run in ``out`` has this arm, scored under the same determinants."""
        record = arm_record(arm.folder(out))
        if record is None or not self.is_trained(arm.weights):
            return False
        return bool(record["key"] == fingerprint(self.arm_determinants(arm)))


def _retrieval(context: str, retriever: Retriever) -> list[str | int] | None:
    """What determines the contexts of a task of that kind."""
    if context == "none":
        return None
    return retriever.identity if context == "retrieved" else retriever.given_identity


def make_plan(suite: Suite) -> Plan:
    """Read and check everything the suite names.

    Raises:
        BenchError: a file is missing or breaks its contract.
    """
    sections = load_corpus(suite.data)
    questions = load_questions(suite.data, [section.id for section in sections])
    named = {
        weights: load_recipe(suite.recipes[weights], model=suite.model)
        if weights in suite.recipes
        else recipe_for(suite.model, weights)
        for weights in suite.trained_weights
    }
    fits = {weights: fitted(recipe) for weights, recipe in named.items()}
    if named:
        with_reference(in_split(questions, "train"))
        with_reference(in_split(questions, "validation"))
    scored = with_reference(in_split(questions, suite.split))
    return Plan(
        suite=suite,
        questions=questions,
        indices=draw(len(scored), suite.limit, suite.seed),
        retriever=Retriever.of(
            suite.data, suite.embedder, suite.reranker, k=suite.k, budget=suite.budget
        ),
        recipes={weights: recipe for weights, (recipe, _) in fits.items()},
        replaced=[line for _, lines in fits.values() for line in lines],
    )
