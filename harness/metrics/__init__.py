"""Text in, numbers out: similarity to a reference, and abstention. No files, no printing."""

from harness.metrics.abstention import RATES, abstains, abstention_rates
from harness.metrics.signature import signature
from harness.metrics.similarity import METRICS, SimilarityEvaluator, SimilarityScores

__all__ = [
    "METRICS",
    "RATES",
    "SimilarityEvaluator",
    "SimilarityScores",
    "abstains",
    "abstention_rates",
    "signature",
]
