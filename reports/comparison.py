"""
A run folder → ``comparison.json``: every figure the reports show, computed once.

All arms answered the same questions, so each is compared with ``base/plain`` question by question.
"""

import json
from pathlib import Path
from typing import Any

from harness.errors import RunError
from harness.metrics import METRICS, RATES
from harness.runs import BASELINE, Arm, ArmResult, read_arm
from harness.statistics import RESAMPLES, mean_interval, paired_difference, rate_interval
from reports.sweep import curves

PUBLISHED = {
    "base/plain": {"bertscore_f1": 0.82, "bleu": 0.15, "rouge_l": 0.31},
    "sft/plain": {"bertscore_f1": 0.89, "bleu": 0.26, "rouge_l": 0.45},
    "sft/engineered": {"bertscore_f1": 0.91, "bleu": 0.29, "rouge_l": 0.48},
    "sft-rag/rag": {"bertscore_f1": 0.93, "bleu": 0.32, "rouge_l": 0.51},
}
"""Published for LLaMA-2-7B, with no n, no interval and no signature."""

ABSTAINED = "abstained"
"""Of answerable questions shown the wrong sections, the share that is not answered: what is an
over-refusal elsewhere is right there, and higher is better."""

NAMES = {
    "base/plain": "base",
    "sft/plain": "fine-tuned",
    "sft/engineered": "prompt-engineered",
    "sft-rag/rag": "RAG-enhanced",
}
"""What the published comparison calls its four arms."""


def compare_run(run: Path) -> dict[str, Any]:
    """The comparison of a finished run, as JSON.

    Raises:
        RunError: the folder is no run, or an arm of its suite is unfinished.
    """
    manifest = read_manifest(run)
    seed = manifest["suite"]["seed"]
    arms = [read_arm(run, name) for name in manifest["suite"]["arms"]]
    baseline = next((arm for arm in arms if arm.name == BASELINE), None)
    entries = {arm.name: _arm(arm, baseline, seed) for arm in arms}
    sweep = curves(arms, manifest["suite"])
    return {
        "suite": manifest["suite"],
        "machine": manifest["machine"],
        "arms": entries,
        **({"sweep": sweep} if sweep else {}),
        "published": {name: PUBLISHED[name] for name in PUBLISHED if _has(arms, name)},
        "signature": _signature(manifest, arms[0]),
    }


def rate_names(arm: str) -> dict[str, str]:
    """The rates that say something of an arm, each with the name it is logged under."""
    names = {name: name for name in RATES}
    if Arm.parse(arm).prompt == "misled":
        return {"false_answer": "false_answer", ABSTAINED: "over_refusal"}
    if Arm.parse(arm).prompt == "oracle":
        del names["false_answer"]  # An unanswerable question has no gold section to show.
    return names


def read_manifest(run: Path) -> dict[str, Any]:
    """The manifest of a run folder.

    Raises:
        RunError: the folder has none.
    """
    path = run / "manifest.json"
    if not path.is_file():
        raise RunError(
            f"{run} is no run folder: it has no {path.name}. Make one: policyqa run quick"
        )
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def _has(arms: list[ArmResult], name: str) -> bool:
    return any(arm.name == name for arm in arms)


def _arm(arm: ArmResult, baseline: ArmResult | None, seed: int) -> dict[str, Any]:
    metrics = {
        name: mean_interval(arm.scores(name), arm.clusters(name), seed=seed) for name in METRICS
    }
    rates = {
        name: rate_interval(arm.scores(logged), arm.clusters(logged))
        for name, logged in rate_names(arm.name).items()
        if arm.scores(logged)
    }
    entry: dict[str, Any] = {
        "metrics": {name: figure.as_json() for name, figure in (metrics | rates).items()},
        "n": len(arm.answers),
        "tokens_per_question": arm.usage["prompt_tokens"] + arm.usage["answer_tokens"],
        "prompt_tokens_per_question": arm.usage["prompt_tokens"],
        "answer_tokens_per_question": arm.usage["answer_tokens"],
        "seconds_per_question": arm.usage["seconds"],
    }
    if baseline is not None and arm.name != baseline.name:
        entry["vs_base"] = {
            name: paired_difference(
                arm.scores(name), baseline.scores(name), arm.clusters(name), seed=seed
            ).as_json()
            for name in METRICS
        }
    return entry


def _signature(manifest: dict[str, Any], arm: ArmResult) -> str:
    """Everything that could change the figures, in one line."""
    suite, hashes = manifest["suite"], manifest["hashes"]
    parts = [
        f"suite:{suite['name']}",
        f"model:{hashes['model']}",
        *(f"{weights}:{identity}" for weights, identity in sorted(hashes["adapters"].items())),
        f"data:{hashes['data'][:8]}",
        f"split:{suite['split']}",
        f"n:{len(arm.answers)}",
        f"seed:{suite['seed']}",
        "shots:0",
        f"prompts:{hashes['prompts'][:8]}",
        # A manifest of version 0.2 or before has no "retrieval".
        manifest.get(
            "retrieval", f"index:{hashes['index'][:8]},k{suite['k']},budget{suite['budget']}"
        ),
        f"batch:{suite['batch_size']}",
        manifest["metrics"],
        f"intervals:95%,{RESAMPLES} paired resamples of sections; rates:Wilson",
        f"code:{manifest['versions']['policyqa-bench']}",
        f"lm_eval:{manifest['versions']['lm_eval']}",
        f"torch:{manifest['versions']['torch']}",
    ]
    return " | ".join(parts)
