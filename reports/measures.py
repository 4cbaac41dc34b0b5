"""The metrics of a finished run, as its manifest describes them."""

from typing import Any, cast

from harness.metrics import CorpusMetric, make_metrics
from harness.pairing import Measure


def measures_of(manifest: dict[str, Any]) -> list[Measure]:
    """The metrics of a run, in the order they are shown."""
    return [
        Measure(
            name=name,
            title=what["title"],
            kind=what["kind"],
            higher_is_better=what["higher_is_better"],
            total=cast("CorpusMetric", make_metrics([name])[0]).total
            if what["kind"] == "corpus"
            else None,
        )
        for name, what in manifest["metrics"].items()
    ]
