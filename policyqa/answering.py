"""
What a variant is asked, and what answers: an LM that asks only for what is not kept, a file, or a
floor.
"""

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

from harness.kept import Kept, Use
from harness.models.answering import AnsweringLM, Show
from harness.models.answers import AnswersLM
from harness.models.called import CalledEngine
from harness.models.engines import Engine, LocalEngine
from harness.models.floors import FloorLM
from harness.models.keeping import KeepingLM
from harness.models.loading import Loader
from harness.models.served import ServedEngine
from harness.progress import Advance, silent
from harness.variants import Context, Variant
from policyqa.plan import Plan
from policyqa.progress import Watch
from policyqa.scoring import Asked
from rag.context import Excerpt
from tasks.policyqa.contexts import excerpts_of
from tasks.policyqa.documents import Provisions, make_documents, provisions_of, show_told
from tasks.policyqa.questions import Question, in_split


class Answering:
    """Makes what each variant of a plan is asked, and what answers for it."""

    def __init__(self, plan: Plan, kept: Kept, watch: Watch, ask_again: bool) -> None:
        """See ``policyqa.run.run_suite``."""
        self._plan = plan
        self._kept = kept
        self._watch = watch
        self._ask_again = ask_again
        self._loader = Loader(plan.suite.batch_size)
        self._found: dict[tuple[Context, tuple[str, ...]], Sequence[Excerpt]] = {}
        """Retrieved once a context and questions, by their ids."""

    def use(self, variant: Variant) -> Use:
        """Who asks for its answers."""
        suite, model = self._plan.suite, variant.model
        return Use(
            suite.name, str(suite.data.resolve()), model.name if model.is_floor else model.base
        )

    def asked(self, variant: Variant, advance: Advance) -> Asked:
        """What one replicate of a variant, its adapter trained, is asked, and by whom answered.

        Raises:
            BenchError: what it needs is not there; nothing was asked.
        """
        plan = self._plan
        return Asked(
            variant,
            self._documents(variant, plan.asked),
            lambda: self._documents(variant, plan.train),
            self._lm(variant, advance),
        )

    def _documents(self, variant: Variant, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """Questions of one split as a variant is asked them."""
        excerpts = self._excerpts(variant.context, questions)
        documents = make_documents(questions, variant.prompt, excerpts, self._named)
        # Without documents evidence is a label, and whether it is shown says nothing.
        unknown = {} if self._plan.sections else {"context_ids": None}
        return [document | unknown for document in documents]

    @cached_property
    def _named(self) -> Provisions:
        return provisions_of(self._plan.sections)

    def _excerpts(self, context: Context, questions: Sequence[Question]) -> Sequence[Excerpt]:
        if context.source == "none":
            return [Excerpt()] * len(questions)
        asked = tuple(one.id for one in questions)
        if (context, asked) not in self._found:
            among = in_split(self._plan.questions, questions[0].split)
            retriever = self._plan.retrievers[context]
            found = excerpts_of(questions, context.source, retriever, among)
            self._found[context, asked] = found
        return self._found[context, asked]

    def _lm(self, variant: Variant, advance: Advance) -> AnsweringLM:
        kind = variant.model.kind
        if kind == "floor":
            return self._floor(variant)
        if kind == "answers":
            given = self._plan.given[variant.model.base]
            return AnswersLM(given, self._show, self._watch.say)
        identity = variant.model.identity
        if variant.decoding.draw > 1:
            identity = {**identity, "draw": variant.decoding.draw}
        return KeepingLM(
            identity,
            self._engine(variant),
            self._kept,
            self.use(variant),
            advance,
            self._watch.say,
            self._ask_again and kind in ("served", "call"),
            self._show if kind == "call" and variant.context.source == "none" else silent,
        )

    @cached_property
    def _show(self) -> Show:
        return partial(show_told, sections={one.id: one for one in self._plan.sections})

    def unload(self) -> None:
        """Let go of the loaded weights: a training needs the room."""
        self._loader = Loader(self._plan.suite.batch_size)

    def _engine(self, variant: Variant) -> Engine:
        if variant.model.kind == "served":
            return ServedEngine(variant.model)
        if variant.model.kind == "call":
            return CalledEngine(variant)
        load = partial(self._loader.load, variant.model)
        return LocalEngine(variant.model, load, self._plan.suite.batch_size)

    def _floor(self, variant: Variant) -> FloorLM:
        """Another question's answer is taken from the whole split, so that it does not depend on
        how many are asked."""
        return FloorLM(variant.model.base, [one.model_dump() for one in self._plan.split])
