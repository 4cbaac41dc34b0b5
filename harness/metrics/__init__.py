"""Text in, numbers out: similarity of an answer to its reference. No files, no printing."""

from harness.metrics.similarity import METRICS, SimilarityEvaluator, SimilarityScores

__all__ = ["METRICS", "SimilarityEvaluator", "SimilarityScores"]
