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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import RunError
from harness.metrics import Value
from harness.outcomes import Outcome, read_samples
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
    kinds = {metric: what["kind"] for metric, what in manifest["metrics"].items()}
    logs = [one for one in record[FILES] if Path(one).match("samples_*.jsonl")]
    found = (
        _samples_in(replicate_folder(folder, one), folder, logs, shared, kinds)
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
    folder: Path, variant: Path, logs: Sequence[str], shared: Shared, kinds: Mapping[str, str]
) -> dict[str, Outcome]:
    """What the one log of a replicate holds that its variant's record names."""
    found = [variant / name for name in logs if (variant / name).parent == folder]
    if len(found) != 1:
        raise RunError(f"{folder} has {len(found)} sample logs, not one; run its suite again")
    return read_samples(found[0], shared, kinds)
