"""
One variant → its scores, into its folder: lm-eval run on what is kept and who answers the rest.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import lm_eval
from lm_eval.api.instance import Instance
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

from harness.errors import RunError
from harness.files import fingerprint, locked, put_folder
from harness.kept import Answer, Kept, Use
from harness.metrics import Metric, Row, Scores, score
from harness.metrics.marks import marks_as_json
from harness.metrics.scoring import row_keys
from harness.models.answering import AnsweringLM
from harness.models.kinds import ENGINE
from harness.models.weights import memory_of
from harness.runs import VARIANT_RECORD, replicate_folder, variant_folder
from harness.seal import write_sealed
from harness.variants import Model, Price, Variant
from policyqa.quiet import machine_told_once, without_git_errors
from tasks.policyqa.documents import row_of
from tasks.policyqa.task import PolicyQATask

COSTS = ("prompt_tokens", "answer_tokens", "seconds", "cut", "price")
"""Means a question that a variant's record has; a share of ``cut``."""


@dataclass(frozen=True)
class Asked:
    """What one replicate of a variant is asked, and by whom it is answered."""

    variant: Variant
    """Its model trained."""
    documents: Sequence[dict[str, Any]]
    """What is asked (``tasks.policyqa.documents``)."""
    train: Callable[[], Sequence[dict[str, Any]]]
    """What shots are drawn from, made when some are shown."""
    lm: AnsweringLM


class Evaluator:
    """Has the variants of a suite answer, and scores them into its run folder."""

    def __init__(
        self, metrics: Sequence[Metric], kept: Kept, use: Callable[[Variant], Use], seed: int
    ) -> None:
        """Scores are kept in ``kept``, of whom ``use`` says; shots are drawn by ``seed``."""
        self._metrics = metrics
        self._kept = kept
        self._use = use
        self._seed = seed

    def evaluate(self, variant: Variant, asked: Sequence[Asked], run: Path) -> dict[str, float]:
        """Have each replicate of a variant answer and be scored; its folder of ``run``, at which
        several processes may be, is replaced when all is there.

        Returns:
            The means of the metrics of kind ``mean`` that have one.

        Raises:
            RunError: lm-eval did not write its files.
        """
        folder = variant_folder(run, variant.name)
        # No name of a row begins with a dot.
        partial_folder = folder.with_name(f".{folder.name}.partial")
        found = [self._evaluated(one) for one in asked]
        told = [results["results"][_task_name(variant)] for results, _ in found]
        with locked(run / "run"):
            shutil.rmtree(partial_folder, ignore_errors=True)  # Of a kill.
            for one, (results, tracker) in zip(asked, found, strict=True):
                output = replicate_folder(partial_folder, one.variant.replicate)
                _write(results, tracker, _task_name(variant), output)
            files = [one for one in partial_folder.rglob("*") if one.is_file()]
            write_sealed(partial_folder / VARIANT_RECORD, _record(asked), files)
            put_folder(partial_folder, folder)
        if not variant.model.is_floor:
            replicates = fingerprint([one.variant.fingerprint for one in asked])
            questions = (document["question"] for document in asked[0].documents)
            self._kept.scored(self._use(variant), replicates, questions)
        keys = {one.name: f"{one.name},none" for one in self._metrics if one.kind == "mean"}
        return {
            name: fmean(one[key] for one in told)
            for name, key in keys.items()
            if all(key in one for one in told)
        }

    def _evaluated(self, asked: Asked) -> tuple[dict[str, Any], EvaluationTracker]:
        """What lm-eval found of one replicate, and what writes it."""
        variant, prompt, use = asked.variant, asked.variant.prompt, self._use(asked.variant)

        def scorer(rows: Sequence[Row]) -> Scores:
            self._kept.used(use, "score", row_keys(rows))
            return score(self._metrics, rows, self._kept)

        tracker = EvaluationTracker()
        with without_git_errors(), machine_told_once():
            results = lm_eval.simple_evaluate(
                model=asked.lm,
                # The tracker names what it writes after these.
                model_args={"pretrained": variant.model.base, "peft": variant.model.adapter},
                tasks=[_task(asked, self._metrics, scorer)],
                task_manager=TaskManager(include_defaults=False),
                bootstrap_iters=0,
                evaluation_tracker=tracker,
                apply_chat_template=prompt.chat,
                system_instruction=prompt.system,
                fewshot_random_seed=self._seed,
            )
        for sample in results["samples"][_task_name(variant)]:
            answer = asked.lm.given.get(sample["doc"]["id"])
            memory = {"memory": _memory(variant.model)}
            sample["cost"] = cost([answer] if answer else [], variant.model.price) | memory
            sample["likelihood"] = answer.likelihood if answer else None
            # Of the texts that this line logs, whatever an assistant said it was shown.
            row = row_of(sample["doc"], sample["filtered_resps"][0].strip())
            if row.answer:  # A threshold's refusal, whatever it was of.
                asked.lm.unanswered.pop(sample["doc"]["id"], None)
            sample["unanswered"] = asked.lm.unanswered.get(sample["doc"]["id"])
            marks = marks_as_json(self._metrics, row)
            sample |= {"marks": marks} if marks else {}
        return results, tracker


def requests_of(asked: Asked, seed: int) -> list[Instance]:
    """What lm-eval asks of a replicate, its shots drawn by ``seed``; nothing is asked or scored."""
    prompt, task = asked.variant.prompt, _task(asked, [])
    task.set_fewshot_seed(seed)
    task.build_all_requests(
        system_instruction=prompt.system,
        apply_chat_template=prompt.chat,
        fewshot_as_multiturn=True,
        chat_template=asked.lm.apply_chat_template if prompt.chat else None,
    )
    return list(task.instances)


def _task(
    asked: Asked,
    metrics: Sequence[Metric],
    scorer: Callable[[Sequence[Row]], Scores] | None = None,
) -> PolicyQATask:
    variant = asked.variant
    return PolicyQATask(
        {"task": _task_name(variant), "num_fewshot": variant.prompt.shots or None},
        documents=asked.documents,
        train=asked.train,
        prompt=variant.prompt,
        metrics=metrics,
        scorer=scorer,
        decoding=variant.decoding,
        gives=_gives(asked),
    )


def _gives(asked: Asked) -> Callable[[dict[str, Any], str], str]:
    """What is given of a text: the answer in it, or a refusal below the variant's threshold."""
    threshold = asked.variant.threshold

    def gives(document: dict[str, Any], text: str) -> str:
        answer = asked.lm.given.get(document["id"])
        likelihood = answer.likelihood if answer else None
        if threshold is None or threshold.gives(document, likelihood):
            return asked.lm.without_thoughts.get(document["id"], text)
        return threshold.refusal

    return gives


def _task_name(variant: Variant) -> str:
    """What lm-eval calls the variant: it writes no samples of a task with a slash in its name."""
    return f"policyqa_{variant.name.replace('/', '_')}"


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


def _record(asked: Sequence[Asked]) -> dict[str, Any]:
    """What a finished variant says of itself."""
    variant = asked[0].variant
    answers = [answer for one in asked for answer in one.lm.given.values()]
    return {
        "variant": variant.name,
        "replicates": {one.variant.replicate: one.variant.identity for one in asked},
        "cost": cost(answers, variant.model.price) | {"memory": _memory(variant.model)},
        "unanswered": sorted({question for one in asked for question in one.lm.unanswered}),
        "answered_by": sorted({answer.code for answer in answers if answer.code}),
        "served_by": sorted({f"{one.served_by or '?'} on {one.day}" for one in answers if one.day}),
    }


def _memory(model: Model) -> int | None:
    """Bytes of the weights, where they are loaded on this machine by its own engine."""
    local = model.kind == "local" and model.engine == ENGINE
    return memory_of(model.base, model.precision) if local else None


def cost(answers: Sequence[Answer], price: Price | None) -> dict[str, float | None]:
    """Means a question of what answers took, at the price they tell themselves if ``price`` is
    None; None of what none of them tells."""
    told = {name: [getattr(one, name) for one in answers] for name in COSTS}
    if price is not None:
        told["price"] = [
            price.of(one.prompt_tokens, one.answer_tokens)
            for one in answers
            if one.prompt_tokens is not None and one.answer_tokens is not None
        ]
    known = {name: [x for x in found if x is not None] for name, found in told.items()}
    return {name: fmean(map(float, found)) if found else None for name, found in known.items()}
