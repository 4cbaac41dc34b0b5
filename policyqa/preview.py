"""
A suite → what its run would fetch, train, index and ask, and about how long; nothing is done.

No language model is loaded, and nothing is fetched or kept. What is answered already is known where
all is here that prompts are made of: tokenizers, the index, trained weights.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from statistics import fmean

from finetune.embedder import load_embedder_recipe
from harness.files import cache_folder
from harness.kept import Kept
from harness.models import catalogue
from harness.models.precision import device
from harness.progress import silent
from harness.variants import Context, Variant
from policyqa.answering import Answering
from policyqa.effort import (
    EMBEDDING,
    EVALUATING,
    LOADING,
    SCORING,
    answer_effort,
    embedder_effort,
    relative_size,
    training_effort,
)
from policyqa.embedders import with_known_embedders
from policyqa.plan import Plan, make_plan
from policyqa.progress import Watch
from policyqa.scoring import requests_of
from policyqa.suite import Suite
from reports.preview import Asking, Indexing, Preview, Training
from tasks.policyqa.questions import in_split


def preview(suite: Suite, watch: Watch, ask_again: bool = False) -> Preview:
    """What a run of ``suite`` would do; arguments and errors are those of ``run_suite``."""
    suite, untrained = with_known_embedders(suite)
    fetch = [name for name in suite.model_names if not catalogue.is_here(name)]
    plan = make_plan(suite, look=not fetch)
    with watch.stage("looking up what is kept"):
        found = _Lookup(plan, watch, ask_again, fetch)
        variants = found.variants()
    named, asked = suite.resolved, {one.variant for one in variants if one.asked}
    bases = {one.model.base for one in named if one.name in asked and one.model.kind == "local"}
    return Preview(
        suite=suite.name,
        split=suite.split,
        questions=len(plan.asked),
        fetch=fetch,
        train=[
            *(_embedder_training(plan, name) for name in untrained),
            *(_training(plan, name) for name in plan.untrained),
        ],
        index=found.indexing(),
        variants=variants,
        setting_up=EVALUATING * len(named) + LOADING * len(bases),
        notes=[
            *(*plan.too_few, *plan.left_out),
            *(plan.replaced if plan.untrained else []),
        ],
    )


class _Lookup:
    """Looks up what is kept of what the variants of a plan would be asked."""

    def __init__(self, plan: Plan, watch: Watch, ask_again: bool, fetch: Sequence[str]) -> None:
        self._plan = plan
        self._watch = watch
        self._ask_again = ask_again
        self._fetch = fetch
        self._missing = {one: self._unindexed(one) for one in plan.retrievers}
        self._measured: dict[str, list[float]] = defaultdict(list)
        """Seconds of kept answers in units of their effort, by base."""

    @cached_property
    def _answering(self) -> Answering:
        return Answering(self._plan, Kept(), self._watch, self._ask_again)

    def indexing(self) -> list[Indexing]:
        """The indexes that are not whole, one an embedder."""
        missing = {one.embedder: count for one, count in self._missing.items() if count}
        return [Indexing(name, count, count * EMBEDDING) for name, count in missing.items()]

    def variants(self) -> list[Asking]:
        """Of every variant but the floors, in order."""
        asking = [one for one in self._plan.suite.resolved if not one.model.is_floor]
        # What is kept of one says how long another takes.
        counts = [(one, *self._counts(one)) for one in asking]
        return [Asking(one.name, kept, n, self._seconds(one, n)) for one, kept, n in counts]

    def _unindexed(self, context: Context) -> int:
        if context.embedder in self._fetch:
            return len(self._plan.sections)
        return self._plan.retrievers[context].index.missing()

    def _counts(self, variant: Variant) -> tuple[int, int]:
        """Answers there are, and that would be asked for."""
        every = len(self._plan.asked) * len(variant.replicates)
        if variant.model.kind == "answers":
            return every, 0
        if not self._can_be_told(variant):
            return 0, every
        replicates = [self._answering.asked(one, silent) for one in self._plan.replicates(variant)]
        seed = self._plan.suite.seed
        found = [one.lm.look_up(requests_of(one, seed)) for one in replicates]
        kept = [answer for answers, _ in found for answer in answers]
        self._measured[variant.model.base] += [
            answer.seconds / answer_effort(variant) for answer in kept if answer.seconds is not None
        ]
        return len(kept), sum(asked for _, asked in found)

    def _can_be_told(self, variant: Variant) -> bool:
        """Whether anything is kept, and all is here that makes prompts and knows who answers."""
        model, context = variant.model, variant.context
        needed = {model.tokenizer}
        if context.source != "none":
            needed |= {context.embedder, context.reranker}
        labels = {one.model.label for one in variant.replicates}
        return (
            cache_folder("kept.sqlite").is_file()  # Opened, it would be made.
            and needed.isdisjoint(self._fetch)
            and labels.isdisjoint(self._plan.untrained)
            and not (context.source in ("retrieved", "withheld") and self._missing[context])
        )

    def _seconds(self, variant: Variant, asked: int) -> float | None:
        """Of asking and scoring."""
        scoring = SCORING * len(self._plan.asked) * len(variant.replicates)
        measured = self._measured[variant.model.base]
        local = variant.model.kind == "local"
        speed = fmean(measured) if measured else _guessed(variant.model.base) if local else None
        if not asked:
            return scoring
        return None if speed is None else scoring + speed * answer_effort(variant) * asked


def _guessed(model: str) -> float | None:
    """How long a model takes, in units of the efforts; None on what they do not know, and of a
    model whose size is not known since it is not here."""
    known = device() == "cpu" and catalogue.is_here(model)
    return relative_size(model) if known else None


def _embedder_training(plan: Plan, name: str) -> Training:
    questions = sum(bool(one.evidence) for one in in_split(plan.questions, "train"))
    effort = embedder_effort(load_embedder_recipe(name), questions)
    return Training("the embedder", name, questions, effort if device() == "cpu" else None)


def _training(plan: Plan, name: str) -> Training:
    recipe, effort = plan.recipes[name], training_effort(plan, name)
    size = _guessed(recipe.model)
    return Training(name, recipe.name, len(plan.train), size and size * effort)
