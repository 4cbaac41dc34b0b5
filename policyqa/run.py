"""
A suite → a run folder: fetch, index and train what is missing, score what is not scored yet.

Everything is found by content, so that running again does no work twice and a changed prompt,
adapter, index or setting is run again.
"""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.files import fingerprint, locked, write_json, write_whole
from harness.metrics import signature
from harness.models import catalogue
from harness.runs import CHART, WITH_CONTEXT, Arm
from policyqa.machine import machine
from policyqa.plan import DETERMINING_LIBRARIES, Plan, make_plan
from policyqa.progress import Watch
from policyqa.suite import Suite
from reports.chart import chart
from reports.comparison import compare_run
from reports.markdown import markdown
from tasks.policyqa.prompts import ENGINEERED, TEMPLATES
from tasks.policyqa.questions import data_identity, in_split

SECTION_TOKENS = 216
"""Of a section of the policy set, on average."""


def run_suite(suite: Suite, out: Path, watch: Watch) -> dict[str, Any]:
    """Carry out ``suite`` in the folder ``out`` and return its comparison.

    Raises:
        BenchError: the suite, its data or a model is not usable; nothing long was begun.
    """
    plan = make_plan(suite)
    with locked(out / "run"):
        untrained = [weights for weights in plan.recipes if not plan.is_trained(weights)]
        pending = [arm for arm in suite.parsed_arms if not plan.is_scored(arm, out)]
        if untrained or pending:
            efforts = [1.0, *(_training_effort(plan, weights) for weights in untrained)]
            efforts += [_scoring_effort(plan, arm) for arm in pending]
            with watch.plan(efforts):
                _prepare(plan, watch)
                for line in plan.replaced if untrained else []:
                    watch.say(line)
                for weights in untrained:
                    _train(plan, weights, watch)
                _score(plan, pending, out, watch)
        _link_checkpoints(plan, out)
        write_json(out / "manifest.json", _manifest(plan))
        comparison = compare_run(out)
        write_json(out / "comparison.json", comparison)
        _report(comparison, out)
    return comparison


def _prepare(plan: Plan, watch: Watch) -> None:
    with watch.stage("models and index", 1.0) as advance:
        for model in plan.suite.models:
            catalogue.loadable(model)
        plan.retriever.build(advance)


def _train(plan: Plan, weights: str, watch: Watch) -> None:
    from finetune.train import train

    recipe = plan.recipes[weights]
    what = plan.checkpoint_determinants(weights)
    folder = plan.checkpoint_folder(weights)
    title = f"training {weights} (recipe {recipe.name})"
    with watch.stage(title, _training_effort(plan, weights)) as advance:
        train(recipe, plan.questions, plan.retriever, folder, what, advance, watch.say)


def _score(plan: Plan, arms: Sequence[Arm], out: Path, watch: Watch) -> None:
    """Score arms, loading each precision of the model once and each adapter onto it."""
    from policyqa.scoring import load_model, score_arm

    for precision in dict.fromkeys(arm.precision for arm in arms):
        model = load_model(plan.suite.model, precision, plan.suite.batch_size)
        for arm in (arm for arm in arms if arm.precision == precision):
            checkpoint = plan.checkpoint(arm.weights)
            model.use_adapter(checkpoint.folder if checkpoint else None)
            with watch.stage(f"scoring {arm}", _scoring_effort(plan, arm)) as advance:
                score_arm(
                    model=model,
                    arm=arm,
                    indices=plan.indices,
                    options=_task_options(plan.suite, arm),
                    determinants=plan.arm_determinants(arm),
                    folder=arm.folder(out),
                    advance=advance,
                )


def _task_options(suite: Suite, arm: Arm) -> dict[str, Any]:
    """What the arm's task hears as metadata."""
    k, budget = arm.limits(suite.k, suite.budget)
    return {
        "data": str(suite.data),
        "split": suite.split,
        "embedder": suite.embedder,
        "reranker": suite.reranker,
        "k": k,
        "budget": budget,
        "encoder": suite.encoder,
    }


def _training_effort(plan: Plan, weights: str) -> float:
    """Roughly the seconds on two CPU cores; only the progress display reads it."""
    recipe = plan.recipes[weights]
    each = 2.6 if recipe.prompt == "rag" else 0.5
    count = len(in_split(plan.questions, "train"))
    return each * recipe.epochs * min(count, recipe.limit or count)


def _scoring_effort(plan: Plan, arm: Arm) -> float:
    """Roughly the seconds on two CPU cores; only the progress display reads it."""
    k, budget = arm.limits(plan.suite.k, plan.suite.budget)
    shown = min(budget, SECTION_TOKENS * k) if arm.prompt in WITH_CONTEXT else 0
    return (0.6 + 0.9 * shown / 400) * len(plan.indices)


def _link_checkpoints(plan: Plan, out: Path) -> None:
    for weights in plan.recipes:
        link = out / "checkpoints" / weights
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(plan.checkpoint_folder(weights), target_is_directory=True)


def _report(comparison: dict[str, Any], out: Path) -> None:
    """The tables as Markdown, and the chart if the suite varied the context."""
    drawn = "sweep" in comparison
    if drawn:
        write_whole(out / CHART, chart(comparison))
    else:
        (out / CHART).unlink(missing_ok=True)  # Of the suite as it was in an earlier run.
    write_whole(out / "report.md", markdown(comparison, CHART if drawn else None))


def _manifest(plan: Plan) -> dict[str, Any]:
    suite = plan.suite
    checkpoints = {weights: plan.checkpoint(weights) for weights in plan.recipes}
    return {
        "suite": suite.model_dump(mode="json"),
        "versions": {name: version(name) for name in ("policyqa-bench", *DETERMINING_LIBRARIES)},
        "machine": machine(),
        "metrics": signature(suite.encoder),
        "retrieval": f"{plan.retriever.signature},k{suite.k},budget{suite.budget}",
        "hashes": {
            "data": data_identity(suite.data),
            "index": plan.retriever.index.fingerprint,
            "prompts": fingerprint([TEMPLATES["plain"], TEMPLATES[ENGINEERED], TEMPLATES["rag"]]),
            "model": catalogue.identity(suite.model),
            "adapters": {w: point.identity for w, point in checkpoints.items() if point},
        },
    }
