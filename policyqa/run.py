"""
A suite → a run folder: fetch, index and train what is missing, score what is not scored yet.

Everything is found by content, so that running again does no work twice and a changed prompt,
adapter, index or setting is run again.
"""

import os
import platform
import random
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from finetune.checkpoint import RECORD, Checkpoint, determinants, kept_at, load_checkpoint
from finetune.recipe import Recipe, load_recipe, recipe_for
from harness.files import fingerprint, hash_folder, locked, write_json, write_whole
from harness.metrics import SimilarityEvaluator
from harness.models import catalogue
from harness.runs import Arm, arm_record
from policyqa.progress import Watch
from policyqa.suite import Suite
from rag.corpus import load_corpus
from rag.retriever import Retriever
from reports.comparison import compare_run
from reports.markdown import markdown
from tasks.policyqa.prompts import TEMPLATES
from tasks.policyqa.questions import Question, data_identity, in_split, load_questions
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
    recipes: dict[str, Recipe]
    """Of each trained weights."""


def run_suite(suite: Suite, out: Path, watch: Watch) -> dict[str, Any]:
    """Carry out ``suite`` in the folder ``out`` and return its comparison.

    Raises:
        BenchError: the suite, its data or a model is not usable; nothing long was begun.
    """
    plan = make_plan(suite)
    with locked(out / "run"):
        untrained = [w for w in plan.recipes if not _checkpoint_folder(plan, w)[1].exists()]
        pending = [arm for arm in suite.parsed_arms if _is_pending(plan, arm, out)]
        if untrained or pending:
            efforts = [1.0, *(_training_effort(plan, w) for w in untrained)]
            efforts += [_scoring_effort(plan, arm) for arm in pending]
            with watch.plan(efforts):
                _prepare(plan, watch)
                for weights in untrained:
                    _train(plan, weights, watch)
                _score(plan, pending, out, watch)
        _link_checkpoints(plan, out)
        write_json(out / "manifest.json", _manifest(plan))
        comparison = compare_run(out)
        write_json(out / "comparison.json", comparison)
        write_whole(out / "report.md", markdown(comparison))
    return comparison


def make_plan(suite: Suite) -> Plan:
    """Read and check everything the suite names.

    Raises:
        BenchError: a file is missing or breaks its contract.
    """
    sections = load_corpus(suite.data)
    questions = load_questions(suite.data, [section.id for section in sections])
    recipes = {
        weights: load_recipe(suite.recipes[weights], model=suite.model)
        if weights in suite.recipes
        else recipe_for(suite.model, weights)
        for weights in suite.trained_weights
    }
    if recipes:
        in_split(questions, "train")
        in_split(questions, "validation")
    return Plan(
        suite=suite,
        questions=questions,
        indices=draw(len(in_split(questions, suite.split)), suite.limit, suite.seed),
        retriever=Retriever(sections, k=suite.k, budget=suite.budget),
        recipes=recipes,
    )


def draw(count: int, limit: int | None, seed: int) -> list[int]:
    """``limit`` of ``count`` indices, drawn by seed, in ascending order; None takes all."""
    if limit is None or limit >= count:
        return list(range(count))
    return sorted(random.Random(seed).sample(range(count), limit))  # noqa: S311


def _checkpoint_folder(plan: Plan, weights: str) -> tuple[dict[str, Any], Path]:
    """What determines the checkpoint of these weights, and where it is kept once finished."""
    what = determinants(plan.recipes[weights], plan.suite.data, plan.retriever)
    return what, kept_at(what)


def _checkpoint(plan: Plan, weights: str) -> Checkpoint | None:
    """The finished checkpoint of these weights; None for the base."""
    if weights == "base":
        return None
    return load_checkpoint(_checkpoint_folder(plan, weights)[1])


def _is_pending(plan: Plan, arm: Arm, out: Path) -> bool:
    """Whether the arm has to be scored, as far as can be told before training."""
    if arm.weights != "base" and not (_checkpoint_folder(plan, arm.weights)[1] / RECORD).exists():
        return True
    record = arm_record(arm.folder(out))
    return record is None or record["key"] != fingerprint(_arm_determinants(plan, arm))


def _arm_determinants(plan: Plan, arm: Arm) -> dict[str, Any]:
    """All that determines an arm's scores, as JSON."""
    suite = plan.suite
    checkpoint = _checkpoint(plan, arm.weights)
    return {
        "arm": str(arm),
        "model": catalogue.identity(suite.model),
        "adapter": checkpoint.record["adapter_sha256"] if checkpoint else None,
        "task": hash_folder(TASKS, "*yaml"),
        "prompts": fingerprint(TEMPLATES),
        "data": data_identity(suite.data),
        "split": suite.split,
        "indices": plan.indices,
        "retrieval": [plan.retriever.index.fingerprint, suite.k, suite.budget],
        "metrics": SimilarityEvaluator(suite.encoder).signature(),
        "batch_size": suite.batch_size,
        "device": _device(),
        "versions": {name: version(name) for name in DETERMINING_LIBRARIES},
    }


def _prepare(plan: Plan, watch: Watch) -> None:
    with watch.stage("models and index", 1.0) as advance:
        for model in (plan.suite.model, plan.suite.encoder):
            catalogue.resolve(model)
        plan.retriever.index.build(advance)


def _train(plan: Plan, weights: str, watch: Watch) -> None:
    from finetune.trainer import train

    recipe = plan.recipes[weights]
    what, folder = _checkpoint_folder(plan, weights)
    title = f"training {weights} (recipe {recipe.name})"
    with watch.stage(title, _training_effort(plan, weights)) as advance:
        train(recipe, plan.questions, plan.retriever, folder, what, advance)


def _score(plan: Plan, arms: Sequence[Arm], out: Path, watch: Watch) -> None:
    """Score arms, loading each precision of the model once and each adapter onto it."""
    from policyqa.scoring import load_model, score_arm

    for precision in dict.fromkeys(arm.precision for arm in arms):
        model = load_model(plan.suite.model, precision, plan.suite.batch_size)
        for arm in (arm for arm in arms if arm.precision == precision):
            checkpoint = _checkpoint(plan, arm.weights)
            model.use_adapter(checkpoint.folder if checkpoint else None)
            with watch.stage(f"scoring {arm}", _scoring_effort(plan, arm)) as advance:
                score_arm(
                    model=model,
                    arm=arm,
                    indices=plan.indices,
                    options=_task_options(plan.suite),
                    determinants=_arm_determinants(plan, arm),
                    folder=arm.folder(out),
                    advance=advance,
                )


def _task_options(suite: Suite) -> dict[str, Any]:
    """What the tasks hear as metadata."""
    return {
        "data": str(suite.data),
        "split": suite.split,
        "k": suite.k,
        "budget": suite.budget,
        "encoder": suite.encoder,
    }


def _training_effort(plan: Plan, weights: str) -> float:
    """Roughly the seconds on two CPU cores; only the progress display reads it."""
    recipe = plan.recipes[weights]
    each = 2.6 if recipe.prompt == "rag" else 0.5
    return each * recipe.epochs * len(in_split(plan.questions, "train"))


def _scoring_effort(plan: Plan, arm: Arm) -> float:
    """Roughly the seconds on two CPU cores; only the progress display reads it."""
    each = 0.6 if arm.prompt in ("plain", "engineered") else 1.5
    return each * len(plan.indices)


def _link_checkpoints(plan: Plan, out: Path) -> None:
    for weights in plan.recipes:
        link = out / "checkpoints" / weights
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(_checkpoint_folder(plan, weights)[1], target_is_directory=True)


def _manifest(plan: Plan) -> dict[str, Any]:
    suite = plan.suite
    checkpoints = {weights: _checkpoint(plan, weights) for weights in plan.recipes}
    return {
        "suite": suite.model_dump(mode="json"),
        "versions": {name: version(name) for name in ("policyqa-bench", *DETERMINING_LIBRARIES)},
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "device": _device(),
            "python": platform.python_version(),
        },
        "metrics": SimilarityEvaluator(suite.encoder).signature(),
        "hashes": {
            "data": data_identity(suite.data),
            "index": plan.retriever.index.fingerprint,
            "prompts": fingerprint(TEMPLATES),
            "model": catalogue.identity(suite.model),
            "adapters": {w: point.identity for w, point in checkpoints.items() if point},
        },
    }


def _device() -> str:
    """What models run on here."""
    import torch

    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else "cpu"


def _processor() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
