"""
A suite with everything it names read and checked, before any long work.

What is trained and answered is found by content: a checkpoint, an answer or a score whose
determinants are those of finished work is that work.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from finetune.checkpoint import determinants, kept_at, load_checkpoint
from finetune.fitting import nearest_recipe
from finetune.recipe import Recipe, recipe_for
from harness.errors import ConfigError
from harness.metrics import Metric, check, make_metrics
from harness.models import catalogue
from harness.models.adapter import RECORD
from harness.models.answers import Given, read_answers
from harness.models.called import CalledEngine
from harness.models.served import ServedEngine
from harness.models.unloaded import Unloaded
from harness.variants import Context, Model, Variant
from policyqa.rows import ContextRow
from policyqa.suite import Suite
from rag.corpus import Section, load_sections
from rag.retriever import Retriever
from reports.claims.reading import Claim, read_claims
from reports.comparison import published
from tasks.drafting.record import unreviewed
from tasks.policyqa.contexts import retriever_for
from tasks.policyqa.enough import too_few, too_few_for_test
from tasks.policyqa.questions import (
    Question,
    draw,
    in_split,
    left_out,
    load_questions,
    with_reference,
)


@dataclass(frozen=True)
class Plan:
    """A suite, and what it names."""

    suite: Suite
    sections: list[Section]
    """Of the documents; empty where there are none."""
    questions: list[Question]
    """Of all splits."""
    split: list[Question]
    """Of the suite's split, those that can be scored."""
    asked: list[Question]
    """Of those, the ones drawn."""
    metrics: list[Metric]
    retrievers: dict[Context, Retriever]
    """Of every context that is not none."""
    training: Retriever
    """With the suite's own k and budget, which training uses whatever the variants set."""
    recipes: dict[str, Recipe]
    """Of each model that is trained, by its label, as this machine can carry it out."""
    replaced: list[str]
    """What of the recipes it cannot, a line each."""
    given: dict[str, dict[str, Given]]
    """What assistants have answered, by file and question id."""
    claims: list[Claim]
    """That the run is held to."""
    left_out: list[str]
    """Questions that are neither scored nor trained on, and drafts that nobody reviewed; lines."""

    def checkpoint_determinants(self, model: str) -> dict[str, Any]:
        """All that determines the checkpoint of the model of that label, as JSON."""
        return determinants(self.recipes[model], self.questions, self.training)

    def checkpoint_folder(self, model: str) -> Path:
        """Where the checkpoint of that model is kept once it is finished."""
        return kept_at(self.recipes[model], self.checkpoint_determinants(model))

    @property
    def too_few(self) -> list[str]:
        """A line that what is asked decides nothing, where it is so."""
        if len(self.asked) < len(self.split):
            return too_few(self.asked, self.suite.split, "a larger limit asks more")
        if self.suite.trains or self.suite.split != "test":
            return too_few(self.asked, self.suite.split)
        return too_few_for_test(self.questions)

    @property
    def train(self) -> list[Question]:
        """What shots are drawn from."""
        return with_reference(in_split(self.questions, "train"))

    @property
    def untrained(self) -> list[str]:
        """The labels of models whose checkpoints are not finished."""
        return [
            name for name in self.recipes if not (self.checkpoint_folder(name) / RECORD).is_file()
        ]

    def replicates(self, variant: Variant) -> list[Variant]:
        """Its replicates, with the adapters that its recipe trained; they must be finished.

        Raises:
            ModelError: the weights of one are not those its record names.
        """
        return [replace(one, model=self._trained(one.model)) for one in variant.replicates]

    def _trained(self, model: Model) -> Model:
        if not model.recipe:
            return model
        return replace(model, adapter=load_checkpoint(self.checkpoint_folder(model.label)).folder)


def make_plan(suite: Suite, look: bool = True) -> Plan:
    """Read and check everything the suite names.

    Args:
        suite: what to do.
        look: whether models are looked at too, which fetches what is not here.

    Raises:
        BenchError: a file is missing or breaks its contract, the encoder cannot be used, or a model
            is under terms that nobody has accepted.
    """
    catalogue.check_terms(suite.model_names)  # Before any other model is fetched.
    published(suite.published, ())  # A row that is not there is refused now.
    sections = load_sections(suite.data)
    recipes, replaced = _recipes(suite)
    questions = load_questions(suite.data, [section.id for section in sections])
    _check_documents(suite, recipes.values())
    split = with_reference(in_split(questions, suite.split))
    trained = ("train", "validation") if recipes else ()
    for name in trained:
        with_reference(in_split(questions, name))
    metrics = make_metrics(suite.metrics, suite.encoder, suite.encoder_layer)
    if look:
        check(metrics)
    _check_answering(suite, questions, look)
    contexts = {one.context for one in suite.resolved if one.context.source != "none"}
    texts = {question.id: question.question for question in questions}
    files = {one.model.base for one in suite.resolved if one.model.kind == "answers"}
    return Plan(
        suite=suite,
        sections=sections,
        questions=questions,
        split=split,
        asked=[split[place] for place in draw(len(split), suite.limit, suite.seed)],
        metrics=metrics,
        retrievers={context: retriever_for(context, sections) for context in contexts},
        training=retriever_for(suite.context("retrieved", ContextRow()), sections),
        recipes=recipes,
        replaced=replaced,
        claims=read_claims(suite.claims) if suite.claims else [],
        given={file: read_answers(Path(file), texts) for file in files},
        left_out=[*left_out(questions, suite.split, *trained), *unreviewed(suite.data)],
    )


def _check_documents(suite: Suite, recipes: Iterable[Recipe]) -> None:
    """Refuse variants and recipes that show documents where there are none."""
    if suite.has_documents:
        return
    showing = [one.name for one in suite.resolved if one.context.source != "none"]
    showing += [f"recipe {one.name}" for one in recipes if one.asked.shows_context]
    if showing:
        raise ConfigError(
            f"{showing[0]} shows sections of documents, and {suite.data} has none: put them into "
            f"{suite.data / 'corpus'} (policyqa data import), or leave it out"
        )


def _check_answering(suite: Suite, questions: list[Question], look: bool) -> None:
    """Look, before any long work, at what can be known of who answers.

    Raises:
        ModelError: a chat with a model that cannot.
        ConfigError: a function or an engine that cannot be used, or shots without questions.
    """
    for variant in suite.resolved:
        model, prompt = variant.model, variant.prompt
        if prompt.shots:
            with_reference(in_split(questions, "train"))
        if model.kind == "call":
            CalledEngine(variant)
        if look and model.kind == "served":
            _check_served(variant)
        if look and prompt.chat and model.tokenizer:
            Unloaded(model.tokenizer, model.options).refuse_chat(prompt.system)


def _check_served(variant: Variant) -> None:
    """A server of chats takes chats alone, and one of completions has them rendered here."""
    chats = ServedEngine(variant.model).takes_chats
    if chats and not variant.prompt.chat:
        raise ConfigError(
            f"{variant.name}: {variant.model.engine} takes chats alone; name a prompt with "
            "chat: true, as chat"
        )
    if variant.prompt.chat and not chats and not variant.model.tokenizer:
        raise ConfigError(
            f"{variant.name}: {variant.model.engine} takes text, and the chat is rendered here: "
            "name the model whose tokenizer does so in the row's options, as tokenizer: OWNER/NAME"
        )


def _recipes(suite: Suite) -> tuple[dict[str, Recipe], list[str]]:
    """The recipe of every row of models that needs one, as this machine can carry it out."""
    models = {
        one.model.label: one.model
        for variant in suite.resolved
        for one in variant.replicates
        if one.model.recipe
    }
    fits = {label: nearest_recipe(_recipe(model)) for label, model in models.items()}
    recipes = {label: recipe for label, (recipe, _) in fits.items()}
    return recipes, list(dict.fromkeys(line for _, lines in fits.values() for line in lines))


def _recipe(model: Model) -> Recipe:
    """The recipe of a model, with the seed it is trained by."""
    found = recipe_for(model.base, str(model.recipe))
    return found.model_copy(update={"seed": model.seeds[0]}) if model.seeds else found
