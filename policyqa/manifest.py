"""What a run rests on: the manifest of its folder, and the signature of the same identities."""

import os
import platform
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from finetune.recipe import recorded_prompt
from harness.files import fingerprint
from harness.metrics import description, signature
from harness.models.adapter import read_record
from harness.models.precision import device
from harness.statistics import INTERVAL_METHOD
from harness.threshold import AnswerThreshold
from harness.variants import ANSWERING_LIBRARIES, Model, Variant
from policyqa.plan import Plan
from rag.corpus import load_frameworks
from rag.retriever import CONTEXT_METHOD, RETRIEVAL_LIBRARIES
from tasks.policyqa.documents import VERSION
from tasks.policyqa.evidence import known_by
from tasks.policyqa.questions import data_identity, numbered_questions

LIBRARIES = tuple(dict.fromkeys((*ANSWERING_LIBRARIES, *RETRIEVAL_LIBRARIES)))


def make_manifest(plan: Plan, tried: int | None) -> dict[str, Any]:
    """The manifest of a run of ``plan``, as JSON; its checkpoints must be finished.

    ``tried`` is how many variants were scored on its questions so far.
    """
    suite = plan.suite
    replicates = {one.name: plan.replicates(one) for one in suite.resolved}
    variants = [one for found in replicates.values() for one in found]
    return {
        "suite": suite.model_dump(mode="json"),
        "variants": {name: _described(plan, found) for name, found in replicates.items()},
        "baseline": suite.baseline_name,
        "metrics": {metric.name: description(metric) for metric in plan.metrics},
        "scored_on": {
            "data": data_identity(suite.data),
            "split": suite.split,
            "task version": VERSION,
        },
        "tried": tried,
        "evidence": _evidence(plan),
        "frameworks": _frameworks(plan),
        "claims": [one.model_dump(mode="json") for one in plan.claims],
        "versions": {name: version(name) for name in ("policyqa-bench", *LIBRARIES)},
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "device": device(),
            "python": platform.python_version(),
        },
        "signature": _signature(plan, variants),
    }


def _evidence(plan: Plan) -> dict[str, int]:
    """How many of the questions asked name what as evidence, as closely as they do."""
    named = {q.id: q.evidence for _, q in numbered_questions(plan.suite.data)}
    forms = Counter(known_by(named[one.id]) for one in plan.asked)
    if not plan.sections:  # Without documents, any name is a label.
        forms = Counter({"label": forms.total() - forms[""], "": forms[""]})
    return {form: count for form, count in forms.items() if form and count}


def _frameworks(plan: Plan) -> dict[str, dict[str, Any]]:
    """What is known of the frameworks that the split's questions are about, by id.

    One is held out that no question of a split is about which training sees.
    """
    told = {one.id: one for one in load_frameworks(plan.suite.data)}
    seen = {"train", "validation"} - {plan.suite.split}
    trained = {one.framework for one in plan.questions if one.split in seen}
    return {
        framework: {
            "jurisdiction": told[framework].jurisdiction if framework in told else "",
            "year": told[framework].year if framework in told else None,
            "held_out": framework not in trained,
        }
        for framework in sorted({one.framework for one in plan.split} - {""})
    }


def _processor() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _described(plan: Plan, replicates: list[Variant]) -> dict[str, Any]:
    """A variant's identity, and what reports need to tell it from others."""
    variant = replicates[0]
    context, model = variant.context, variant.model
    return {
        "replicates": {one.replicate: one.identity for one in replicates},
        "fingerprint": fingerprint([one.fingerprint for one in replicates])[:12],
        "model": model.name,
        "precision": model.precision,
        "prompt": variant.prompt.name,
        "floor": model.is_floor,
        "kind": model.kind,
        "trained": bool(model.recipe or model.adapter),
        "trained_in": _trained_in(variant),
        "own_limits": context != plan.suite.tables.contexts[context.name],
        "context": {"source": context.source, "k": context.k, "budget": context.budget},
        "retrieval": None if context.source == "none" else plan.retrievers[context].signature,
    }


def _trained_in(variant: Variant) -> str | None:
    """The prompt its weights were trained in, where it is asked in another; None where not, or
    where nobody says."""
    adapter = variant.model.adapter
    trained = recorded_prompt(read_record(adapter)) if adapter else None
    if trained is None or trained.identity == variant.prompt.identity:
        return None
    return trained.name


def _signature(plan: Plan, variants: list[Variant]) -> str:
    """Everything that could change the figures, in one line."""
    suite = plan.suite
    models = [one.model for one in variants if not one.model.is_floor]
    prompts = [one.prompt for one in variants if not one.model.is_floor and one.prompt.name]
    shots = max((one.shots for one in prompts), default=0)
    parts = [
        f"suite:{suite.name}",
        *_once(f"model {one.label}:{','.join(_model(plan, one))}" for one in models),
        f"data:{data_identity(suite.data)[:8]}",
        f"split:{suite.split}",
        f"n:{len(plan.asked)}",
        f"seed:{suite.seed}",
        f"shots:{shots}" + (",train,no-shared-evidence" if shots else ""),
        *_once(f"prompt {one.name}:{fingerprint(one.identity)[:8]}" for one in prompts),
        *_once(_context(plan, one) for one in variants if one.context.source != "none"),
        *_once(_decoding(one) for one in variants if one.model.kind in ("local", "served")),
        *_once(_threshold(one.threshold) for one in variants if one.threshold),
        f"batch:{suite.batch_size}",
        f"device:{device()}",
        signature(plan.metrics),
        f"intervals:95%,{INTERVAL_METHOD},by shared evidence"
        f"{',and over seeds and draws' if any(one.replicate for one in variants) else ''}; "
        "rates:Wilson",
        f"task:{VERSION}",
        f"code:{version('policyqa-bench')}",
        *(f"{name}:{version(name)}" for name in LIBRARIES),
    ]
    return " | ".join(parts)


def _model(plan: Plan, model: Model) -> list[str]:
    """What determines its answers."""
    what = model.identity
    if model.kind == "answers":
        return [f"file@{what['file'][:8]}"]
    if model.kind == "call":
        return [f"{model.base}@{what['source'][:8]}"]
    parts = [what["base"], what["engine"]]
    if what.get("options"):
        parts.append(f"options@{fingerprint(what['options'])[:8]}")
    if what.get("adapter"):
        recipe = plan.recipes[model.label].name if model.recipe else "adapter"
        parts.append(f"{recipe}@{what['adapter'][:12]}")
    return [*parts, *([model.precision] if model.precision else [])]


def _context(plan: Plan, variant: Variant) -> str:
    context = variant.context
    limits = f"k{context.k},budget{context.budget},{context.show},method{CONTEXT_METHOD}"
    found = plan.retrievers[context].signature
    return f"context {context.name}:{context.source},{limits},{found}"


def _decoding(variant: Variant) -> str:
    decoding = variant.decoding
    stops = fingerprint(list(decoding.stop))[:8]
    drawn = f"temperature{decoding.temperature:g},draws{decoding.repeats}"
    likeliest = f"beams{decoding.beams}" if decoding.beams > 1 else "greedy"
    how = drawn if decoding.temperature else likeliest
    return f"decoding:{how},max{decoding.max_tokens},stop@{stops}"


def _threshold(threshold: AnswerThreshold) -> str:
    limits = {"nearness": threshold.nearness, "likelihood": threshold.likelihood}
    asked = [f"{name}≥{least:g}" for name, least in limits.items() if least is not None]
    says = f"refusal@{fingerprint(threshold.refusal)[:8]}"
    return f"threshold {threshold.name}:{','.join([*asked, says])}"


def _once(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(lines))
