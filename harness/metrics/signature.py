"""One line with everything that could change a score."""

from harness.metrics import abstention
from harness.metrics.similarity import SimilarityEvaluator


def signature(encoder: str) -> str:
    """The signatures of all metrics, with BERTScore's encoder by name, id or folder."""
    return f"{SimilarityEvaluator(encoder).signature()} | {abstention.signature()}"
