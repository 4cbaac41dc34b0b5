"""A made-up run that varies the context; runs changed, shown and asked for by the command line."""

import io
import json
import random
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from harness.runs import VARIANT_RECORD, variant_folder
from harness.seal import FILES, SEAL, write_sealed
from reports.comparison import Comparison
from reports.terminal import show_comparison
from tests.reports.made_up import Sample, made_up_sample, write_run

GAIN = {0: 0.0, 100: 0.05, 400: 0.2, 800: 0.2, 2000: 0.2}
"""Of the budgets at k = 20: what each adds to every score."""
FOUND = {0: 0, 100: 10, 400: 24, 800: 30, 2000: 30}
"""Of the 30 questions with evidence, those whose context shows it."""
NOISE = {800: 0.1}
"""Of the budgets: how far scores go up, down or not at all, alike in the questions of a section."""

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def write_sweep_run(folder: Path, sharing: int = 2) -> Path:
    """A finished run of forty questions, so many ``sharing`` a section: a curve over five budgets,
    the oracle and the base."""
    variants = {"base/plain": _samples(sharing, -0.1, 0)}
    for budget in reversed(GAIN):  # A suite may name them in any order.
        samples = _samples(sharing, GAIN[budget], FOUND[budget], NOISE.get(budget, 0.0), budget)
        variants[f"sft-rag/rag+k=20+budget={budget}"] = samples
    variants["sft-rag/oracle"] = _samples(sharing, 0.15, 30)
    variants["sft-rag/oracle+budget=2000"] = _samples(sharing, 0.3, 30, budget=2000)
    suite = {"name": "sweep", "model": "<b>$model$</b>", "split": "validation", "batch_size": 8}
    return write_run(folder, variants, **suite)


@pytest.fixture
def sweep_run(tmp_path: Path) -> Path:
    """The same, for one test."""
    return write_sweep_run(tmp_path / "sweep")


@contextmanager
def amending(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON object in a file, written back as it is left, and sealed if it was.

    The records of a manifest's variants are made to be of the same replicates.
    """
    content = json.loads(path.read_text())
    sealed = content.pop(SEAL, None)
    yield content
    if not sealed:
        path.write_text(json.dumps(content))
        return
    write_sealed(path, content, path.parent.rglob("samples_*.jsonl") if FILES in content else ())
    for name, said in content.get("variants", {}).items():
        record_path = variant_folder(path.parent, name) / VARIANT_RECORD
        if record_path.exists():
            with amending(record_path) as record:
                record["replicates"] = said["replicates"]


def rewritten(log: Path, lines: Iterable[Any]) -> None:
    """A sample log of these lines, objects or their JSON, for which its variant's record stands."""
    texts = (one if isinstance(one, str) else json.dumps(one) for one in lines)
    log.write_text("".join(f"{text}\n" for text in texts))
    with amending(log.with_name(VARIANT_RECORD)):
        pass


def shown(comparison: Comparison) -> str:
    """What a terminal of 80 columns shows."""
    console = Console(file=io.StringIO(), width=80, color_system=None)
    show_comparison(comparison, console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def _samples(
    sharing: int, shift: float, found: int, noise: float = 0.0, budget: int = 0
) -> list[Sample]:
    """Of one variant: thirty questions with evidence, ``found`` of them shown it, and ten without.

    What a variant gains on the thirty it loses on the ten.
    """
    rng = random.Random(1)  # noqa: S311
    cost = {"prompt_tokens": 80.0 + budget, "answer_tokens": 12.0, "seconds": 0.5 + budget / 1000}
    samples = []
    for i in range(40):
        section = i // sharing
        evidence = [f"f/s{section}"] if i < 30 else []
        context = [*evidence, "f/other"] if i < found else ["f/other"]
        change = shift + noise * (section % 3 - 1)
        level = rng.uniform(0.1, 0.5) + (change if evidence else -change)
        context = context if found else []
        samples.append(made_up_sample(i, level, evidence, context, f" answer {i}", cost))
    return samples


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()
