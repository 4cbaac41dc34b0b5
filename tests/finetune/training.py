"""A small recipe and how tests carry it out, here or in other processes."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from finetune.checkpoint import Checkpoint, determinants
from finetune.examples import IGNORED, build_splits
from finetune.recipe import Recipe
from finetune.train import train
from finetune.work import COMPLETE
from harness.progress import Advance, Say, silent
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.questions import Question, load_questions

ROOT = Path(__file__).parents[2]


def recipe(model: Path, **changes: Any) -> Recipe:
    """Eighteen updates of two examples, in float32."""
    what = {"name": "tiny", "weights": "sft", "prompt": "plain", "model": str(model)}
    how = {"precision": "fp32", "optimizer": "adamw_torch", "gradient_checkpointing": False}
    updates = {"batch_size": 2, "gradient_accumulation": 1, "learning_rate": 1e-2}
    often = {"save_every": 4, "log_every": 4}
    return Recipe(**{**what, **how, **updates, **often, **changes})


def inputs(data: Path) -> tuple[list[Question], Retriever]:
    """The questions of a data folder and a retriever over its sections."""
    sections = load_corpus(data)
    return load_questions(data, [section.id for section in sections]), Retriever(sections)


def logged(folder: Path) -> dict[str, list[float]]:
    """What TensorBoard shows of a checkpoint, by update; a resumed run repeats some."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    values: dict[str, dict[int, float]] = {}
    for file in sorted(folder.rglob("events.out.tfevents.*")):
        events = EventAccumulator(str(file)).Reload()
        for tag in events.Tags()["scalars"]:
            found = {event.step: event.value for event in events.Scalars(tag)}
            values.setdefault(tag, {}).update(found)
    return {tag: [found[step] for step in sorted(found)] for tag, found in values.items()}


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """Of the adapter in ``folder``."""
    return dict(load_file(folder / "adapter_model.safetensors"))


def assert_alike(one: Checkpoint, other: Checkpoint) -> None:
    """They measured the same, and have the same weights to the last bit."""
    assert one.record["metrics"] == other.record["metrics"]
    ours, theirs = weights(one.folder), weights(other.folder)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def kill() -> None:
    """End this process as nothing else may."""
    os.kill(os.getpid(), signal.SIGKILL)


def stopping(at: int | None, stop: Callable[[], object] = kill) -> Advance:
    """Does ``stop`` when update ``at`` is done."""
    return lambda done, _: stop() if done == at else None


def run(
    wanted: Recipe,
    data: Path,
    target: Path,
    stop_at: int | None = None,
    stop: Callable[[], object] = kill,
    say: Say = silent,
) -> Checkpoint:
    """The checkpoint; or what ``stop`` does, when update ``stop_at`` is done."""
    questions, retriever = inputs(data)
    what = determinants(wanted, questions, retriever)
    advance = stopping(stop_at, stop)
    return train(wanted, questions, retriever, target, what, advance, say)


def work_on(target: Path) -> Path:
    """Where work on ``target`` was left."""
    return next(target.parent.glob(f"{target.name}.*.partial"))


def left_half_saved(work: Path, whole: str, half: str) -> None:
    """As if the kill had come while ``half`` was saved, after ``whole``."""
    shutil.copytree(work / whole, work / half)
    (work / half / COMPLETE).unlink()
    (work / half / "trainer_state.json").unlink()


def validated(wanted: Recipe, data: Path, model: Path) -> tuple[float, float]:
    """Of the model or checkpoint in ``model``, one question at a time: the loss an answer token,
    and the share of answer tokens that it finds likeliest."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    loaded = AutoModelForCausalLM.from_pretrained(model)
    total = right = count = 0.0
    for row in build_splits(wanted, *inputs(data), tokenizer)["validation"].rows:
        ids, labels = torch.tensor([row.input_ids]), torch.tensor([row.labels])
        with torch.no_grad():
            made = loaded(input_ids=ids, labels=labels)
        tokens = int((labels != IGNORED).sum())
        total += float(made.loss) * tokens
        right += int((made.logits[:, :-1].argmax(-1) == labels[:, 1:]).sum())
        count += tokens
    return total / count, right / count


def in_processes(
    wanted: BaseModel,
    data: Path,
    target: Path,
    processes: int = 1,
    stop_at: int = 0,
    module: str = "tests.finetune.training",
) -> int:
    """Have ``module`` train elsewhere, in so many processes of ``torchrun``; the exit status."""
    alone = [sys.executable]
    several = [*alone, "-m", "torch.distributed.run", f"--nproc_per_node={processes}"]
    start = alone if processes == 1 else several
    arguments = [wanted.model_dump_json(), str(data), str(target), str(stop_at)]
    done = subprocess.run(
        [*start, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    print(done.stderr[-3000:])  # pytest shows it where the test fails.
    return done.returncode


if __name__ == "__main__":
    _, one, data_folder, target_folder, update = sys.argv
    run(Recipe.model_validate_json(one), Path(data_folder), Path(target_folder), int(update))
