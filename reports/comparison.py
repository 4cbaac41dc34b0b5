"""
A run folder → ``comparison.json``: every figure the reports show, computed once.

Each variant is compared with the suite's baseline and with a floor, question by question.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, DataError
from harness.pairing import Measure, clusters_of, differences, evidence_of, figures
from harness.reading import read_yaml
from harness.runs import MANIFEST, Result, read_manifest, read_results
from harness.significance import Chances, chances_of
from harness.validation import validated
from reports.analysis import analysed, on_curves
from reports.attribution import Effect
from reports.audit import Audit, read_audit
from reports.claims.checked import CheckedClaim
from reports.decision import Decided, run_decision
from reports.explained import GROUPED
from reports.measures import measures_of
from reports.reported import (
    Differences,
    Figures,
    Machine,
    MetricFacts,
    Reported,
    SuiteFacts,
    Tested,
)
from reports.risk import RiskCurves
from reports.slices import OverFrameworks, Slice
from reports.sweep import Curve

PUBLISHED = Path(__file__).with_name("published.yaml")
"""Published figures, by the name a suite gives."""
YARDSTICK = "floor/sentence"
"""The floor that every variant is compared with, where a run has it: the best of those we measured
(README.md)."""


class Groups(Reported):
    """The groups that the questions of a run fall into."""

    n: int
    by: Mapping[str, int]
    """Questions that are grouped by each of ``GROUPED``."""


class Cost(Reported):
    """Means a question, and bytes of the weights; None where nobody tells."""

    prompt_tokens: float | None
    answer_tokens: float | None
    seconds: float | None
    price: float | None
    cut: float | None
    """Share of the answers that were longer than they may be."""
    memory: float | None = None
    """Bytes of the weights, as ``harness.models.weights`` has them."""


class VariantFigures(Reported):
    """The figures of one variant."""

    metrics: Figures
    rates: Figures
    cost: Cost
    n: int
    clusters: int
    replicates: int
    unanswered: list[str]
    """Ids of the questions that got no answer, of several replicates in one of them at least."""
    trained_in: str | None
    """The prompt its weights were trained in, where it is asked in another."""
    asked_in: str
    floor: bool
    source: str
    """Of its context."""
    own_limits: bool
    """Whether it sets a k or budget of its own."""
    vs_baseline: Mapping[str, Tested] | None = None
    vs_floor: Differences | None = None


class PublishedRow(Reported, extra="allow"):
    """Published figures of a variant, by metric."""

    title: str
    __pydantic_extra__: dict[str, float]

    @property
    def figures(self) -> dict[str, float]:
        """By metric."""
        return self.__pydantic_extra__


class Published(Reported):
    """What was published of variants there are."""

    note: str
    variants: Mapping[str, PublishedRow]


class Comparison(Reported):
    """Everything the reports of a run show: ``comparison.json``."""

    suite: SuiteFacts
    machine: Machine
    metrics: Mapping[str, MetricFacts]
    baseline: str
    verdict: Decided | None
    audit: Audit | None
    """None where nobody has looked whether training has seen the questions."""
    groups: Groups
    floor: str | None
    variants: Mapping[str, VariantFigures]
    sweep: Sequence[Curve] = ()
    attribution: Sequence[Effect] = ()
    slices: Sequence[Slice] = ()
    over_frameworks: Mapping[str, OverFrameworks] = {}
    claims: Sequence[CheckedClaim] = ()
    risk: Mapping[str, RiskCurves] = {}
    """By variant, of those that tell how sure they are of their answers."""
    published: Published | None
    signature: str

    def titles(self, *kinds: str) -> dict[str, str]:
        """The titles of its metrics of these kinds, by name."""
        return {name: what.title for name, what in self.metrics.items() if what.kind in kinds}

    @property
    def yardstick(self) -> str:
        """What an answer has to score more than: the floor, or what is in place where there is
        none."""
        return self.floor or self.baseline

    @property
    def unswept(self) -> dict[str, VariantFigures]:
        """The variants it has not for the sake of a curve alone.

        Those that it has are in one and set their own k or budget, and are not the baseline, which
        others are compared with.
        """
        swept = on_curves(self.sweep)
        return {
            name: entry
            for name, entry in self.variants.items()
            if name == self.baseline or not (entry.own_limits and name in swept)
        }


def compare_run(run: Path) -> Comparison:
    """The comparison of a finished run.

    Raises:
        RunError: the folder is no run, or a variant of its suite is unfinished.
        ConfigError: it names published figures that are not there.
        DataError: its manifest is damaged.
    """
    manifest = read_manifest(run)
    return compare_results(run, manifest, read_results(run, manifest))


def compare_results(
    run: Path, manifest: dict[str, Any], results: Mapping[str, Result]
) -> Comparison:
    """The comparison of a finished run whose variants are read; raises as ``compare_run``.

    Args:
        run: its folder.
        manifest: what stands in it.
        results: all its variants, by name.
    """
    measures = measures_of(manifest)
    audit = read_audit(run)
    baseline, floor = results[manifest["baseline"]], results.get(YARDSTICK)
    others = [one for one in results.values() if one.name != baseline.name]
    chances = chances_of(others, baseline, measures)
    values = {
        "suite": manifest["suite"],
        "machine": manifest["machine"],
        "metrics": manifest["metrics"],
        "baseline": baseline.name,
        "verdict": run_decision(manifest, results, measures, audit),
        "audit": audit,
        "groups": _groups(manifest, baseline),
        "floor": floor.name if floor else None,
        "variants": {
            name: _variant(result, manifest, measures, baseline, floor, chances)
            for name, result in results.items()
        },
        **analysed(run, manifest, measures, list(results.values())),
        "published": published(manifest["suite"]["published"], list(results)),
        "signature": _signature(manifest, list(results.values())),
    }
    return validated(Comparison, values, run / MANIFEST, DataError)


def _groups(manifest: dict[str, Any], result: Result) -> Groups:
    """How many groups the questions fall into, and how many of them are grouped by what."""
    outcomes = list(result.outcomes.values())
    evident = sum(bool(one.evidence) for one in outcomes)
    by = Counter(manifest["evidence"] or {"section": evident})
    by["document"] += sum(bool(names) for names in evidence_of(outcomes)) - evident
    by["question"] = len(outcomes) - by.total()
    return Groups(
        n=len(set(clusters_of(outcomes))), by={form: by[form] for form in GROUPED if by[form]}
    )


def published(row: str | None, variants: Sequence[str]) -> Published | None:
    """Of the published figures of that row, those of variants there are; None without a row.

    Raises:
        ConfigError: there is no such row.
    """
    if row is None:
        return None
    rows = read_yaml(PUBLISHED)
    if row not in rows:
        raise ConfigError(f"no published figures {row!r}; there are {', '.join(rows)}")
    found = {name: what for name, what in rows[row]["variants"].items() if name in variants}
    return Published(note=rows[row]["note"], variants=found)


def _variant(
    result: Result,
    manifest: dict[str, Any],
    measures: Sequence[Measure],
    baseline: Result,
    floor: Result | None,
    chances: Chances,
) -> VariantFigures:
    """The figures of one variant."""
    shown = figures(result, measures)
    rates = {one.name for one in measures if one.kind == "rate"}
    described = manifest["variants"][result.name]
    compared: dict[str, Any] = {}
    if result.name != baseline.name:
        compared["vs_baseline"] = {
            name: Tested(**vars(one), **vars(chances[result.name, name]))
            for name, one in differences(result, baseline, measures).items()
        }
    if floor and not described["floor"]:
        compared["vs_floor"] = differences(result, floor, measures)
    return VariantFigures(
        metrics={name: found for name, found in shown.items() if name not in rates},
        rates={name: found for name, found in shown.items() if name in rates},
        cost=Cost.model_validate(result.cost),
        n=len(result.outcomes),
        clusters=len(set(clusters_of(list(result.outcomes.values())))),
        replicates=len(result.replicates),
        unanswered=result.record["unanswered"],
        trained_in=described["trained_in"],
        asked_in=described["prompt"],
        floor=described["floor"],
        source=described["context"]["source"],
        own_limits=described["own_limits"],
        **compared,
    )


def _signature(manifest: dict[str, Any], results: Sequence[Result]) -> str:
    """What the run rests on, the versions of this project that asked for its answers, and what
    servers and functions gave them when."""
    versions = {version for result in results for version in result.record["answered_by"]}
    answers = [f"answers:{','.join(sorted(versions))}"] if versions else []
    served = [
        f"served {result.name}:{','.join(result.record['served_by'])}"
        for result in results
        if result.record["served_by"]
    ]
    tried = [f"tried:{manifest['tried']}"] if manifest["tried"] else []
    return " | ".join([manifest["signature"], *served, *answers, *tried])
