"""A run folder, read for the page: its figures and its answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.runs import Result, read_manifest, read_results
from reports.comparison import Comparison, compare_results


@dataclass(frozen=True)
class RunRead:
    """A finished run."""

    folder: Path
    manifest: dict[str, Any]
    results: Mapping[str, Result]
    """Of each variant, by name."""
    comparison: Comparison


def read_run(folder: Path) -> RunRead:
    """A finished run; raises as ``compare_run``."""
    manifest = read_manifest(folder)
    results = read_results(folder, manifest)
    return RunRead(folder, manifest, results, compare_results(folder, manifest, results))


def check_comparable(after: RunRead, before: RunRead) -> None:
    """Look whether two runs may stand in one page.

    Raises:
        ConfigError: they share no question, or have scores of one name that are not of one metric.
    """
    shared = set(_questions(after)) & set(_questions(before))
    if not shared:
        raise ConfigError(f"{after.folder} and {before.folder} have no question in common")
    asked, was = _questions(after), _questions(before)
    changed = [key for key in shared if asked[key] != was[key]]
    if changed:
        raise ConfigError(
            f"question {min(changed)!r} of {after.folder} has another text in {before.folder}: "
            "score both on the same data"
        )
    ours, theirs = after.comparison.metrics, before.comparison.metrics
    for name in sorted(set(ours) & set(theirs)):
        if ours[name].signature != theirs[name].signature:
            raise ConfigError(
                f"{name} is {ours[name].signature} in {after.folder} and {theirs[name].signature} "
                f"in {before.folder}; run the suite of one again, which asks nothing that is kept"
            )


def _questions(run: RunRead) -> dict[str, str]:
    first = next(iter(run.results.values()))
    return {key: str(one.document.get("question", "")) for key, one in first.outcomes.items()}
