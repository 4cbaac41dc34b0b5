"""Which metrics a floor wins: what these measure here is no quality of an assistant."""

from collections.abc import Iterable

from reports.comparison import Comparison, VariantFigures
from reports.decision import EVIDENT
from reports.reported import MetricFacts


def won_by_floors(comparison: Comparison) -> list[str]:
    """A line on the metrics on which no variant that could be shipped has a better mean than the
    best floor; none where there are no such, or no floor was scored."""
    entries = comparison.variants.items()
    floors = {name: one for name, one in entries if one.floor}
    others = [one for _, one in entries if not one.floor and one.source not in EVIDENT]
    won = []
    for name, what in comparison.metrics.items():
        if what.kind == "rate" or what.higher_is_better is None or not others:
            continue
        least = {
            label: one.metrics[name].mean for label, one in floors.items() if name in one.metrics
        }
        best = min(least, key=lambda one: _worth(what, least[one]), default=None)
        if best is not None and _none_above(others, name, what, least[best]):
            won.append(f"{what.title} ({best})")
    if not won:
        return []
    said = "Not a measure of quality here, since no variant is better than the best floor on it"
    return [f"{said}: {', '.join(won)}."]


def _none_above(
    entries: Iterable[VariantFigures], name: str, what: MetricFacts, least: float
) -> bool:
    found = (one.metrics[name].mean for one in entries if name in one.metrics)
    return all(_worth(what, mean) >= _worth(what, least) for mean in found)


def _worth(what: MetricFacts, mean: float) -> float:
    """Smaller is better."""
    return -mean if what.higher_is_better else mean
