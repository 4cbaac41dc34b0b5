"""
A suite → a run folder: fetch, index and train what is missing, ask what is not kept yet.

Everything is found by content, so that running again does no work twice and a changed prompt,
adapter, index or setting is run again. Several processes may carry out one suite: they share the
questions between them.
"""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from harness.files import locked, read_json, write_json, write_whole
from harness.kept import Kept
from harness.models import catalogue
from harness.runs import CHART, MANIFEST, RECORD, variant_folder
from harness.variants import Variant
from policyqa.effort import asking_effort, training_effort
from policyqa.manifest import make_manifest
from policyqa.naming import FLOOR_ROW
from policyqa.plan import Plan, make_plan
from policyqa.progress import Watch
from policyqa.suite import Suite
from rag.retriever import Excerpt
from reports.chart import chart
from reports.comparison import compare_run
from reports.markdown import markdown
from tasks.policyqa.contexts import excerpts_of
from tasks.policyqa.documents import make_documents
from tasks.policyqa.questions import Question, in_split


def run_suite(suite: Suite, out: Path, watch: Watch, ask_again: bool = False) -> dict[str, Any]:
    """Carry out ``suite`` in the folder ``out`` and return its comparison.

    Args:
        suite: what to do.
        out: the run folder, which is made or gone on with.
        watch: shows the progress.
        ask_again: forgets what servers and functions answered to this before.

    Raises:
        BenchError: the suite, its data or a model is not usable; nothing long was begun.
    """
    plan = make_plan(suite)
    if suite.floors_left_out:
        left_out = ", ".join(f"{FLOOR_ROW}/{kind}" for kind in suite.floors_left_out)
        watch.say(f"left out, since {suite.data} has no documents: {left_out}")
    for line in plan.left_out:
        watch.say(line)
    untrained = plan.untrained
    efforts = [1.0, *(training_effort(plan, name) for name in untrained)]
    efforts += [asking_effort(plan, variant) for variant in suite.resolved]
    with watch.plan(efforts):
        _prepare(plan, watch)
        for line in plan.replaced if untrained else []:
            watch.say(line)
        for name in untrained:
            _train(plan, name, watch)
        manifest = make_manifest(plan)
        _begin(manifest, out)
        _score(plan, out, watch, ask_again)
    with locked(out / "run"):
        _link_checkpoints(plan, out)
        _drop_other_variants(plan, out)
        write_json(out / MANIFEST, manifest)
        comparison = compare_run(out)
        write_json(out / "comparison.json", comparison)
        _report(comparison, out)
    return comparison


def _begin(manifest: dict[str, Any], out: Path) -> None:
    """Drop the manifest of another run in this folder: it says nothing of what comes here now.

    Killed from here on, the folder is no run, rather than one of two suites.
    """
    path = out / MANIFEST
    with locked(out / "run"):
        if path.exists() and read_json(path) != manifest:
            path.unlink()


def _prepare(plan: Plan, watch: Watch) -> None:
    with watch.stage("models and index", 1.0) as advance:
        for model in plan.suite.model_names:
            catalogue.loadable(model)
        for retriever in plan.retrievers.values():
            retriever.build(advance)


def _train(plan: Plan, name: str, watch: Watch) -> None:
    from finetune.train import train

    recipe = plan.recipes[name]
    what = plan.checkpoint_determinants(name)
    folder = plan.checkpoint_folder(name)
    title = f"training {name} (recipe {recipe.name})"
    with watch.stage(title, training_effort(plan, name)) as advance:
        train(recipe, plan.questions, plan.training, folder, what, advance, watch.say)


def _score(plan: Plan, out: Path, watch: Watch, ask_again: bool) -> None:
    """Score the variants, loading each base at most once for those that follow each other."""
    from policyqa.answering import Answering
    from policyqa.scoring import Asked, Scorer

    kept = Kept()
    answering = Answering(plan, kept, watch, ask_again)
    scorer = Scorer(plan.metrics, kept, answering.use, plan.suite.seed)
    shown = Shown(plan)
    for variant in _by_base(plan.suite.resolved):
        with watch.stage(f"scoring {variant.name}", asking_effort(plan, variant)) as advance:
            asked = [
                Asked(
                    one,
                    shown.documents(one, plan.asked),
                    partial(shown.train, one),
                    answering.lm(one, advance),
                )
                for one in plan.replicates(variant)
            ]
            scorer.score(variant, asked, out)


class Shown:
    """What variants are asked, with what they show of the documents: retrieved once a context."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._found: dict[Any, Sequence[Excerpt]] = {}

    def documents(self, variant: Variant, questions: Sequence[Question]) -> list[dict[str, Any]]:
        """Questions of one split as a variant is asked them."""
        excerpts = self._excerpts(variant, questions)
        documents = make_documents(questions, variant.prompt, excerpts)
        # Without documents evidence is a label, and whether it is shown says nothing.
        unknown = {} if self._plan.sections else {"context_ids": None}
        return [document | unknown for document in documents]

    def train(self, variant: Variant) -> list[dict[str, Any]]:
        """Questions to draw shots from, likewise; data without a train split has none to show."""
        return self.documents(variant, self._plan.train)

    def _excerpts(self, variant: Variant, questions: Sequence[Question]) -> Sequence[Excerpt]:
        context, plan = variant.context, self._plan
        if context.source == "none":
            return [Excerpt()] * len(questions)
        found = (context, questions[0].split if questions else None)
        if found not in self._found:
            among = in_split(plan.questions, questions[0].split)
            retriever = plan.retrievers[context]
            self._found[found] = excerpts_of(questions, context.source, retriever, among)
        return self._found[found]


def _by_base(variants: Sequence[Variant]) -> list[Variant]:
    """The floors first, and the others so that those of one base and precision stand together."""
    order = list(dict.fromkeys((one.model.base, one.model.precision) for one in variants))
    return sorted(
        variants,
        key=lambda one: (
            not one.model.is_floor,
            order.index((one.model.base, one.model.precision)),
        ),
    )


def _link_checkpoints(plan: Plan, out: Path) -> None:
    """Link the adapters the run used, by the names of their rows; links of others go."""
    replicates = [one for variant in plan.suite.resolved for one in plan.replicates(variant)]
    adapters = {one.model.label: one.model.adapter for one in replicates if one.model.adapter}
    folder = out / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    for link in folder.iterdir():
        if link.is_symlink():
            link.unlink()
    for name, adapter in adapters.items():
        if not (folder / name).exists():  # A copy, in a run that was moved here.
            (folder / name).symlink_to(adapter.resolve(), target_is_directory=True)


def _drop_other_variants(plan: Plan, out: Path) -> None:
    """Delete what an earlier form of the suite left; its answers are kept elsewhere."""
    named = {variant_folder(out, variant.name) for variant in plan.suite.resolved}
    for record in list((out / "variants").rglob(RECORD)):
        if record.parent not in named:
            shutil.rmtree(record.parent)


def _report(comparison: dict[str, Any], out: Path) -> None:
    """The tables as Markdown, and the chart if the suite varied the context."""
    drawn = "sweep" in comparison
    if drawn:
        write_whole(out / CHART, chart(comparison))
    else:
        (out / CHART).unlink(missing_ok=True)  # Of the suite as it was in an earlier run.
    write_whole(out / "report.md", markdown(comparison, CHART if drawn else None))
