"""
Measurements of speed, memory and tokens, each as a ratio to a named baseline of the same run.

    make bench
    make bench-compare        # with those that are kept

Absolute times of a shared machine are noise: baseline and variant are run in turns, and the ratio
of their medians is printed and kept in the JSON (``extra_info``).
"""

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import pytest
from lm_eval.api.instance import Instance

from harness.models.policyqa_hf import PolicyQALM
from harness.variants import Decoding
from rag.context import Excerpt
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.prompts import render, shipped_prompt
from tasks.policyqa.questions import DATA, in_split, load_questions

MODEL = "smollm2-135m"
ANSWER_TOKENS = 32
QUESTIONS = 32
LINES: list[str] = []

Requests = Callable[..., list[Instance]]


@pytest.fixture(scope="session")
def model() -> Iterator[PolicyQALM]:
    """The real small model in float32."""
    yield PolicyQALM(pretrained=MODEL, device="cpu", batch_size=1)


@pytest.fixture(scope="session")
def requests_for() -> Requests:
    """Makes lm-eval requests of so many validation questions under a prompt variant."""
    sections = load_corpus(DATA)
    questions = in_split(load_questions(DATA, [s.id for s in sections]), "validation")
    retriever = Retriever(sections)

    def make(
        prompt: str, count: int = QUESTIONS, max_tokens: int = ANSWER_TOKENS
    ) -> list[Instance]:
        texts = [question.question for question in questions[:count]]
        found = retriever.contexts(texts) if prompt == "rag" else [Excerpt()] * len(texts)
        put, settings = shipped_prompt(prompt), Decoding(max_tokens=max_tokens).identity
        prompts = [render(put, *pair) for pair in zip(texts, (c.text for c in found), strict=True)]
        return [
            Instance("generate_until", {}, (text, settings), i) for i, text in enumerate(prompts)
        ]

    return make


def report(
    benchmark: Any, baseline: str, ratios: dict[str, float], more_is_better: bool = False
) -> None:
    """Keep ratios to ``baseline`` in the JSON and print them at the end of the run."""
    told = {"baseline": baseline, "more is better": more_is_better, "ratios": ratios}
    benchmark.extra_info.update(told)
    shown = ", ".join(f"{name} × {ratio:.2f}" for name, ratio in ratios.items())
    LINES.append(f"{benchmark.name}: {shown} of {baseline}")


def in_turns(
    benchmark: Any, variant: Callable[[], Any], baseline: Callable[[], Any], rounds: int = 3
) -> float:
    """Time ``variant`` and ``baseline`` in turns after a warm-up; their medians' ratio."""
    times = []

    def run_baseline() -> None:
        start = time.perf_counter()
        baseline()
        times.append(time.perf_counter() - start)

    benchmark.pedantic(variant, setup=run_baseline, rounds=rounds, warmup_rounds=1)
    return float(benchmark.stats.stats.median / median(times[1:]))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print every ratio."""
    if LINES:
        terminalreporter.section("ratios to the baseline of the same run")
        for line in LINES:
            terminalreporter.write_line(line)
