"""What answers for a variant: an LM that asks only for what is not kept, a file, or a floor."""

from functools import cached_property, partial

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
from harness.variants import Variant
from policyqa.plan import Plan
from policyqa.progress import Watch
from rag.embedder import Embedder
from rag.sentences import nearest_sentences
from tasks.policyqa.documents import show_told


class Answering:
    """Makes what answers for each variant of a plan."""

    def __init__(self, plan: Plan, kept: Kept, watch: Watch, ask_again: bool) -> None:
        """See ``policyqa.run.run_suite``."""
        self._plan = plan
        self._kept = kept
        self._watch = watch
        self._ask_again = ask_again
        self._loader = Loader(plan.suite.batch_size)

    def use(self, variant: Variant) -> Use:
        """Who asks for its answers."""
        suite, model = self._plan.suite, variant.model
        return Use(
            suite.name, str(suite.data.resolve()), model.name if model.is_floor else model.base
        )

    def lm(self, variant: Variant, advance: Advance) -> AnsweringLM:
        """What answers for one replicate of a variant, its adapter trained.

        Raises:
            BenchError: what it needs is not there; nothing was asked.
        """
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
        nearest = partial(nearest_sentences, Embedder(variant.context.embedder))
        return FloorLM(variant.model.base, nearest, [one.model_dump() for one in self._plan.split])
