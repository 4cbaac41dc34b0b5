"""
The format of a run folder: which arms it has, and what each question scored.

    runs/<name>/
      manifest.json            what determined the run
      checkpoints/<weights>    links to the checkpoints it used
      arms/<weights>/<prompt>/ lm-eval's results_*.json and samples_*.jsonl, batches.jsonl, arm.json
      comparison.json          everything the reports show
      report.md, sweep.svg     the tables; and the chart, if the context was varied
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, RunError
from harness.files import read_json_lines
from harness.groups import groups
from harness.metrics import METRICS, RATES
from harness.models.precision import PRECISIONS

BASELINE = "base/plain"
"""The arm every other is compared with."""
WEIGHTS = ("base", "sft", "sft-rag")
PROMPTS = ("plain", "engineered", "rag", "oracle", "misled")
WITH_CONTEXT = ("rag", "oracle", "misled")
"""Prompt variants that show sections."""
SETTINGS = {"k": ("rag",), "budget": WITH_CONTEXT}
"""What an arm may set of its own context, and the prompt variants on which that has an effect."""
EVIDENCE_SHOWN = "evidence_shown"
"""Of a question that has evidence: 1 if one of its sections is in the context, even cut, else 0."""
ARM_RECORD = "arm.json"
"""Beside an arm's results: key, determinants and usage. Its presence marks the arm finished."""
CHART = "sweep.svg"
"""In a run's folder: the picture of its curves, if the context was varied."""
BATCHES = "batches.jsonl"
"""Answers as they were made, batch by batch (``harness.models.journal``)."""

_ARM = re.compile(
    r"(?P<weights>[^/@+]+)/(?P<prompt>[^/@+]+)(?P<settings>(\+[^/@+]+)*)(@(?P<precision>[^/@+]+))?"
)
_SETTING = re.compile(r"(?P<name>k|budget)=(?P<value>[0-9]{1,6})")


@dataclass(frozen=True)
class Arm:
    """Weights × prompt variant × precision, and how much context the prompt shows."""

    weights: str
    prompt: str
    precision: str | None = None
    """None is the model's own."""
    k: int | None = None
    """Sections retrieved for a question; None is the suite's."""
    budget: int | None = None
    """Tokens of context; None is the suite's."""

    @classmethod
    def parse(cls, text: str) -> "Arm":
        """Read ``sft-rag/rag``, ``sft-rag/rag@int8`` or ``sft-rag/rag+k=4+budget=800@int8``.

        Raises:
            ConfigError: another form, a word that is none of those there are, or a context
                setting that has no effect on the prompt variant.
        """
        match = _ARM.fullmatch(text)
        if match is None:
            raise ConfigError(
                f"arm {text!r} has not the form weights/prompt[+k=4][+budget=800][@int8]"
            )
        arm = cls(match["weights"], match["prompt"], match["precision"])
        for value, allowed in (
            (arm.weights, WEIGHTS),
            (arm.prompt, PROMPTS),
            (arm.precision, (None, *PRECISIONS)),
        ):
            if value not in allowed:
                names = ", ".join(word for word in allowed if word)
                raise ConfigError(f"arm {text!r}: {value!r} is none of {names}")
        settings = _settings(text, arm.prompt, match["settings"].split("+")[1:])
        return replace(arm, k=settings.get("k"), budget=settings.get("budget"))

    def __str__(self) -> str:
        settings = (f"+{name}={getattr(self, name)}" for name in self.settings)
        precision = f"@{self.precision}" if self.precision else ""
        return f"{self.weights}/{self.prompt}{''.join(settings)}{precision}"

    @property
    def settings(self) -> list[str]:
        """What it sets of its own context, in the order it is written."""
        return [name for name in SETTINGS if getattr(self, name) is not None]

    def limits(self, k: int, budget: int) -> tuple[int, int]:
        """Its own k and budget, or for what it does not set, the suite's."""
        return k if self.k is None else self.k, budget if self.budget is None else self.budget

    @property
    def task(self) -> str:
        """The lm-eval task that asks in this arm's way."""
        return f"policyqa_{self.prompt}"

    def folder(self, run: Path) -> Path:
        """Where a run keeps this arm."""
        return run / "arms" / str(self)


def _settings(text: str, prompt: str, given: list[str]) -> dict[str, int]:
    """The context settings of the arm ``text``, by name."""
    settings: dict[str, int] = {}
    for setting in given:
        match = _SETTING.fullmatch(setting)
        if match is None or match["name"] in settings:
            raise ConfigError(
                f"arm {text!r}: +{setting} is none of +k=4 and +budget=800, each given once, "
                "a whole number from 0 to 999999"
            )
        name = match["name"]
        if prompt not in SETTINGS[name]:
            raise ConfigError(
                f"arm {text!r}: +{setting} has no effect on {prompt}, only on "
                f"{', '.join(SETTINGS[name])}; leave it out"
            )
        settings[name] = int(match["value"])
    return settings


@dataclass(frozen=True)
class Answer:
    """One question's answer in one arm."""

    question_id: str
    cluster: str
    """Questions of one cluster are not independent: shared evidence sections connect them."""
    text: str
    scores: dict[str, float]
    """By metric; of the rates and ``EVIDENCE_SHOWN``, those the question counts for."""
    sections: int = 0
    """Sections its context shows, the last of them perhaps cut."""
    evidence: tuple[str, ...] = ()
    """Ids of the sections that hold the answer."""


@dataclass(frozen=True)
class ArmResult:
    """A finished arm, read back."""

    name: str
    answers: dict[str, Answer]
    """By question id, in the order of the data."""
    usage: dict[str, float]
    """Means a question: ``prompt_tokens``, ``answer_tokens``, ``seconds``."""
    record: dict[str, Any] = field(repr=False)
    run: Path = Path()

    def __str__(self) -> str:
        return f"{self.run}:{self.name}"

    def scores(self, metric: str) -> list[float]:
        """The scores of one metric, in the order of ``answers``, of those that have it."""
        return [answer.scores[metric] for answer in self._scored(metric)]

    def clusters(self, metric: str) -> list[str]:
        """The cluster of each answer that has a score of this metric, in their order."""
        return [answer.cluster for answer in self._scored(metric)]

    def only(self, question_ids: Sequence[str]) -> "ArmResult":
        """The same arm with these of its answers alone, in this order, in clusters of their own."""
        kept = [self.answers[name] for name in question_ids]
        clusters = groups([answer.evidence for answer in kept])
        answers = {
            answer.question_id: replace(answer, cluster=str(cluster))
            for answer, cluster in zip(kept, clusters, strict=True)
        }
        return replace(self, answers=answers)

    def _scored(self, metric: str) -> list[Answer]:
        return [answer for answer in self.answers.values() if metric in answer.scores]


def arm_record(folder: Path) -> dict[str, Any] | None:
    """What a finished arm recorded of itself; None while it is unfinished."""
    path = folder / ARM_RECORD
    if not path.is_file():
        return None
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def read_arm(run: Path, name: str) -> ArmResult:
    """Read a finished arm of a run.

    Raises:
        RunError: the run has no such arm, or it is unfinished.
    """
    folder = Arm.parse(name).folder(run)
    record = arm_record(folder)
    if record is None:
        raise RunError(f"{run} has no finished arm {name}; run its suite again to finish it")
    answers = read_samples(next(folder.glob("samples_*.jsonl")))
    return ArmResult(name, answers, record["usage"], record, run)


def read_samples(path: Path) -> dict[str, Answer]:
    """The answers in an lm-eval sample log of a policyqa task, by question id.

    Raises:
        DataError: the file is not JSON lines.
        RunError: a line is not one of a policyqa task.
    """
    samples = list(read_json_lines(path))
    clusters = groups([_evidence(sample) for _, sample in samples])
    answers = {}
    for (line, sample), cluster in zip(samples, clusters, strict=True):
        try:
            question = sample["doc"]
            answers[question["id"]] = Answer(
                question_id=question["id"],
                cluster=str(cluster),
                text=sample["filtered_resps"][0].strip(),
                scores={name: float(sample[name]) for name in METRICS}
                | {name: float(sample[name]) for name in RATES if name in sample}
                | _evidence_shown(question),
                sections=len(question.get("context_ids", [])),
                evidence=tuple(_evidence(sample)),
            )
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise RunError(f"{path}:{line}: no sample of a policyqa task ({error!r})") from error
    return answers


def _evidence_shown(question: dict[str, Any]) -> dict[str, float]:
    """Whether a logged question was asked with a section that holds its answer."""
    if not question.get("evidence") or "context_ids" not in question:
        return {}
    shown = set(question["evidence"]) & set(question["context_ids"])
    return {EVIDENCE_SHOWN: float(bool(shown))}


def _evidence(sample: dict[str, Any]) -> list[str]:
    """The evidence sections of a sample's question; none if it is no sample of ours."""
    question = sample.get("doc")
    return list(question.get("evidence", [])) if isinstance(question, dict) else []
