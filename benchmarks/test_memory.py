"""
Memory that fresh processes take.

Weights, and the peak of a process that answers or learns, by precision, against float32, and what
the formula says of weights; and what it says a training takes, against that of `policyqa train`.
"""

import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from peft import get_peft_model

from benchmarks.conftest import MODEL, report
from finetune.recipe import load_recipe
from finetune.trainer import adapter_config
from harness.models import catalogue
from harness.models.precision import PRECISIONS, Precision, load_base
from harness.models.weights import memory_of
from policyqa.dry_run import dry_run
from policyqa.progress import Watch
from tasks.policyqa.questions import DATA

ANSWERING = """
import sys
from pathlib import Path
from lm_eval.api.instance import Instance
from harness.models.loading import load_model
precision = sys.argv[2]
model = load_model(sys.argv[1], None if precision == "fp32" else precision, 1)
model.use_adapter(Path(sys.argv[3]) if sys.argv[3:] else None)
settings = {"until": [], "max_gen_toks": 16, "do_sample": False}
model.generate_until([Instance("generate_until", {}, ("Who?", settings), 0)], True)
print(model.model.get_memory_footprint())
"""
LEARNING = """
import sys
import torch
from peft import get_peft_model
from finetune.recipe import load_recipe
from finetune.trainer import adapter_config
from harness.models import catalogue
from harness.models.precision import load_base
base = load_base(catalogue.resolve(sys.argv[1]), sys.argv[2])
print(base.get_memory_footprint())
recipe = load_recipe("smollm2-135m-sft")
model = get_peft_model(base, adapter_config(recipe, base)).train()
ids = torch.arange(64)[None]
model(input_ids=ids, labels=ids).loss.backward()
"""
"""One example of 64 tokens, forward and backward."""
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


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights put on every attention layer of the real small model."""
    base = load_base(catalogue.resolve(MODEL), "fp32")
    folder = tmp_path_factory.mktemp("adapter")
    adapted = get_peft_model(base, adapter_config(load_recipe(f"{MODEL}-sft"), base))
    adapted.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("precision", ["bf16", "int8", "nf4"])
@pytest.mark.parametrize("what", ["answering", "answering with an adapter", "learning"])
def test_memory(benchmark: Any, adapter: Path, what: str, precision: Precision) -> None:
    code = LEARNING if what == "learning" else ANSWERING
    more = [str(adapter)] if what == "answering with an adapter" else []
    baseline = printed(code, MODEL, "fp32", *more)[-2:]
    variant = benchmark.pedantic(printed, args=(code, MODEL, precision, *more), rounds=1)[-2:]
    benchmark.extra_info.update({"bytes": variant, "baseline_bytes": baseline})
    sizes = zip(("weights", "peak"), map(int, variant), map(int, baseline), strict=True)
    ratios = {name: size / usual for name, size, usual in sizes}
    formula = {one: memory_of(MODEL, one) for one in (precision, "fp32")}
    told = formula[precision] / formula["fp32"]
    report(benchmark, "float32", {**ratios, "weights by the formula": told})


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
