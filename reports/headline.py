"""
Which metrics are shown where there is little room: one rule for every table and picture.

All but ``ASIDE``, which stand in a table of their own; or, where a suite names its metrics or
decides by one of ``ASIDE``, those as well. What no variant has a value of is shown nowhere.
``comparison.json`` has all of everything.
"""

from collections.abc import Collection, Mapping

from reports.cells import ARROWS
from reports.comparison import Comparison

ASIDE = (
    *("citation_recall", "citation_precision", "citation_shown", "grounded"),
    *("repetition", "length"),
    *("facts_shown", "facts_taken"),
)
"""Metrics that explain a score, and are none of quality as a whole."""


def headline(comparison: Comparison, *kinds: str) -> dict[str, str]:
    """The titles of the metrics of these kinds that are shown everywhere, by name."""
    suite = comparison.suite.model_extra or {}
    titles = measured(comparison, *kinds)
    decides = str((suite.get("decide") or {}).get("by"))
    return without_asides(titles, titles if suite.get("metrics") else [decides])


def further(comparison: Comparison, *kinds: str) -> dict[str, str]:
    """The titles of the others of these kinds."""
    shown = headline(comparison, *kinds)
    return {name: one for name, one in measured(comparison, *kinds).items() if name not in shown}


def measured(comparison: Comparison, *kinds: str) -> dict[str, str]:
    """The titles of the metrics of these kinds of which a variant has a value, by name."""
    entries = comparison.variants.values()
    known = {name for entry in entries for name in (*entry.metrics, *entry.rates)}
    return {name: one for name, one in comparison.titles(*kinds).items() if name in known}


def without_asides(titles: Mapping[str, str], kept: Collection[str] = ()) -> dict[str, str]:
    """The titles without those of ``ASIDE`` that are not ``kept``; all, where nothing is left."""
    shown = {name: one for name, one in titles.items() if name not in ASIDE or name in kept}
    return shown or dict(titles)


def arrowed(comparison: Comparison, titles: Mapping[str, str]) -> list[str]:
    """Titles of columns, with arrows that tell which way is better where not all are alike."""
    ways = {name: comparison.metrics[name].higher_is_better for name in titles}
    if all(ways.values()):
        return list(titles.values())
    return [f"{title} {ARROWS[ways[name]]}".strip() for name, title in titles.items()]
