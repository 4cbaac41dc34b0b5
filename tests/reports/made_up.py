"""Run folders as a finished run leaves them, without a model: made-up answers and scores."""

import json
import random
from pathlib import Path
from typing import Any

from harness.metrics import Row, description, make_metrics
from harness.metrics.structure import Repetition
from harness.runs import MANIFEST, VARIANT_RECORD, variant_folder
from harness.seal import write_sealed
from harness.variants import Variant
from policyqa.scoring import COSTS
from policyqa.suite import Suite

FLOORS = {"floor/echo": -0.1, "floor/sentence": 0.05}
SHIFT = {
    "base/plain": 0.0,
    "sft/plain": 0.1,
    "sft/engineered": 0.0,
    "sft-rag/rag": 0.3,
    "sft-rag/engineered": -0.1,
}
HOSTILE = "<script>alert(1)</script> | [bold]x[/bold]"
REFUSAL = " The sections do not say."

Sample = dict[str, Any]


def made_up_sample(
    number: int, level: float, evidence: list[str], shown: list[str], answer: str, cost: Any
) -> Sample:
    """A line of a sample log: metrics of quality have ``level``, or 1 less it where less is better,
    and rates what the answer earns them.

    Without evidence its question is unanswerable.
    """
    doc = {
        "id": f"q{number}",
        "question": f"What of q{number}?",
        "answerable": bool(evidence),
        "evidence": evidence,
        "context_ids": shown,
        **dict.fromkeys(("prompt", "context", "best_passage"), ""),
    }
    row = Row("", answer, ("",), bool(evidence), tuple(evidence), "", tuple(shown))
    # Of ten words in either text as many are found at every length: corpus BLEU is the mean.
    of_quality = {"mean": level, "corpus": [10.0, 10.0, *[10 * level] * 4, *[10.0] * 4]}
    found: dict[str, Any] = {
        metric.name: metric.score([row])[0] if metric.kind == "rate" else of_quality[metric.kind]
        for metric in make_metrics()
    }
    found[Repetition.name] = 1 - level
    values = {name: value for name, value in found.items() if value is not None}
    return {
        "doc": doc,
        "filtered_resps": [answer],
        "metrics": list(values),
        "cost": cost,
        **values,
    }


def write_run(run: Path, samples: dict[str, list[Sample]], **suite: Any) -> Path:
    """A finished run of a suite with these fields: its manifest, and of each variant the samples.

    The samples of a variant cost the same.
    """
    floors = [name.removeprefix("floor/") for name in samples if name.startswith("floor/")]
    names = [name for name in samples if not name.startswith("floor/")]
    wanted = Suite(variants=names, floors=floors, **suite)
    nothing = dict.fromkeys(COSTS)
    for variant in wanted.resolved:
        folder = variant_folder(run, variant.name)
        folder.mkdir(parents=True)
        lines = "".join(json.dumps(sample) + "\n" for sample in samples[variant.name])
        log = folder / "samples_policyqa_2026-01-01.jsonl"
        log.write_text(lines)
        record = {
            "variant": variant.name,
            "replicates": described(variant)["replicates"],
            "cost": nothing | (samples[variant.name][0]["cost"] or {}),
            "unanswered": [],
            "served_by": [],
            "answered_by": [] if variant.model.is_floor else ["0.5.0"],
        }
        write_sealed(folder / VARIANT_RECORD, record, [log])
    manifest = {
        "suite": wanted.model_dump(mode="json"),
        "variants": {one.name: described(one) for one in wanted.resolved},
        "baseline": wanted.baseline_name,
        "metrics": {metric.name: description(metric) for metric in make_metrics(wanted.metrics)},
        "scored_on": {
            "data": "d" * 64,
            "split": wanted.split,
            "task version": 3.0,
        },
        "tried": None,
        "evidence": {},
        "frameworks": {},
        "claims": [],
        "versions": {"policyqa-bench": "0.5.0", "lm_eval": "0.4.13", "torch": "2.13.0"},
        "machine": {"processor": "abacus", "cores": 2, "device": "cpu"},
        "signature": f"suite:{wanted.name} | model base:{wanted.model} | seed:7 | code:0.5.0",
    }
    write_sealed(run / MANIFEST, manifest)
    return run


def described(variant: Variant) -> dict[str, Any]:
    """What a manifest says of a variant, as far as reports read it."""
    context, model = variant.context, variant.model
    return {
        "fingerprint": f"of {variant.name}",
        "model": model.name,
        "precision": model.precision,
        "prompt": variant.prompt.name,
        "floor": model.is_floor,
        "kind": model.kind,
        "trained": bool(model.recipe),
        "trained_in": None,
        "own_limits": "=" in variant.name,
        "context": {"source": context.source, "k": context.k, "budget": context.budget},
        "retrieval": None,
        "replicates": {
            "": {
                part: of.identity
                for part in ("prompt", "context", "decoding", "threshold")
                if (of := getattr(variant, part))
            }
        },
    }


def write_made_up_run(run: Path) -> Path:
    """Forty questions, thirty of them in ten sections, under two floors and five variants.

    Each variant is base plus a constant. A quarter is unanswerable, and answered by all but the
    RAG-enhanced, which is shown the evidence of two thirds of the rest and refuses the others.
    """
    cost = {"prompt_tokens": 1230.0, "answer_tokens": 12.5, "seconds": 0.5}
    samples: dict[str, list[Sample]] = {}
    for name, shift in (FLOORS | SHIFT).items():
        rng = random.Random(1)  # noqa: S311
        samples[name] = []
        for i in range(40):
            evidence = [f"f/s{i // 4}"] if i % 4 else []
            shows = name == "sft-rag/rag" and i % 4 in (1, 2)
            refuses = name == "sft-rag/rag" and not shows
            one = made_up_sample(
                number=i,
                level=rng.uniform(0.1, 0.5) + shift,
                evidence=evidence,
                shown=evidence if shows else [],
                answer=REFUSAL if refuses else f" answer {i}",
                cost=None if name in FLOORS else cost,
            )
            samples[name].append(one)
    return write_run(run, samples, name="quick", model=HOSTILE, published="llama2-7b")
