"""A made-up run that varies the context."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from harness.metrics import METRICS
from harness.runs import Arm

GAIN = {0: 0.0, 100: 0.05, 400: 0.2, 800: 0.2, 2000: 0.2}
"""Of the budgets at k = 20: what each adds to every score."""
FOUND = {0: 0, 100: 10, 400: 24, 800: 30, 2000: 30}
"""Of the 30 questions with evidence, those whose context shows it."""
NOISE = {800: 0.1}
"""Of the budgets: how far scores go up, down or not at all, alike in the questions of a section."""


def write_sweep_run(folder: Path, sharing: int = 2) -> Path:
    """A finished run of forty questions: a curve over five budgets, the oracle and the base.

    Args:
        folder: where it is written.
        sharing: questions about one section.
    """
    arms = {"base/plain": _samples(sharing, -0.1, 0)}
    for budget in reversed(GAIN):  # A suite may name them in any order.
        samples = _samples(sharing, GAIN[budget], FOUND[budget], NOISE.get(budget, 0.0))
        arms[f"sft-rag/rag+k=20+budget={budget}"] = samples
    arms["sft-rag/oracle"] = _samples(sharing, 0.15, 30)
    arms["sft-rag/oracle+budget=2000"] = _samples(sharing, 0.3, 30)
    for arm, samples in arms.items():
        where = Arm.parse(arm).folder(folder)
        where.mkdir(parents=True)
        lines = "".join(json.dumps(sample) + "\n" for sample in samples)
        (where / "samples_policyqa_2026-01-01.jsonl").write_text(lines)
        budget = Arm.parse(arm).budget or 0
        usage = {
            "prompt_tokens": 80.0 + budget,
            "answer_tokens": 12.0,
            "seconds": 0.5 + budget / 1000,
        }
        (where / "arm.json").write_text(json.dumps({"arm": arm, "key": "k", "usage": usage}))
    (folder / "manifest.json").write_text(json.dumps(_manifest(list(arms))))
    return folder


@pytest.fixture
def sweep_run(tmp_path: Path) -> Path:
    """The same, for one test."""
    return write_sweep_run(tmp_path / "sweep")


def _samples(sharing: int, shift: float, found: int, noise: float = 0.0) -> list[dict[str, Any]]:
    """Of one arm: thirty questions with evidence, ``found`` of them shown it, and ten without.

    What an arm gains on the thirty it loses on the ten.
    """
    rng = random.Random(1)  # noqa: S311
    samples = []
    for i in range(40):
        section = i // sharing
        evidence = [f"f/s{section}"] if i < 30 else []
        context = [*evidence, "f/other"] if i < found else ["f/other"]
        change = shift + noise * (section % 3 - 1)
        samples.append(
            {
                "doc": {
                    "id": f"q{i}",
                    "evidence": evidence,
                    "context_ids": context if found else [],
                },
                "filtered_resps": [f" answer {i}"],
                **dict.fromkeys(METRICS, rng.uniform(0.1, 0.5) + (change if evidence else -change)),
                **({"over_refusal": 0.0} if evidence else {"false_answer": 1.0}),
            }
        )
    return samples


def _manifest(arms: list[str]) -> dict[str, Any]:
    return {
        "suite": {
            "name": "sweep",
            "model": "<b>$model$</b>",
            "arms": arms,
            "split": "validation",
            "seed": 7,
            "k": 2,
            "budget": 400,
            "batch_size": 8,
        },
        "machine": {"processor": "abacus", "cores": 2, "device": "cpu"},
        "metrics": "bertscore_f1:… | bleu:… | rouge_l:…",
        "retrieval": "index:12345678,k2,budget400",
        "versions": {"policyqa-bench": "0.1.0", "lm_eval": "0.4.13", "torch": "2.13.0"},
        "hashes": {
            "data": "d" * 64,
            "index": "i" * 64,
            "prompts": "p" * 64,
            "model": "m",
            "adapters": {},
        },
    }
