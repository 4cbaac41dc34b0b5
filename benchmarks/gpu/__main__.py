"""
Print what a model of LLaMA-2-7B's shape takes and does on a GPU, in under ten minutes.

    python -m benchmarks.gpu --out gpu
    python -m benchmarks.gpu --out gpu-tiny --tiny

Weights are random, in a folder of 14 GB. Each stage is a process with a limit of time; what is
finished is printed and kept in ``gpu.json`` and ``gpu.md`` at once, and not measured again when the
command is given again. The formula beside the peak is that of ``policyqa train --dry-run``; where
models answer it is of the weights alone. ``--tiny`` tries everything with a tiny model, also on a
processor.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.gpu.made import SEVEN, TINY, Shape
from harness.files import write_json, write_whole
from harness.models.precision import device
from harness.reading import read_json

LIMITS: Mapping[str, float] = {
    "made": 90,
    "hf bf16": 70,
    "training int8": 75,
    "hf int8": 90,
    "vllm bf16": 110,
    "hf nf4": 60,
    "training nf4": 55,
    "training bf16": 45,
}
"""Seconds of each stage, what matters most first; less than ten minutes together."""
FILE = "gpu.json"
GIB = 2**30


def print_gpu(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--stage", choices=LIMITS, help="this one alone, in this process")
    asked = parser.parse_args(arguments)
    shape = TINY if asked.tiny else SEVEN
    if asked.stage:
        measure(asked.stage, shape, asked.out)
    else:
        carry_out(shape, asked.out, LIMITS)


def carry_out(shape: Shape, out: Path, limits: Mapping[str, float]) -> None:
    """Every stage that is not finished, each in a process with so many seconds."""
    out.mkdir(parents=True, exist_ok=True)
    for stage, limit in limits.items():
        if not (left := missing(stage, shape, out)):
            continue
        if stage.startswith("vllm") and find_spec("vllm") is None:
            print(f"{stage}: not measured, vllm is not installed", flush=True)
            continue
        tiny = ["--tiny"] if shape == TINY else []
        command = ["-m", "benchmarks.gpu", "--out", str(out), "--stage", stage, *tiny]
        why = _stopped([sys.executable, *command], limit, out / f"{stage.replace(' ', '-')}.log")
        if why:
            print(f"{stage}: {why}, of batches {left}", flush=True)


def measure(stage: str, shape: Shape, out: Path) -> None:
    """What of a stage is not measured yet: printed and kept, figure by figure."""
    from benchmarks.gpu.stages import MEASURED

    versions = {one: version(one) for one in ("torch", "transformers", "bitsandbytes", "peft")}
    said = {"device": device(), "versions": versions, "shape": asdict(shape)}
    for figures in MEASURED[stage](shape, out, missing(stage, shape, out)):
        measured = [*_kept(out), {"stage": stage, **figures}]
        write_json(out / FILE, {**said, "measured": measured})
        write_whole(out / "gpu.md", table(measured))
        print(_row(measured[-1]), flush=True)


def missing(stage: str, shape: Shape, out: Path) -> list[int]:
    """The batches of a stage of which nothing is kept in ``out``."""
    kept = {one["batch"] for one in _kept(out) if one["stage"] == stage}
    return [batch for batch in shape.batches_of(stage) if batch not in kept]


def table(measured: Sequence[Mapping[str, Any]]) -> str:
    """As Markdown, a row each."""
    head = ["stage", "batch", "tokens a second", "peak, GiB", "formula, GiB", "first as alone"]
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    return "\n".join([*lines, *map(_row, measured)]) + "\n"


def _row(figures: Mapping[str, Any]) -> str:
    sizes = [figures.get(name) for name in ("peak", "formula")]
    rate, same = figures.get("tokens a second"), figures.get("first as alone")
    cells = [
        *(figures["stage"], str(figures["batch"]), "–" if rate is None else f"{rate:,.1f}"),
        *("–" if size is None else f"{size / GIB:.2f}" for size in sizes),
        "–" if same is None else "yes" if same else "no",
    ]
    return f"| {' | '.join(cells)} |"


def _kept(out: Path) -> list[dict[str, Any]]:
    found = read_json(out / FILE) if (out / FILE).is_file() else {"measured": []}
    return list(found["measured"])


def _stopped(command: list[str], limit: float, log: Path) -> str | None:
    """Why a process did not finish in so many seconds; None where it did. Its log is in a file."""
    with log.open("w", encoding="utf-8") as errors:
        running = subprocess.Popen(command, stderr=errors, start_new_session=True)
        try:
            status = running.wait(limit)
        except subprocess.TimeoutExpired:
            return f"stopped after {limit:g} s"
        finally:
            if running.poll() is None:  # With all that it started.
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
    return f"failed with status {status}, see {log}" if status else None


if __name__ == "__main__":
    print_gpu()
