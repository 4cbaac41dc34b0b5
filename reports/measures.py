"""The metrics of a finished run, as its manifest describes them."""

from functools import partial
from typing import Any, cast

from harness.errors import ConfigError
from harness.metrics import CorpusMetric, make_metrics, metric_names, total_of
from harness.pairing import Measure
from harness.statistics import Total


def measures_of(manifest: dict[str, Any]) -> list[Measure]:
    """The metrics of a run, in the order they are shown.

    Raises:
        ConfigError: a metric of the user's, whose figure is of all rows together, is not to be
            found any more, or is another by now.
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
    ours = metric_names()
    named = [name] if name in ours else [n for n in manifest["suite"]["metrics"] if n not in ours]
    made = {one.name: one for one in make_metrics(named)}
    scored = manifest["metrics"][name]["signature"]
    # What our own were is told by the version; of theirs, the statistics may be others by now.
    if name not in ours and (name not in made or made[name].signature != scored):
        found = made[name].signature if name in made else "none of that name"
        raise ConfigError(
            f"metric {name} was {scored} when this run was scored, and now it is {found}: run the "
            "suite again, which asks no model anew"
        )
    return partial(total_of, cast("CorpusMetric", made[name]))
