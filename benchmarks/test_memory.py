"""Memory of the weights, and peak memory of a fresh process that answers, by precision."""

import json
import subprocess
import sys
from functools import lru_cache
from typing import Any

import pytest

from benchmarks.conftest import MODEL, report

FRESH = """
import json, resource, sys
from lm_eval.api.instance import Instance
from harness.models.loading import load_model
precision = sys.argv[2]
model = load_model(sys.argv[1], None if precision == "fp32" else precision, 1)
settings = {"until": [], "max_gen_toks": 16, "do_sample": False}
model.generate_until([Instance("generate_until", {}, ("Who?", settings), 0)], True)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"weights": model.model.get_memory_footprint(), "peak": peak}))
"""


@lru_cache
def measured(precision: str) -> dict[str, int]:
    """Bytes of weights and of the process at its peak."""
    command = [sys.executable, "-c", FRESH, MODEL, precision]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_memory(benchmark: Any, precision: str) -> None:
    baseline = measured("fp32")
    variant = benchmark.pedantic(measured, args=(precision,), rounds=1)
    benchmark.extra_info.update({"bytes": variant, "baseline_bytes": baseline})
    ratios = {name: variant[name] / baseline[name] for name in ("weights", "peak")}
    report(benchmark, "float32", ratios)
