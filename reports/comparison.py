"""
A run folder → ``comparison.json``: every figure the reports show, computed once.

Each variant is compared with the suite's baseline and with a floor, question by question.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.files import read_yaml
from harness.pairing import Measure, clusters_of, difference, evidence_of, figure
from harness.runs import Result, read_manifest, read_result
from reports.explained import GROUPED
from reports.measures import measures_of
from reports.sweep import curves

PUBLISHED = Path(__file__).with_name("published.yaml")
"""Published figures, by the name a suite gives."""
YARDSTICK = "floor/sentence"
"""The floor that every variant is compared with, where a run has it: the best of those we measured
(README.md)."""


def compare_run(run: Path) -> dict[str, Any]:
    """The comparison of a finished run, as JSON.

    Raises:
        RunError: the folder is no run, or a variant of its suite is unfinished.
        ConfigError: it names published figures that are not there.
    """
    manifest = read_manifest(run)
    suite = manifest["suite"]
    measures = measures_of(manifest)
    results = {name: read_result(run, name) for name in manifest["variants"]}
    baseline = results[manifest["baseline"]]
    floor = results.get(YARDSTICK)
    sweep = curves(list(results.values()), manifest, measures)
    return {
        "suite": suite,
        "machine": manifest["machine"],
        "metrics": manifest["metrics"],
        "baseline": baseline.name,
        "groups": _groups(manifest, baseline),
        "floor": floor.name if floor else None,
        "variants": {
            name: _variant(result, manifest, measures, baseline, floor)
            for name, result in results.items()
        },
        **({"sweep": sweep} if sweep else {}),
        "published": published(suite.get("published"), list(results)),
        "signature": _signature(manifest, list(results.values())),
    }


def _groups(manifest: dict[str, Any], result: Result) -> dict[str, Any]:
    """How many groups the questions fall into, and how many of them are grouped by what."""
    outcomes = list(result.outcomes.values())
    evident = sum(bool(one.evidence) for one in outcomes)
    by = Counter(manifest.get("evidence") or {"section": evident})
    by["document"] += sum(bool(names) for names in evidence_of(outcomes)) - evident
    by["question"] = len(outcomes) - by.total()
    return {
        "n": len(set(clusters_of(outcomes))),
        "by": {form: by[form] for form in GROUPED if by[form]},
    }


def published(row: str | None, variants: Sequence[str]) -> dict[str, Any] | None:
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
    return {"note": rows[row]["note"], "variants": found}


def _variant(
    result: Result,
    manifest: dict[str, Any],
    measures: Sequence[Measure],
    baseline: Result,
    floor: Result | None,
) -> dict[str, Any]:
    """The figures of one variant."""
    figures = {one.name: figure(result, one) for one in measures}
    kinds = {one.name: one.kind for one in measures}
    shown = {name: found.as_json() for name, found in figures.items() if found}
    described = manifest["variants"][result.name]
    others = {
        "vs_baseline": None if result.name == baseline.name else baseline,
        "vs_floor": None if described["floor"] else floor,
    }
    return {
        "metrics": {name: found for name, found in shown.items() if kinds[name] != "rate"},
        "rates": {name: found for name, found in shown.items() if kinds[name] == "rate"},
        "cost": result.cost,
        "n": len(result.outcomes),
        "clusters": len(set(clusters_of(list(result.outcomes.values())))),
        "replicates": len(result.replicates),
        "unanswered": result.record["unanswered"],
        "trained_in": described["trained_in"],
        "asked_in": described["prompt"],
        "floor": described["floor"],
        "own_limits": described["own_limits"],
        **{
            name: _differences(result, other, measures)
            for name, other in others.items()
            if other is not None
        },
    }


def _differences(result: Result, other: Result, measures: Sequence[Measure]) -> dict[str, Any]:
    """By metric, ``result`` minus ``other``, of those that both have a value of."""
    found = {one.name: difference(result, other, one) for one in measures}
    return {name: one.as_json() for name, one in found.items() if one}


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
    return " | ".join([manifest["signature"], *served, *answers])
