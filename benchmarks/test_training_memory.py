"""What the formula says a training takes, against the peak of a fresh `policyqa train` process."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.conftest import report
from finetune.recipe import load_recipe
from harness.models.precision import PRECISIONS
from policyqa.dry_run import dry_run
from policyqa.progress import Watch
from tasks.policyqa.questions import DATA

MEASURED = """
import sys
from pathlib import Path
from policyqa.cli import app
app(["train", sys.argv[1], "--out", sys.argv[2]], standalone_mode=False)
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024)
"""


def peak_of(file: Path, folder: Path) -> int:
    """The most bytes that a process had resident which trained the recipe in ``file``."""
    command = [sys.executable, "-c", MEASURED, str(file), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[-1])


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
    peak = benchmark.pedantic(peak_of, args=(file, tmp_path / "checkpoint"), rounds=1)
    benchmark.extra_info.update({"estimated": told, "measured": peak})
    report(benchmark, "the measured peak", {"estimate": told["peak"] / peak})
