"""What a run rests on: the manifest of its folder, and the signature of the same identities."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from harness.files import fingerprint
from harness.metrics import description, signature
from harness.statistics import RESAMPLES
from harness.variants import DETERMINING_LIBRARIES, Variant
from policyqa.machine import machine
from policyqa.plan import Plan
from rag.retriever import DETERMINING_LIBRARIES as RETRIEVAL_LIBRARIES
from tasks.policyqa.documents import VERSION
from tasks.policyqa.questions import data_identity

LIBRARIES = tuple(dict.fromkeys((*DETERMINING_LIBRARIES, *RETRIEVAL_LIBRARIES)))


def make_manifest(plan: Plan) -> dict[str, Any]:
    """The manifest of a run of ``plan``, as JSON; its checkpoints must be finished."""
    suite = plan.suite
    variants = [plan.trained(variant) for variant in suite.resolved]
    return {
        "suite": suite.model_dump(mode="json"),
        "variants": {one.name: _described(plan, one) for one in variants},
        "baseline": suite.baseline_name,
        "metrics": {metric.name: description(metric) for metric in plan.metrics},
        "scored_on": {
            "data": data_identity(suite.data),
            "split": suite.split,
            "task version": VERSION,
        },
        "versions": {name: version(name) for name in ("policyqa-bench", *LIBRARIES)},
        "machine": machine(),
        "signature": _signature(plan, variants),
    }


def _described(plan: Plan, variant: Variant) -> dict[str, Any]:
    """A variant's identity, and what reports need to tell it from others."""
    context, model = variant.context, variant.model
    return {
        "identity": variant.identity,
        "fingerprint": variant.fingerprint,
        "model": model.name,
        "precision": model.precision,
        "prompt": variant.prompt.name,
        "floor": model.is_floor,
        "trained": bool(model.recipe or model.adapter),
        "own_limits": context != plan.suite.tables.contexts[context.name],
        "context": {"source": context.source, "k": context.k, "budget": context.budget},
        "retrieval": None if context.source == "none" else plan.retrievers[context].signature,
    }


def _signature(plan: Plan, variants: list[Variant]) -> str:
    """Everything that could change the figures, in one line."""
    suite = plan.suite
    prompts = [one.prompt for one in variants if not one.model.is_floor]
    parts = [
        f"suite:{suite.name}",
        *_models(plan, variants),
        f"data:{data_identity(suite.data)[:8]}",
        f"split:{suite.split}",
        f"n:{len(plan.asked)}",
        f"seed:{suite.seed}",
        "shots:0",
        *_once(f"prompt {one.name}:{fingerprint(one.identity)[:8]}" for one in prompts),
        *_once(_context(plan, one) for one in variants if one.context.source != "none"),
        *_once(_decoding(one) for one in variants),
        f"batch:{suite.batch_size}",
        f"device:{machine()['device']}",
        signature(plan.metrics),
        f"intervals:95%,{RESAMPLES} paired resamples of groups by shared evidence; rates:Wilson",
        f"task:{VERSION}",
        f"code:{version('policyqa-bench')}",
        *(f"{name}:{version(name)}" for name in LIBRARIES),
    ]
    return " | ".join(parts)


def _models(plan: Plan, variants: list[Variant]) -> list[str]:
    """Every model that answers, with what determines its weights."""
    lines = []
    for model in [one.model for one in variants if not one.model.is_floor]:
        what = model.identity
        parts = [what["base"], what["engine"]]
        if what["adapter"]:
            recipe = plan.recipes[model.name].name if model.recipe else "adapter"
            parts.append(f"{recipe}@{what['adapter'][:12]}")
        if model.precision:
            parts.append(model.precision)
        lines.append(f"model {model.name}:{','.join(parts)}")
    return _once(lines)


def _context(plan: Plan, variant: Variant) -> str:
    context = variant.context
    limits = f"k{context.k},budget{context.budget}"
    found = plan.retrievers[context].signature
    return f"context {context.name}:{context.source},{limits},{found}"


def _decoding(variant: Variant) -> str:
    decoding = variant.decoding
    stops = fingerprint(list(decoding.stop))[:8]
    return f"decoding:greedy,max{decoding.max_tokens},stop@{stops}"


def _once(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(lines))
