"""Rows → the values of several metrics, each computed once for what it read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Protocol

from harness.files import fingerprint
from harness.metrics.metric import Metric, Row, Value

Scores = dict[str, list[Value | None]]
"""By metric, one value a row in their order."""


class ScoreKeeper(Protocol):
    """Keeps values by what determines them: a metric's signature, and the row it read."""

    def scores(self, signature: str, rows: Sequence[str]) -> dict[str, Value | None]:
        """Those of the rows, by their fingerprints, that are kept."""

    def keep_scores(self, signature: str, values: Mapping[str, Value | None]) -> None:
        """Keep values, by the fingerprints of their rows."""


def score(
    metrics: Sequence[Metric], rows: Sequence[Row], keeper: ScoreKeeper | None = None
) -> Scores:
    """The values of all rows under each metric.

    Args:
        metrics: with different names.
        rows: what is scored; equal rows are scored once.
        keeper: asked first, and told what was not kept; None keeps nothing.
    """
    keys = row_keys(rows)
    distinct = dict(zip(keys, rows, strict=True))
    scores: Scores = {}
    for metric in metrics:
        found = keeper.scores(metric.signature, list(distinct)) if keeper else {}
        missing = [key for key in distinct if key not in found]
        if missing:
            values = metric.score([distinct[key] for key in missing])
            made = dict(zip(missing, values, strict=True))
            if keeper:
                keeper.keep_scores(metric.signature, made)
            found |= made
        scores[metric.name] = [found[key] for key in keys]
    return scores


def row_keys(rows: Sequence[Row]) -> list[str]:
    """Fingerprints of rows: all that a metric can read."""
    return [fingerprint(asdict(row)) for row in rows]
