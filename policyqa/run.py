"""
A suite → a run folder: fetch, index and train what is missing, ask what is not kept yet.

Everything is found by content, so that running again does no work twice and a changed prompt,
adapter, index or setting is run again. Several processes may carry out one suite: they share the
questions between them.
"""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import BenchError
from harness.files import locked, write_json
from harness.kept import Answer, Kept
from harness.metrics import Metric
from harness.models import catalogue
from harness.runs import MANIFEST, VARIANT_RECORD, variant_folder
from harness.seal import read_sealed, write_sealed
from harness.thoughts import NO_ROOM, ONLY_THOUGHTS
from harness.variants import Variant
from policyqa.effort import asking_effort, training_effort
from policyqa.embedders import with_known_embedders, with_trained_embedders
from policyqa.manifest import make_manifest
from policyqa.naming import FLOOR_ROW
from policyqa.plan import Plan, make_plan
from policyqa.progress import Watch
from policyqa.suite import Suite
from rag.embedder import Embedder
from reports.audit import AUDIT, audit_run
from reports.comparison import Comparison
from reports.page.reading import read_run
from reports.written import write_reports

if TYPE_CHECKING:
    from policyqa.scoring import Asked


def run_suite(suite: Suite, out: Path, watch: Watch, ask_again: bool = False) -> Comparison:
    """Carry out ``suite`` in the folder ``out`` and return its comparison.

    Args:
        suite: what to do.
        out: the run folder, which is made or gone on with.
        watch: shows the progress.
        ask_again: forgets what servers and functions answered to this before.

    Raises:
        BenchError: the suite, its data or a model is not usable; nothing long was begun.
    """
    known, untrained_embedders = with_known_embedders(suite)
    plan = make_plan(known)  # Refused before anything is trained.
    if untrained_embedders:
        plan = make_plan(with_trained_embedders(suite, watch))
    suite, kept = plan.suite, Kept()
    if suite.floors_left_out:
        left_out = ", ".join(f"{FLOOR_ROW}/{kind}" for kind in suite.floors_left_out)
        watch.say(f"left out, since {suite.data} has no documents: {left_out}")
    for line in (*plan.too_few, *plan.left_out):
        watch.say(line)
    untrained = plan.untrained
    efforts = [1.0, *(training_effort(plan, name) for name in untrained)]
    efforts += [asking_effort(plan, variant) for variant in suite.resolved]
    with watch.plan([*efforts, *([1.0] if suite.trains else [])]):
        _begin(plan, out)
        _prepare(plan, watch)
        for line in plan.replaced if untrained else []:
            watch.say(line)
        _score(plan, out, watch, ask_again, kept)
        with locked(out / "run"):
            _link_checkpoints(plan, out)
            _drop_other_variants(plan, out)
            tried = kept.tried(one.question for one in plan.asked)
            write_sealed(out / MANIFEST, make_manifest(plan, tried))
            _audit(suite, out, watch)
            finished = read_run(out)
            write_json(out / "comparison.json", finished.comparison.as_json())
            write_reports(finished)
    return finished.comparison


def _begin(plan: Plan, out: Path) -> None:
    """Drop manifest and audit of another run in this folder: they say nothing of what comes here.

    Killed from here on, the folder is no run, rather than one of two suites.
    """
    path = out / MANIFEST
    with locked(out / "run"):
        there: dict[str, Any] = {}
        with suppress(BenchError):  # One that is damaged is made anew.
            there = read_sealed(path)
        # What is to be trained yet is in no manifest.
        if not there or plan.untrained or there != make_manifest(plan, there.get("tried")):
            path.unlink(missing_ok=True)
            (out / AUDIT).unlink(missing_ok=True)


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


def _score(plan: Plan, out: Path, watch: Watch, ask_again: bool, kept: Kept) -> None:
    """Score the variants, loading each base at most once for those that follow each other."""
    from policyqa.answering import Answering
    from policyqa.scoring import Evaluator

    answering = Answering(plan, kept, watch, ask_again)
    evaluator = Evaluator(plan.metrics, kept, answering.use, plan.suite.seed)
    untrained = plan.untrained
    for variant in _cheapest_first(plan.suite.resolved):
        for name in [one.model.label for one in variant.replicates]:
            if name in untrained:
                untrained.remove(name)
                answering.unload()
                _train(plan, name, watch)
        with watch.stage(f"scoring {variant.name}", asking_effort(plan, variant)) as advance:
            asked = [answering.asked(one, advance) for one in plan.replicates(variant)]
            means = evaluator.evaluate(variant, asked, out)
        watch.say(f"    {_row(means, plan.metrics)} (n = {len(plan.asked)})")
        answers = [one for some in asked for one in some.lm.given.values()]
        for line in (*_untold(variant, answers), *_still_thinking(variant, asked)):
            watch.say(line)


def _untold(variant: Variant, answers: Sequence[Answer]) -> list[str]:
    """A line where answers cannot be held to their likelihood, since nobody tells it."""
    untold = sum(answer.likelihood is None for answer in answers)
    if not untold or variant.threshold is None or variant.threshold.likelihood is None:
        return []
    return [
        f"{untold} of {len(answers)} answers of {variant.name} tell no likelihood, and are given "
        "all the same: it is told of greedy answers in float32 or bf16 alone, by no server, and of "
        "none kept from before 0.11"
    ]


def _still_thinking(variant: Variant, asked: "Sequence[Asked]") -> list[str]:
    """A line where a model thought, and came to no answer."""
    reasons = Counter(reason for one in asked for reason in one.lm.unanswered.values())
    if not (count := reasons[NO_ROOM] + reasons[ONLY_THOUGHTS]):
        return []
    remedy = (
        f": raise max_tokens ({variant.decoding.max_tokens}), or have the model think less "
        "(docs/suites.md)"
    )
    return [
        f"{count} of {len(asked) * len(asked[0].documents)} answers of {variant.name} are thoughts "
        f"alone, and scored as empty ones{remedy if reasons[NO_ROOM] else ''}"
    ]


def _row(means: Mapping[str, float], metrics: Sequence[Metric]) -> str:
    """A variant's figures as soon as they are there, before the table has them."""
    titles = {metric.name: metric.title for metric in metrics}
    return ", ".join(f"{titles[name]} {mean:.3f}" for name, mean in means.items())


def _cheapest_first(variants: Sequence[Variant]) -> list[Variant]:
    """The floors, what answers without training, and then each recipe's own, so that the first rows
    come early; those of one base and precision stand together."""
    order = list(dict.fromkeys((one.model.base, one.model.precision) for one in variants))
    labels = list(dict.fromkeys(one.model.name for one in variants if one.model.recipe))
    return sorted(
        variants,
        key=lambda one: (
            not one.model.is_floor,
            labels.index(one.model.name) + 1 if one.model.recipe else 0,
            order.index((one.model.base, one.model.precision)),
        ),
    )


def _audit(suite: Suite, out: Path, watch: Watch) -> None:
    """Look whether trained weights have seen what they were asked."""
    if suite.trains:
        with watch.stage("auditing", 1.0):
            write_json(out / AUDIT, audit_run(out, Embedder()).as_json())


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
    for record in list((out / "variants").rglob(VARIANT_RECORD)):
        if record.parent not in named:
            shutil.rmtree(record.parent)
