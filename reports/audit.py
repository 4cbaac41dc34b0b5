"""
What the trained variants of a finished run had met in training, and what that is worth to them.

A question is exposed in a variant if its weights were trained on a copy of it, on the same in other
words, or on its answer (``tasks.checking.exposure``). Figures of the others, the clean ones, are
what such a variant can be judged by.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from harness.errors import DataError
from harness.outcomes import Outcome
from harness.pairing import Keep, Measure, differences, everything, figures
from harness.reading import read_json
from harness.runs import Result, read_manifest, read_result
from harness.validation import validated
from reports.measures import measures_of
from reports.reported import Differences, Figures, MetricFacts, Reported
from reports.seen import Seen, seen_in_run
from tasks.checking.exposure import MEASURES
from tasks.checking.likeness import TextEmbedder

AUDIT = "audit.json"
"""In the folder of a run."""
AUDITED = ("all", "clean", "exposed")
"""Of the questions, what figures are of."""


class MetQuestion(Reported):
    """How a scored question was met in training."""

    how: str
    """One of ``MEASURES``."""
    likeness: float
    trained: str
    """Id of the question it was met as."""


class VariantAudit(Reported):
    """What a variant had met, and what it scores where it had and where not."""

    trained_on: int
    """Questions."""
    scored: int
    exposed: Mapping[str, MetQuestion]
    """By the id of a scored question."""
    chosen_on: Sequence[str]
    """Ids of scored questions that chose which state of the training was kept: validation."""
    same_evidence: Mapping[str, str]
    """By the id of a scored question, the section of its evidence that was evidence in training.
    The splits of a data folder forbid it."""
    metrics: Mapping[str, Figures]
    """By ``AUDITED``; of all alone where none is exposed."""
    vs_baseline: Mapping[str, Differences]
    """The variant minus the baseline, of all questions and of those that are clean in both; none
    of the baseline itself."""

    def counted(self, measure: str) -> int:
        """How many questions were met so."""
        return Counter(one.how for one in self.exposed.values())[measure]


class Audit(Reported):
    """The leakage audit of a run."""

    metrics: Mapping[str, MetricFacts]
    baseline: str
    variants: Mapping[str, VariantAudit]
    """Those with trained weights of which somebody can tell what they were trained on."""
    untold: Mapping[str, str]
    """Those of which nobody can, each with the reason."""

    @property
    def exposed(self) -> dict[str, dict[str, str]]:
        """By variant, how each exposed question was met: one of ``MEASURES``."""
        return {
            name: {id_: one.how for id_, one in entry.exposed.items()}
            for name, entry in self.variants.items()
        }


def audit_run(run: Path, embedder: TextEmbedder) -> Audit:
    """The audit of a finished run; without trained weights, nothing is embedded.

    Args:
        run: its folder, with the links to its checkpoints.
        embedder: ``rag.embedder.Embedder``.

    Raises:
        RunError: the folder is no run, or a variant of its suite is unfinished.
        DataError: a file of it is damaged.
    """
    manifest = read_manifest(run)
    measures = measures_of(manifest)
    seen, untold = seen_in_run(run, manifest, embedder)
    baseline = manifest["baseline"]
    exposed = {name: set(one.met) for name, one in seen.items()}
    other = read_result(run, baseline) if seen else None
    return Audit(
        metrics={
            name: MetricFacts.model_validate(what) for name, what in manifest["metrics"].items()
        },
        baseline=baseline,
        variants={
            name: _audited(
                read_result(run, name),
                one,
                None if name == baseline else other,
                exposed.get(baseline, set()),
                measures,
            )
            for name, one in seen.items()
        },
        untold=untold,
    )


def read_audit(run: Path) -> Audit | None:
    """The audit that a run was finished with; None where it was not audited.

    Raises:
        DataError: it is damaged.
    """
    path = run / AUDIT
    return validated(Audit, read_json(path), path, DataError) if path.is_file() else None


def _audited(
    result: Result,
    seen: Seen,
    baseline: Result | None,
    exposed_in_baseline: Collection[str],
    measures: Sequence[Measure],
) -> VariantAudit:
    parts: dict[str, Keep] = {"all": everything}
    if seen.met:
        parts |= {"clean": _without(seen.met), "exposed": _among(seen.met)}
    compared: dict[str, Keep] = {"all": everything}
    either = {*seen.met, *exposed_in_baseline}
    if either:
        compared["clean"] = _without(either)
    return VariantAudit(
        trained_on=seen.trained_on,
        scored=len(result.outcomes),
        exposed={
            id_: MetQuestion(how=met.measure, likeness=met.likeness, trained=met.trained)
            for id_, met in sorted(
                seen.met.items(), key=lambda one: (MEASURES.index(one[1].measure), one[0])
            )
        },
        chosen_on=seen.chosen_on,
        same_evidence=seen.same_evidence,
        metrics={name: figures(result, measures, keep) for name, keep in parts.items()},
        vs_baseline={
            name: differences(result, baseline, measures, keep)
            for name, keep in compared.items()
            if baseline
        },
    )


def _among(ids: Collection[str]) -> Keep:
    def keep(outcome: Outcome) -> bool:
        return outcome.question_id in ids

    return keep


def _without(ids: Collection[str]) -> Keep:
    def keep(outcome: Outcome) -> bool:
        return outcome.question_id not in ids

    return keep
