"""Rows → the values of several metrics, each computed once for what it read."""

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, Protocol

import numpy as np

from harness.errors import ConfigError
from harness.files import fingerprint
from harness.metrics.metric import Metric, Row, Value, named_in_errors

Scores = dict[str, list[Value | None]]
"""By metric, one value a row in their order."""
_FORM = {"mean": "a finite number", "rate": "0 or 1", "corpus": "a tuple of finite numbers"}
"""What a metric of each kind gives."""


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

    Raises:
        ConfigError: a metric fails, or gives values that are none of its kind.
    """
    keys = row_keys(rows)
    distinct = dict(zip(keys, rows, strict=True))
    scores: Scores = {}
    for metric in metrics:
        found = keeper.scores(metric.signature, list(distinct)) if keeper else {}
        missing = [key for key in distinct if key not in found]
        if missing:
            values = _values(metric, [distinct[key] for key in missing])
            made = dict(zip(missing, values, strict=True))
            if keeper:
                keeper.keep_scores(metric.signature, made)
            found |= made
        scores[metric.name] = [found[key] for key in keys]
    return scores


def _values(metric: Metric, rows: Sequence[Row]) -> list[Value | None]:
    """What a metric gives rows, once it is sure that it is what its kind says."""
    with named_in_errors(metric.name):
        given = list(metric.score(rows))
        values = [None if value is None else _value(metric, value) for value in given]
    if len(values) != len(rows):
        raise ConfigError(
            f"metric {metric.name} gave {len(values)} values of {len(rows)} rows; it must give one "
            "of each, in their order, and None of a row it has nothing to say of"
        )
    widths = {len(value) for value in values if isinstance(value, tuple)}
    if len(widths) > 1:
        raise ConfigError(
            f"metric {metric.name} gave statistics of {' and '.join(map(str, sorted(widths)))} "
            "numbers; they must be as many of every row, since they are added up"
        )
    return values


def _value(metric: Metric, given: Any) -> Value:
    """A value as it is kept."""
    if metric.kind == "corpus":
        several = isinstance(given, list | tuple | np.ndarray) and len(given) > 0
        if several and all(map(_is_number, given)):
            return tuple(map(float, given))
    elif _is_number(given) and (metric.kind == "mean" or given in (0, 1)):
        return float(given)
    raise ConfigError(
        f"metric {metric.name} gave {' '.join(repr(given).split())[:60]} of a row; it must give "
        f"None or {_FORM[metric.kind]}"
    )


def _is_number(given: Any) -> bool:
    return isinstance(given, Real | np.bool_) and math.isfinite(given)


def row_keys(rows: Sequence[Row]) -> list[str]:
    """Fingerprints of rows: all that a metric can read.

    What a row does not have counts for nothing, so that it is found by what it was before rows
    could have it.
    """
    return [fingerprint(_read_of(row)) for row in rows]


def _read_of(row: Row) -> dict[str, Any]:
    read = vars(row) | {"facts": [vars(fact) for fact in row.facts]}
    later = ("facts", "citations", "provisions")
    return {name: value for name, value in read.items() if value or name not in later}
