"""A made-up run of a matrix of variants, of which every figure is known."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.reports.made_up import Sample, made_up_sample, write_run

LEVELS = {
    "base/plain": 0.0,
    "base/chat": 0.01,
    "base/engineered": 0.02,
    "base/rag": 0.2,
    "sft/plain": 0.1,
    "sft/rag": 0.35,
    "sft/rag@int8": 0.33,
    "sft/oracle": 0.5,
    "sft/misled": 0.05,
}
"""What each variant adds to the scores of questions with evidence; of the others, nothing."""
FRAMEWORKS = {"old": range(24), "new": range(24, 36), "newer": range(36, 48)}
"""What 48 questions are about; every fourth has no evidence."""


def matrix_samples(
    levels: Mapping[str, float] = LEVELS,
    noise: float = 0.0,
    costs: Mapping[str, dict[str, float]] | None = None,
) -> dict[str, list[Sample]]:
    """Of each variant the samples of 48 questions, each with a section of its own.

    Args:
        levels: what each variant adds.
        noise: how far scores of a variant go up or down, question by question.
        costs: of a question, by variant.
    """
    common, samples = _numbers("all"), {}
    for name, level in levels.items():
        own = _numbers(name)
        samples[name] = [
            made_up_sample(
                number=i,
                level=0.1 + 0.3 * common[i] + noise * (own[i] - 0.5) + (level if i % 4 else 0.0),
                evidence=[f"f/s{i}"] if i % 4 else [],
                shown=[],
                answer=f" answer {i}",
                cost=(costs or {}).get(name),
            )
            for i in range(48)
        ]
        for i, sample in enumerate(samples[name]):
            about = next(one for one, numbers in FRAMEWORKS.items() if i in numbers)
            sample["doc"] |= {"framework": about, "kind": "list" if i % 4 else "unanswerable"}
    return samples


def write_matrix_run(run: Path, samples: Mapping[str, Sequence[Sample]], **suite: Any) -> Path:
    """A finished run of these variants."""
    made = {name: list(one) for name, one in samples.items()}
    return write_run(run, made, **{"name": "matrix", "model": "m", **suite})


def _numbers(seed: str) -> list[float]:
    """48 numbers in [0, 1)."""
    rng = random.Random(seed)  # noqa: S311
    return [rng.random() for _ in range(48)]
