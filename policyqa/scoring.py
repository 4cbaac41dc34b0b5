"""
One arm → its scores: lm-eval run on a loaded model, into the arm's folder.

The answers are kept batch by batch while they are made, and the folder appears whole: a killed
run goes on with the next batch, and a finished arm is never scored again for the same content.
"""

import shutil
from pathlib import Path
from typing import Any

import lm_eval
import torch
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

from harness.errors import RunError
from harness.files import fingerprint, put_folder, write_json
from harness.models.journal import Journal
from harness.models.policyqa_hf import PolicyQALM
from harness.progress import Advance, silent
from harness.runs import ARM_RECORD, BATCHES, Arm
from tasks.registration import TASKS

DTYPES = {None: "auto", "int8": "auto", "nf4": "auto", "bf16": "bfloat16", "fp32": "float32"}
"""What lm-eval takes as ``dtype`` for each precision of an arm."""


def load_model(model: str, precision: str | None, batch_size: int) -> PolicyQALM:
    """The base in one precision, ready for adapters."""
    return PolicyQALM(
        pretrained=model,
        load_in_8bit=precision == "int8",
        load_in_4bit=precision == "nf4",
        dtype=DTYPES[precision],
        device="cuda" if torch.cuda.is_available() else "cpu",
        batch_size=batch_size,
    )


def score_arm(
    model: PolicyQALM,
    arm: Arm,
    indices: list[int],
    options: dict[str, Any],
    determinants: dict[str, Any],
    folder: Path,
    advance: Advance,
) -> None:
    """Score one arm into ``folder``.

    Args:
        model: with the arm's adapter on.
        arm: what is scored.
        indices: of the questions within their split.
        options: metadata of the task: data, split, retrieval and encoder.
        determinants: all that determines the result; recorded, and the key of kept answers.
        folder: the arm's, replaced when the new one is whole.
        advance: hears after each batch how many answers there are and will be.

    Raises:
        RunError: lm-eval did not write its files.
    """
    key = fingerprint(determinants)
    partial = folder.with_name(f"{folder.name}.partial-{key[:12]}")
    _remove_other_attempts(folder, partial)
    for stale in [*partial.glob("results_*.json"), *partial.glob("samples_*.jsonl")]:
        stale.unlink()
    journal = Journal(partial / BATCHES)
    model.keep_answers(journal, advance)
    _evaluate(model, arm, indices, options, partial)
    model.keep_answers(None, silent)
    write_json(
        partial / ARM_RECORD,
        {"arm": str(arm), "key": key, "determinants": determinants, "usage": _usage(journal)},
    )
    put_folder(partial, folder)


def _evaluate(
    model: PolicyQALM, arm: Arm, indices: list[int], options: dict[str, Any], output: Path
) -> None:
    tracker = EvaluationTracker(output_path=str(output / "results.json"))
    results = lm_eval.simple_evaluate(
        model=model,
        model_args={"pretrained": model.pretrained, "peft": model.peft},
        tasks=[arm.task],
        samples={arm.task: indices},
        task_manager=TaskManager(include_path=str(TASKS), include_defaults=False, metadata=options),
        batch_size=int(model.batch_size),
        bootstrap_iters=0,
        evaluation_tracker=tracker,
    )
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    tracker.save_results_samples(task_name=arm.task, samples=samples[arm.task])
    # lm-eval logs a failed save and goes on.
    for pattern in ("results_*.json", "samples_*.jsonl"):
        if not list(output.glob(pattern)):
            raise RunError(f"lm-eval wrote no {pattern} into {output}; is the disk full?")


def _usage(journal: Journal) -> dict[str, float]:
    """Means a question of tokens and seconds, from the batches as they were timed."""
    batches = journal.batches()
    count = sum(len(batch.answers) for batch in batches)
    return {
        "prompt_tokens": sum(sum(batch.prompt_tokens) for batch in batches) / count,
        "answer_tokens": sum(sum(batch.answer_tokens) for batch in batches) / count,
        "seconds": sum(batch.seconds for batch in batches) / count,
    }


def _remove_other_attempts(folder: Path, partial: Path) -> None:
    """Drop unfinished answers of this arm that other content asked for."""
    for other in folder.parent.glob(f"{folder.name}.partial-*"):
        if other != partial:
            shutil.rmtree(other)
