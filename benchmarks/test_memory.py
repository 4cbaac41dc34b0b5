"""
Memory that fresh processes take.

Weights, and the peak of a process that answers, by precision; and what the formula says a training
takes, against the peak of `policyqa train`.
"""

import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.conftest import MODEL, report
from finetune.recipe import load_recipe
from harness.models.precision import PRECISIONS
from policyqa.dry_run import dry_run
from policyqa.progress import Watch
from tasks.policyqa.questions import DATA

ANSWERING = """
import sys
from lm_eval.api.instance import Instance
from harness.models.loading import load_model
precision = sys.argv[2]
model = load_model(sys.argv[1], None if precision == "fp32" else precision, 1)
settings = {"until": [], "max_gen_toks": 16, "do_sample": False}
model.generate_until([Instance("generate_until", {}, ("Who?", settings), 0)], True)
print(model.model.get_memory_footprint())
"""
TRAINING = """
import sys
from policyqa.cli import app
app(["train", sys.argv[1], "--out", sys.argv[2]], standalone_mode=False)
"""
PEAK = """
from pathlib import Path
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024)
"""


@lru_cache
def printed(code: str, *arguments: str) -> list[str]:
    """The lines that a fresh process prints: the last is the most bytes it had resident."""
    command = [sys.executable, "-c", code + PEAK, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_memory(benchmark: Any, precision: str) -> None:
    baseline = printed(ANSWERING, MODEL, "fp32")[-2:]
    variant = benchmark.pedantic(printed, args=(ANSWERING, MODEL, precision), rounds=1)[-2:]
    benchmark.extra_info.update({"bytes": variant, "baseline_bytes": baseline})
    sizes = zip(("weights", "peak"), map(int, variant), map(int, baseline), strict=True)
    report(benchmark, "float32", {name: size / usual for name, size, usual in sizes})


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(
    ("name", "checkpointing"),
    [
        ("smollm2-135m-sft", False),
        ("smollm2-135m-sft", True),
        ("smollm2-135m-sft-rag", False),
    ],
)
def test_training_memory(
    benchmark: Any, tmp_path: Path, name: str, precision: str, checkpointing: bool
) -> None:
    """Three updates; the first is of the longest examples."""
    changes = {"gradient_checkpointing": checkpointing, "limit": 24, "epochs": 1.0}
    recipe = load_recipe(name, precision=precision, **changes)
    file = tmp_path / "recipe.yaml"
    file.write_text(yaml.safe_dump(recipe.model_dump(mode="json", exclude={"name"})))
    told = dry_run(recipe, DATA, Watch())["memory"]
    arguments = (TRAINING, str(file), str(tmp_path / "checkpoint"))
    peak = int(benchmark.pedantic(printed, args=arguments, rounds=1)[-1])
    benchmark.extra_info.update({"estimated": told, "measured": peak})
    report(benchmark, "the measured peak", {"estimate": told["peak"] / peak})
