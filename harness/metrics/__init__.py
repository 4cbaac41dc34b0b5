"""Answers in, numbers out: no files, no printing. ``registry`` lists what there is."""

from harness.metrics.abstention import abstains
from harness.metrics.metric import (
    CorpusMetric,
    Metric,
    Row,
    Value,
    aggregate,
    description,
    total_of,
)
from harness.metrics.registry import check, make_metrics, metric_names, signature
from harness.metrics.scoring import Scores, score

__all__ = [
    "CorpusMetric",
    "Metric",
    "Row",
    "Scores",
    "Value",
    "abstains",
    "aggregate",
    "check",
    "description",
    "make_metrics",
    "metric_names",
    "score",
    "signature",
    "total_of",
]
