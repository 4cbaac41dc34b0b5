"""What is measured, a stage in a process of its own: answers by batch, and a training."""

import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from lm_eval.api.instance import Instance

from benchmarks.gpu.made import Shape, make_model, prompts
from finetune.examples import IGNORED, Example, Examples, tokenizer_of
from finetune.fitting import nearest_recipe
from finetune.memory import PROCESS, heaviest, terms
from finetune.recipe import load_recipe
from finetune.trainer import make_trainer
from harness.models.kinds import VLLM
from harness.models.loading import Loader, load_model
from harness.models.precision import Precision
from harness.models.weights import memory_of, skeleton
from harness.progress import silent
from harness.variants import Model

Figures = dict[str, Any]
Measuring = Callable[[Shape, Path, Collection[int]], Iterator[Figures]]
"""Measures what is asked of the model of that shape in that folder, by batch, one after another."""


def peak() -> int:
    """The most bytes there were at once: PyTorch's on a GPU, else those of this process."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def _made(shape: Shape, work: Path, batches: Collection[int]) -> Iterator[Figures]:
    began = time.perf_counter()
    make_model(shape, work / "model")
    for batch in batches:
        yield {"batch": batch, "seconds": time.perf_counter() - began}


def _answers(
    shape: Shape, work: Path, batches: Collection[int], precision: Precision
) -> Iterator[Figures]:
    model = load_model(str(work / "model"), precision, 1)
    model.use_adapter(work / "adapter")
    process = 0 if torch.cuda.is_available() else PROCESS
    formula = process + memory_of(str(work / "model"), precision)
    for figures in _throughput(model, shape, batches):
        yield {**figures, "peak": peak(), "formula": formula}
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()


def _vllm(shape: Shape, work: Path, batches: Collection[int]) -> Iterator[Figures]:
    """vLLM takes what memory it is given, so that its peak says nothing."""
    os.environ["VLLM_BATCH_INVARIANT"] = "1"
    options = {"dtype": "bfloat16", "max_model_len": 2 * (shape.prompt + shape.answer)}
    made = Model("made", str(work / "model"), VLLM, work / "adapter", options=options)
    yield from _throughput(Loader(max(batches)).load(made), shape, batches)


def _throughput(model: Any, shape: Shape, batches: Collection[int]) -> Iterator[Figures]:
    """Tokens of answers a second, and how many answers are those of the smallest batch."""
    _asked(model, shape, 1)  # What is done once, is done here.
    alone = _asked(model, shape, 1)[0][0]
    for batch in batches:
        answers, seconds = _asked(model, shape, batch)
        tokens = sum(len(model.tok_encode(answer)) for answer in answers)
        yield {
            "batch": batch,
            "tokens": tokens,
            "seconds": seconds,
            "tokens a second": tokens / seconds,
            "first as alone": answers[0] == alone,
        }


def _asked(model: Any, shape: Shape, batch: int) -> tuple[list[str], float]:
    """The answers to so many prompts, all in one batch, and the seconds they took."""
    settings = {"until": [], "max_gen_toks": shape.answer, "do_sample": False}
    requests = [
        Instance("generate_until", {}, (prompt, settings), place)
        for place, prompt in enumerate(prompts(shape, batch))
    ]
    model.batch_size_per_gpu = batch  # vLLM has been told of the largest.
    began = time.perf_counter()
    answers = model.generate_until(requests, True)
    return answers, time.perf_counter() - began


def _training(
    shape: Shape, work: Path, batches: Collection[int], precision: Precision
) -> Iterator[Figures]:
    """The published recipe in that precision, on rows of the same length."""
    changes = {"model": str(work / "model"), "precision": precision, "max_tokens": shape.example}
    updates = {"gradient_accumulation": 1, "epochs": 1.0, "log_every": 1, "save_every": shape.steps}
    ids = list(range(3, 3 + shape.example))
    row = Example(ids, [IGNORED] * (shape.example // 2) + ids[shape.example // 2 :])
    for batch in batches:
        size = {"batch_size": batch}
        recipe, _ = nearest_recipe(load_recipe("sft").model_copy(update=changes | updates | size))
        rows = {"train": [row] * (batch * shape.steps), "validation": [row]}
        splits = {name: Examples(some, [], {}) for name, some in rows.items()}
        with tempfile.TemporaryDirectory() as folder:
            tokenizer = tokenizer_of(recipe.model)
            trainer = make_trainer(Path(folder), recipe, recipe.model, tokenizer, splits, silent)
            trainer.train()
        logged = [one.get("tokens_per_second") for one in trainer.state.log_history]
        rates = [rate for rate in logged if rate][1:]
        parts = terms(skeleton(recipe.model), recipe, heaviest(rows["train"], batch))
        yield {
            "batch": batch,
            "tokens a second": median(rates),
            "peak": peak(),
            "formula": sum(parts.values()),
        }


MEASURED: Mapping[str, Measuring] = {
    "made": _made,
    "hf bf16": partial(_answers, precision="bf16"),
    "training int8": partial(_training, precision="int8"),
    "hf int8": partial(_answers, precision="int8"),
    "vllm bf16": _vllm,
    "hf nf4": partial(_answers, precision="nf4"),
    "training nf4": partial(_training, precision="nf4"),
    "training bf16": partial(_training, precision="bf16"),
}
"""By name, what matters most first."""
