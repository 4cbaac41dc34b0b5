"""
One variant → its scores: lm-eval run on what is kept and, for the rest, the model; into its folder.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import lm_eval
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

from harness.errors import RunError
from harness.files import locked, put_folder, write_json
from harness.kept import Answer, Kept, Use
from harness.metrics import Metric, Row, Scores, score
from harness.metrics.scoring import row_keys
from harness.models.device import torch_device
from harness.models.keeping import KeepingLM
from harness.models.policyqa_hf import PolicyQALM
from harness.runs import RECORD, variant_folder
from harness.variants import Model, Variant
from tasks.policyqa.task import PolicyQATask

DTYPES = {None: "auto", "int8": "auto", "nf4": "auto", "bf16": "bfloat16", "fp32": "float32"}
"""What lm-eval takes as ``dtype`` for each precision of a variant."""


def load_model(model: str, precision: str | None, batch_size: int) -> PolicyQALM:
    """The base in one precision, ready for adapters."""
    return PolicyQALM(
        pretrained=model,
        load_in_8bit=precision == "int8",
        load_in_4bit=precision == "nf4",
        dtype=DTYPES[precision],
        device=torch_device(),
        batch_size=batch_size,
    )


class Loader:
    """Loads models when they are needed, one base at a time; adapters go on and off it."""

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._loaded: tuple[str, str | None] | None = None
        self._model: PolicyQALM | None = None

    def load(self, model: Model) -> PolicyQALM:
        """The model, ready to answer.

        Raises:
            ModelError: it cannot be loaded, or its adapter does not fit it.
        """
        wanted = (model.base, model.precision)
        if self._model is None or self._loaded != wanted:
            self._model = None  # What was loaded goes before the next comes.
            self._model = load_model(*wanted, self._batch_size)
            self._loaded = wanted
        self._model.use_adapter(model.adapter)
        return self._model


def score_variant(
    variant: Variant,
    documents: Sequence[dict[str, Any]],
    model: LM,
    metrics: Sequence[Metric],
    kept: Kept,
    use: Use,
    run: Path,
) -> None:
    """Have ``variant`` answer and be scored; its folder of ``run`` is replaced when all is there.

    Args:
        variant: its model trained.
        documents: what it is asked (``tasks.policyqa.documents``).
        model: what answers for it.
        metrics: what is scored.
        kept: where scores are looked up and kept.
        use: who asks.
        run: a run folder; several processes may be at it.

    Raises:
        RunError: lm-eval did not write its files.
    """

    def scorer(rows: Sequence[Row]) -> Scores:
        kept.used(use, "score", row_keys(rows))
        return score(metrics, rows, kept)

    task = PolicyQATask(
        {"task": task_name(variant)},
        documents=documents,
        metrics=metrics,
        scorer=scorer,
        decoding=variant.decoding,
    )
    tracker = EvaluationTracker()
    results = lm_eval.simple_evaluate(
        model=model,
        # The tracker names what it writes after these.
        model_args={"pretrained": variant.model.base, "peft": variant.model.adapter},
        tasks=[task],
        task_manager=TaskManager(include_defaults=False),
        bootstrap_iters=0,
        evaluation_tracker=tracker,
    )
    answers = [_answer(model, sample) for sample in results["samples"][task.config.task]]
    for sample, answer in zip(results["samples"][task.config.task], answers, strict=True):
        sample["cost"] = _cost([answer] if answer else [])
    with locked(run / "run"):
        folder = variant_folder(run, variant.name)
        # No name of a row begins with a dot.
        partial_folder = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(partial_folder, ignore_errors=True)  # Of a kill.
        _write(results, tracker, task.config.task, partial_folder)
        write_json(partial_folder / RECORD, _record(variant, [one for one in answers if one]))
        put_folder(partial_folder, folder)


def task_name(variant: Variant) -> str:
    """What lm-eval calls the variant: it writes no samples of a task with a slash in its name."""
    return f"policyqa_{variant.name.replace('/', '_')}"


def _answer(model: LM, sample: dict[str, Any]) -> Answer | None:
    """The kept answer that a sample logs; None where no language model answered."""
    return model.given[sample["arguments"][0][0]] if isinstance(model, KeepingLM) else None


def _write(results: dict[str, Any], tracker: EvaluationTracker, task: str, output: Path) -> None:
    """Write lm-eval's own files."""
    tracker.output_path = str(output / "results.json")
    samples = results.pop("samples")
    tracker.save_results_aggregated(results=results, samples=samples)
    tracker.save_results_samples(task_name=task, samples=samples[task])
    # lm-eval logs a failed save and goes on.
    for pattern in ("results_*.json", "samples_*.jsonl"):
        if not list(output.glob(pattern)):
            raise RunError(f"lm-eval wrote no {pattern} into {output}; is the disk full?")


def _record(variant: Variant, answers: Sequence[Answer]) -> dict[str, Any]:
    """What a finished variant says of itself."""
    return {
        "variant": variant.name,
        "identity": variant.identity,
        "cost": _cost(answers),
        "answered_by": sorted({answer.code for answer in answers}),
    }


def _cost(answers: Sequence[Answer]) -> dict[str, float | None]:
    """Means a question of tokens and seconds; None where no language model answered."""
    names = ("prompt_tokens", "answer_tokens", "seconds")
    return {
        name: fmean(getattr(answer, name) for answer in answers) if answers else None
        for name in names
    }
