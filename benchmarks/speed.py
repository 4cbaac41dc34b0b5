"""
Print what a suite takes beside the stock harness, and which share of the machine's limit that is.

    python -m benchmarks.speed --questions 100 --batches 16 60 100 --rounds 2

Whole processes in turns, on the same questions, with nothing kept from before but the models'
files: `policyqa run` of base × {plain, engineered, rag}, and `lm_eval --model hf` on the same tasks
at each batch size. The limit is the rate at which the machine multiplies matrices of float32, the
best of several sizes, libraries and numbers of threads; beside it stands how fast memory is read.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import yaml

from harness.files import cache_folder
from harness.models import catalogue
from harness.models.onednn import by_onednn
from harness.reading import read_json_lines
from tasks.policyqa.questions import DATA

PROMPTS = ("plain", "engineered", "rag")
MODEL = "smollm2-135m"
ROOT = Path(__file__).parents[1]
SEED = 7
SIZES = ((64, 576, 1536), (512, 576, 1536), (2048, 2048, 2048))
"""Of matrices: rows, and what they are multiplied by."""
SECONDS = 0.5
"""Of each measurement of the machine's rate."""


def machine_rates() -> dict[str, float]:
    """Floating-point operations a second of each library that multiplies matrices of float32
    here: the best of the sizes, and of one thread and as many as there are."""
    import torch

    found: dict[str, float] = {}
    for rows, inner, outer in SIZES:
        left, right = np.ones((rows, inner), np.float32), np.ones((outer, inner), np.float32)
        pair = torch.from_numpy(left), torch.from_numpy(right)
        linear = by_onednn(torch.nn.Linear(inner, outer, bias=False))
        products = {
            "OpenBLAS of numpy": partial(np.matmul, left, right.T),
            "MKL of PyTorch": partial(torch.nn.functional.linear, *pair),
            "oneDNN of PyTorch": partial(linear, pair[0]),
        }
        for threads in {1, os.cpu_count() or 1}:
            torch.set_num_threads(threads)
            with torch.inference_mode():
                for name, product in products.items():
                    rate = 2 * rows * inner * outer * _a_second(product)
                    found[name] = max(rate, found.get(name, 0.0))
    return found


def memory_rate() -> float:
    """Bytes a second that are read, of a gigabyte which no cache holds."""
    import torch

    much = torch.ones(2**28)
    return much.nbytes * _a_second(much.sum)


def _a_second(act: Callable[[], object]) -> float:
    act()
    times, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        act()
        times += 1
    return times / (time.perf_counter() - began)


def some_questions(folder: Path, count: int) -> Path:
    """The policy set with so many of its test questions, and all its documents."""
    shutil.copytree(DATA, folder)
    lines = [line for _, line in read_json_lines(DATA / "questions.jsonl")]
    test = [line for line in lines if line["split"] == "test"]
    kept = random.Random(SEED).sample(test, count)  # noqa: S311
    text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in kept)
    (folder / "questions.jsonl").write_text(text, encoding="utf-8")
    return folder


def a_home(folder: Path) -> dict[str, str]:
    """An environment with an empty cache of its own, which has the models' files alone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "models").symlink_to(cache_folder("models"))
    return os.environ | {"POLICYQA_HOME": str(folder), "PYTHONPATH": str(ROOT)}


def timed(command: list[str], home: Path) -> float:
    """Seconds of a process."""
    began = time.perf_counter()
    done = subprocess.run(command, env=a_home(home), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2_000:]}")
    return time.perf_counter() - began


def ours(data: Path, work: Path, batch: int) -> float:
    """Seconds of ``policyqa run``."""
    shutil.rmtree(work / "ours", ignore_errors=True)
    suite = work / "speed.yaml"
    said = {"name": "speed", "model": MODEL, "data": str(data), "floors": [], "batch_size": batch}
    suite.write_text(yaml.safe_dump(said | {"variants": [f"base/{one}" for one in PROMPTS]}))
    command = [sys.executable, "-m", "policyqa", "run", str(suite), "--out", str(work / "ours")]
    return timed(command, work / "home-ours")


def stock(data: Path, work: Path, batch: int) -> float:
    """Seconds of ``lm_eval --model hf``, which takes the three tasks together."""
    out = work / f"stock-{batch}"
    command = [
        *(sys.executable, "-m", "lm_eval", "run", "--model", "hf"),
        *("--model_args", f"pretrained={catalogue.resolve(MODEL)},dtype=float32"),
        *("--tasks", ",".join(f"policyqa_{one}" for one in PROMPTS)),
        *("--include_path", str(ROOT / "tasks"), "--batch_size", str(batch), "--device", "cpu"),
        *("--metadata", json.dumps({"data": str(data)}), "--log_samples"),
        *("--output_path", str(out)),
    ]
    return timed(command, work / f"home-{batch}")


def answers(folder: Path, prompt: str) -> Iterator[tuple[str, str, str]]:
    """Id, prompt and answer of each line of a prompt's log."""
    for log in folder.rglob("samples_*.jsonl"):
        if f"_{prompt}_" in log.name:
            for _, line in read_json_lines(log):
                asked = line["arguments"]["gen_args_0"]["arg_0"]
                yield line["doc"]["id"], asked, line["filtered_resps"][0].strip()


def operations(folder: Path) -> float:
    """Of reading the prompts and writing the answers, each token once: 2 a weight and token."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    where = catalogue.resolve(MODEL)
    tokenizer = AutoTokenizer.from_pretrained(where)
    import torch

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(where))
    head = model.get_output_embeddings().weight.numel()
    weights = sum(one.numel() for one in model.parameters()) - head
    read = written = 0
    for prompt in PROMPTS:
        for _, asked, answer in answers(folder, prompt):
            read += len(tokenizer(asked)["input_ids"])
            written += len(tokenizer(answer)["input_ids"])
    return 2.0 * weights * (read + written) + 2.0 * head * written


def print_speed() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--batch", type=int, default=100, help="of policyqa run")
    parser.add_argument("--batches", type=int, nargs="+", default=[16, 60, 100], help="of lm_eval")
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    rates, memory = machine_rates(), memory_rate()
    for name, rate in rates.items():
        print(f"{name}: {rate / 1e9:.0f} GFLOPS of float32")
    print(f"memory: {memory / 1e9:.0f} GB a second", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        data = some_questions(work / "data", asked.questions)
        turns = {"policyqa run": partial(ours, data, work, asked.batch)} | {
            f"lm_eval --model hf, batch {batch}": partial(stock, data, work, batch)
            for batch in asked.batches
        }
        seconds: dict[str, list[float]] = {name: [] for name in turns}
        for _ in range(asked.rounds):
            for name, turn in turns.items():
                seconds[name].append(turn())
                print(f"{name}: {seconds[name][-1]:.0f} s", flush=True)
        for batch in asked.batches:
            _print_same(work, batch)
        work_done = operations(work / "ours")
    print(f"the work: {work_done / 1e12:.2f} TFLOP")
    usual = median(seconds["policyqa run"])
    for name, took in seconds.items():
        middle = median(took)
        share = work_done / middle / max(rates.values())
        print(
            f"{name}: {middle:.0f} s ({', '.join(f'{one:.0f}' for one in took)}), "
            f"{share:.0%} of the limit, {middle / usual:.2f} of ours"
        )


def _print_same(work: Path, batch: int) -> None:
    for prompt in PROMPTS:
        one = {key: answer for key, _, answer in answers(work / "ours", prompt)}
        other = {key: answer for key, _, answer in answers(work / f"stock-{batch}", prompt)}
        same = sum(one[key] == other.get(key) for key in one)
        print(f"{prompt}, batch {batch}: {same} of {len(one)} answers the same", flush=True)


if __name__ == "__main__":
    print_speed()
