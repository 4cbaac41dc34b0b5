"""
The three scores of the published work, for texts at hand: no task, no run.

    scores = SimilarityEvaluator().evaluate_similarity(hypotheses, references)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.metrics.bertscore import BertScore
from harness.metrics.metric import Row
from harness.metrics.overlap import Bleu, RougeL
from harness.metrics.registry import signature


@dataclass(frozen=True)
class SimilarityScores:
    """Scores of N pairs, in their order."""

    bertscore_f1: list[float]
    """(N,), in [-1, 1]; bert-score."""
    bleu: list[float]
    """(N,), in [0, 1]; sacrebleu, each pair by itself."""
    rouge_l: list[float]
    """(N,), in [0, 1]; the package ``rouge``."""
    signature: str
    """All that could change a score, in one line."""


class SimilarityEvaluator:
    """Scores texts against references as a run does; the encoder is loaded once a process."""

    def __init__(self, encoder: str = "minilm-l6") -> None:
        """``encoder`` is BERTScore's: a catalogue name, a Hugging Face id or a folder."""
        self._metrics = (BertScore(encoder), Bleu(), RougeL())

    def evaluate_similarity(
        self, hypotheses: Sequence[str], references: Sequence[str]
    ) -> SimilarityScores:
        """BERTScore F1, BLEU and ROUGE-L of every pair. Blank texts score 0.

        Raises:
            ValueError: the two differ in length.
        """
        pairs = zip(hypotheses, references, strict=True)
        rows = [Row("", hypothesis, (reference,)) for hypothesis, reference in pairs]
        bertscore_f1, bleu, rouge_l = (
            [value if isinstance(value, float) else 0.0 for value in metric.score(rows)]
            for metric in self._metrics
        )
        return SimilarityScores(bertscore_f1, bleu, rouge_l, signature(self._metrics))
