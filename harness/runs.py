"""
The format of a run folder: which variants it has, and what each question scored.

    runs/<name>/
      manifest.json      suite, identities, versions, machine, metrics
      variants/<name>/   lm-eval's results_*.json and samples_*.jsonl, variant.json; of several
                         seeds or draws, a folder each: seed=7, draw=2
      checkpoints/<name>/  links to the checkpoints it used
      comparison.json    everything the reports show
      report.html, report.md, report.csv  the page; the tables; every answer, a row each
      sweep.svg          the chart, if the context was varied

Everything in it can be made again from what is kept (``harness.kept``), without a model.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any

from harness.errors import RunError
from harness.metrics import LoggedMark, Row, Value
from harness.metrics.marks import logged_marks
from harness.reading import read_json_lines
from harness.run_records import read_manifest_file, read_variant_record
from harness.seal import FILES
from harness.shared import Shared

MANIFEST = "manifest.json"
VARIANT_RECORD = "variant.json"
"""Beside a variant's results: identity and cost. Its presence marks the variant finished."""
TOKENS = ("prompt_tokens", "answer_tokens")
"""What a question costs in tokens."""
CHART = "sweep.svg"
"""In a run's folder: the picture of its curves, if the context was varied."""


@dataclass(frozen=True)
class Outcome:
    """One question's answer in one variant, and what it scored."""

    question_id: str
    text: str
    values: dict[str, Value]
    """By metric, of those that have something to say of it."""
    document: dict[str, Any] = field(default_factory=dict, repr=False)
    """The question's line of the data, and what it was asked with."""
    cost: dict[str, float | None] = field(default_factory=dict, repr=False)
    """What the answer took, as ``Result.cost`` has the means of it; empty where nobody tells."""
    marks: tuple[LoggedMark, ...] = field(default=(), repr=False)
    """What metrics point at in its text, or in the references and the context of its document."""
    asked: str = field(default="", repr=False)
    """The prompt as it was asked, with the marks of a chat template."""
    likelihood: float | None = field(default=None, repr=False)
    """The mean of its tokens' log-probabilities; None where nobody tells."""

    def values_of(self, field: str) -> list[str]:
        """The values of a field of the document, of which a list has several, as text.

        None where the field is missing, null, blank or an empty list.
        """
        found = self.document.get(field)
        several = found if isinstance(found, list) else [found]
        return [
            one if isinstance(one, str) else json.dumps(one, sort_keys=True)
            for one in several
            if one not in (None, "")
        ]

    @property
    def evidence(self) -> list[str]:
        """Ids of the sections that hold the answer."""
        return self.values_of("evidence")

    @property
    def references(self) -> tuple[str, ...]:
        """The right answers, as metrics and marks count them: the first may be blank."""
        return _references_of(self.document)

    @property
    def document_alone(self) -> list[str]:
        """The document that holds the answer, where nobody knows more than that."""
        known = self.document.get("answerable") and not self.evidence
        return self.values_of("framework") if known else []

    @property
    def evidence_shown(self) -> bool:
        """Whether its context has a section that holds the answer, even cut."""
        return bool(set(self.evidence) & set(self.document.get("context_ids") or []))

    @property
    def sections(self) -> int:
        """Sections its context shows, the last of them perhaps cut."""
        return len(self.document.get("context_ids") or [])


@dataclass(frozen=True)
class Result:
    """A finished variant, read back."""

    name: str
    outcomes: dict[str, Outcome]
    """By question id, in the order of the data."""
    record: dict[str, Any] = field(default_factory=dict, repr=False)
    """Contents of ``variant.json``."""
    run: Path = Path()
    further: tuple[dict[str, Outcome], ...] = field(default=(), repr=False)
    """The same questions answered anew, by weights of other seeds or drawn again."""

    @property
    def replicates(self) -> tuple[dict[str, Outcome], ...]:
        """Its answers, once for each seed and draw; by question id."""
        return (self.outcomes, *self.further)

    def __str__(self) -> str:
        return f"{self.run}:{self.name}"

    def mean(self, metric: str, question: str) -> float | None:
        """What a question scores, over all replicates; None where one has no value of it."""
        found = [one[question].values.get(metric) for one in self.replicates if question in one]
        numbers = [one for one in found if isinstance(one, float)]
        return sum(numbers) / len(numbers) if len(numbers) == len(self.replicates) else None

    @property
    def cost(self) -> dict[str, float | None]:
        """Means a question: ``prompt_tokens``, ``answer_tokens``, ``seconds``, ``price`` and the
        share that was ``cut``; None where nobody tells."""
        return dict(self.record.get("cost", {}))


def variant_folder(run: Path, name: str) -> Path:
    """Where a run keeps a variant."""
    return run / "variants" / name


def replicate_folder(folder: Path, replicate: str) -> Path:
    """Where a variant's folder keeps one of its replicates; itself, of one alone."""
    return folder / replicate if replicate else folder


def read_manifest(run: Path) -> dict[str, Any]:
    """The manifest of a run folder.

    Raises:
        RunError: the folder has none, or it is of an earlier version or was changed.
        DataError: it is damaged.
    """
    path = run / MANIFEST
    if not path.is_file():
        raise RunError(
            f"{run} is no run folder: it has no {path.name}. Make one: policyqa run quick"
        )
    return read_manifest_file(path)


def read_result(run: Path, name: str) -> Result:
    """Read a finished variant of a run.

    Raises:
        RunError: the run has no such variant, or it is unfinished, changed or another run's.
        DataError: a file of it is damaged.
    """
    manifest = read_manifest(run)
    if name not in manifest["variants"]:
        raise RunError(f"{run} has no variant {name}; it has {', '.join(manifest['variants'])}")
    return _finished(run, name, manifest, Shared())


def read_results(run: Path, manifest: dict[str, Any]) -> dict[str, Result]:
    """All variants of a run, by name.

    Raises:
        RunError: one is unfinished, changed or another run's.
        DataError: a file of it is damaged.
    """
    shared = Shared()
    return {name: _finished(run, name, manifest, shared) for name in manifest["variants"]}


def _finished(run: Path, name: str, manifest: dict[str, Any], shared: Shared) -> Result:
    folder = variant_folder(run, name)
    path = folder / VARIANT_RECORD
    if not path.is_file():
        raise RunError(f"{run} has no finished variant {name}; run its suite again to finish it")
    record = read_variant_record(path)
    if record["replicates"] != manifest["variants"][name]["replicates"]:
        raise RunError(f"{folder} is of another run than {run / MANIFEST}; run its suite again")
    logs = [one for one in record[FILES] if Path(one).match("samples_*.jsonl")]
    found = (
        _samples_in(replicate_folder(folder, one), folder, logs, shared)
        for one in record["replicates"]
    )
    first, *further = found
    return Result(name, first, record, run, tuple(further))


def costs_of(result: Result, name: str) -> Result:
    """The variant with what each answer cost in place of its scores, as values of that name.

    A question whose answer does not tell it has none.

    Args:
        result: a variant.
        name: a name of ``Outcome.cost``, or ``tokens``: those of prompt and answer together.
    """
    parts = TOKENS if name == "tokens" else (name,)

    def costing(outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
        found = {}
        for key, one in outcomes.items():
            told = [cost for cost in map(one.cost.get, parts) if cost is not None]
            values: dict[str, Value] = {name: sum(told)} if len(told) == len(parts) else {}
            found[key] = replace(one, values=values)
        return found

    first, *further = map(costing, result.replicates)
    return replace(result, outcomes=first, further=tuple(further))


def _samples_in(
    folder: Path, variant: Path, logs: Sequence[str], shared: Shared
) -> dict[str, Outcome]:
    """What the one log of a replicate holds that its variant's record names."""
    found = [variant / name for name in logs if (variant / name).parent == folder]
    if len(found) != 1:
        raise RunError(f"{folder} has {len(found)} sample logs, not one; run its suite again")
    return read_samples(found[0], shared)


def _texts_of(document: dict[str, Any], answer: str) -> Row:
    """The texts that marks are of."""
    return Row("", answer, _references_of(document), context=document.get("context"))


def _references_of(document: dict[str, Any]) -> tuple[str, ...]:
    return (document.get("answer") or "", *(document.get("answers") or ()))


def _asked(sample: dict[str, Any]) -> str:
    """The prompt of a sample; of one that does not keep it, what it was made of."""
    kept = (sample.get("arguments") or {}).get("gen_args_0") or {}
    return str(kept.get("arg_0") or sample["doc"].get("prompt") or "")


def _value(logged: Any) -> Value:
    value = tuple(map(float, logged)) if isinstance(logged, list) else float(logged)
    if not all(map(isfinite, value if isinstance(value, tuple) else (value,))):
        raise ValueError(f"a score is {logged!r:.60}")
    return value


def read_samples(path: Path, shared: Shared | None = None) -> dict[str, Outcome]:
    """What an lm-eval sample log of a policyqa task holds, by question id.

    Args:
        path: the log.
        shared: what it has in common with others that were read with it is in memory once.

    Raises:
        DataError: the file is not JSON lines.
        RunError: a line is not one of a policyqa task.
    """
    shared, outcomes = shared or Shared(), {}
    for line, sample in read_json_lines(path):
        try:
            document = shared.document(sample["doc"])
            if document["id"] in outcomes:
                raise ValueError(f"the question {document['id']!r:.60} stands here again")
            text = shared.text(sample["filtered_resps"][0].strip())
            outcomes[document["id"]] = Outcome(
                question_id=document["id"],
                text=text,
                values={sys.intern(name): _value(sample[name]) for name in sample["metrics"]},
                document=document,
                cost={
                    sys.intern(name): None if one is None else float(one)
                    for name, one in (sample.get("cost") or {}).items()
                },
                asked=shared.text(_asked(sample)),
                likelihood=sample.get("likelihood"),
                marks=logged_marks(sample.get("marks") or (), _texts_of(document, text)),
            )
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise RunError(f"{path}:{line}: no sample of a policyqa task ({error!r})") from error
    return outcomes
