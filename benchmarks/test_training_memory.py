"""What the dry run says a training takes, against the peak of a fresh `policyqa train` process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.conftest import report
from finetune.recipe import load_recipe

ESTIMATED = """
import json, sys
from pathlib import Path
from rich.console import Console
from finetune.recipe import load_recipe
from policyqa.dry_run import dry_run
from policyqa.progress import Watch
from policyqa.quiet import quieten
from tasks.policyqa.questions import DATA
quieten()
watch = Watch(Console(stderr=True))
plan = dry_run(load_recipe(sys.argv[1]), DATA, watch, timing=False)
print(json.dumps(plan.as_json()["memory"]))
"""
MEASURED = """
import json, sys
from pathlib import Path
from policyqa.cli import app
app(["train", sys.argv[1], "--out", sys.argv[2]], standalone_mode=False)
lines = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
print(json.dumps({"peak": peak * 1024}))
"""
CASES = [
    *(("smollm2-135m-sft", precision, False) for precision in ("fp32", "bf16", "int8", "nf4")),
    *(("smollm2-135m-sft", precision, True) for precision in ("fp32", "bf16", "int8", "nf4")),
    *(("smollm2-135m-sft-rag", precision, False) for precision in ("fp32", "bf16", "int8", "nf4")),
]
"""Recipe, precision, gradient checkpointing."""


def told_by(code: str, *arguments: str) -> dict[str, int]:
    """The last line that a fresh process prints, as JSON."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize(("name", "precision", "checkpointing"), CASES)
def test_training_memory(
    benchmark: Any, tmp_path: Path, name: str, precision: str, checkpointing: bool
) -> None:
    """Three updates; the first is of the longest examples."""
    changes = {"gradient_checkpointing": checkpointing, "limit": 24, "epochs": 1.0}
    recipe = load_recipe(name, precision=precision, **changes)
    file = tmp_path / "recipe.yaml"
    file.write_text(yaml.safe_dump(recipe.model_dump(mode="json", exclude={"name"})))
    estimated = told_by(ESTIMATED, str(file))
    measured = benchmark.pedantic(
        told_by, args=(MEASURED, str(file), str(tmp_path / "checkpoint")), rounds=1
    )
    benchmark.extra_info.update({"estimated": estimated, "measured": measured["peak"]})
    report(benchmark, "the measured peak", {"estimate": estimated["peak"] / measured["peak"]})
