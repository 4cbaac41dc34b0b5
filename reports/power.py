"""What a run of so many questions can show, and how many show a difference: from an earlier run."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np

from harness.deciding import FEWEST_TO_DECIDE
from harness.errors import RunError
from harness.family import Estimates
from harness.pairing import Measure, align, estimated
from harness.planning import MOST, POWER, detectable, growth_for
from harness.runs import read_manifest, read_result
from harness.statistics import COVERAGE
from reports.cells import TextTable
from reports.decision import deciding_metric
from reports.measures import measures_of
from reports.reported import Reported

POWER_NOTE = (
    f"Detectable: the true difference from the baseline that {POWER:.0%} of runs of so many "
    "questions would show, of all variants together; none of fewer than "
    f"{FEWEST_TO_DECIDE} groups. "
    "Questions: as many as would show the difference asked for; none where the two never differ, "
    f"or {MOST:,.0f} times as many as there are would not do, as where few draws or seeds tell "
    "little. Both take further questions to be like these, as many in a group."
)


class VariantPower(Reported):
    """A variant beside the baseline."""

    detectable: float | None
    """As many questions as in the run would show it; None where there are too few groups."""
    questions: int | None
    """That would show the difference asked for; None where the two never differ, or more than
    ``harness.planning.MOST`` times as many as there are would have to."""
    clusters: int | None


class Power(Reported):
    """What runs of questions like these can show."""

    by: str
    title: str
    baseline: str
    difference: float
    n: int
    clusters: int
    variants: dict[str, VariantPower]


def power_of(run: Path, by: str | None, difference: float) -> Power:
    """What more questions like those of a finished run would show.

    Args:
        run: its folder: an earlier run, or a pilot.
        by: the metric; None is the one that its suite decides by, or the first.
        difference: a true one from the baseline, above 0.

    Raises:
        RunError: it is no finished run, or has one variant, or one group of questions.
        ConfigError: nothing can be decided by that metric.
    """
    manifest = read_manifest(run)
    row = manifest["suite"]["decide"] or {}
    metric = deciding_metric(measures_of(manifest), by or row.get("by"))
    baseline = manifest["baseline"]
    others = [name for name, what in manifest["variants"].items() if _beside(name, what, baseline)]
    found, n = _figures(run, [baseline, *others], metric)
    if not others or found.clusters < 2:
        raise RunError(
            f"{run} has {len(others)} variants beside {baseline} and {found.clusters} groups of "
            "questions; a plan takes one at least, and two"
        )
    weights = np.concatenate([-np.ones((len(others), 1)), np.eye(len(others))], axis=1)
    least = detectable(found, weights, COVERAGE)
    growth = growth_for(found, weights, COVERAGE, difference, FEWEST_TO_DECIDE)
    enough = found.clusters >= FEWEST_TO_DECIDE
    return Power(
        by=metric.name,
        title=metric.title,
        baseline=baseline,
        difference=difference,
        n=n,
        clusters=found.clusters,
        variants={
            name: VariantPower(
                detectable=float(least[place]) if enough and least[place] else None,
                questions=ceil(n * growth[place]) if told else None,
                clusters=ceil(found.clusters * growth[place]) if told else None,
            )
            for place, (name, told) in enumerate(
                zip(others, (least > 0) & (growth <= MOST), strict=True)
            )
        },
    )


def power_table(power: Power) -> TextTable:
    """A line a variant."""
    rows = [
        [
            name,
            "–" if one.detectable is None else f"{one.detectable:.3f}",
            "–" if one.questions is None else f"{one.questions}",
            "–" if one.clusters is None else f"{one.clusters}",
        ]
        for name, one in power.variants.items()
    ]
    title = (
        f"{power.title}: what {power.n} questions in {power.clusters} groups show, and how many "
        f"show a difference of {power.difference:g} from {power.baseline}"
    )
    return TextTable(title, ["variant", "detectable", "questions", "groups"], rows, POWER_NOTE)


def _beside(name: str, described: dict[str, object], baseline: str) -> bool:
    return name != baseline and not described["floor"]


def _figures(run: Path, names: Sequence[str], metric: Measure) -> tuple[Estimates, int]:
    aligned = align([read_result(run, name) for name in names], metric.name)
    if not aligned.clusters:
        raise RunError(f"no question of {run} has a value of {metric.name} in every variant")
    return estimated(aligned, metric), len(aligned.ids)
