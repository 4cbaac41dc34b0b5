"""The metrics of a finished run, as its manifest describes them."""

from typing import Any, cast

from harness.metrics import CorpusMetric, make_metrics
from harness.pairing import Measure
from harness.statistics import Total


def measures_of(manifest: dict[str, Any]) -> list[Measure]:
    """The metrics of a run, in the order they are shown.

    Raises:
        ConfigError: a metric of the user's, whose figure is of all rows together, is not to be
            found any more.
    """
    return [
        Measure(
            name=name,
            title=what["title"],
            kind=what["kind"],
            higher_is_better=what["higher_is_better"],
            total=_total(manifest, name) if what["kind"] == "corpus" else None,
        )
        for name, what in manifest["metrics"].items()
    ]


def _total(manifest: dict[str, Any], name: str) -> Total:
    """How the statistics of a metric of all rows become its figure."""
    made = {one.name: one for one in make_metrics(manifest["suite"]["metrics"])}
    return cast("CorpusMetric", made[name]).total
