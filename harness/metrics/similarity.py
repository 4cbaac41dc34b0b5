"""
The three similarity metrics of the suite, for many pairs at once, with a signature.

    scores = SimilarityEvaluator().evaluate_similarity(hypotheses, references)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.metrics import overlap
from harness.metrics.bertscore import BertScore

METRICS = ("bertscore_f1", "bleu", "rouge_l")
"""Names of the metrics, in the order they are shown."""


@dataclass(frozen=True)
class SimilarityScores:
    """Scores of N pairs, in their order."""

    bertscore_f1: list[float]
    """(N,), in [-1, 1]."""
    bleu: list[float]
    """(N,), in [0, 1]."""
    rouge_l: list[float]
    """(N,), in [0, 1]."""
    signature: str
    """Everything that could change the figures, in one line."""

    def pair(self, index: int) -> dict[str, float]:
        """The three scores of one pair, by metric name."""
        return {name: getattr(self, name)[index] for name in METRICS}


class SimilarityEvaluator:
    """Scores answers against references; the encoder is loaded once a process, on first use."""

    def __init__(self, encoder: str = "minilm-l6", layer: int | None = None) -> None:
        """``encoder`` is BERTScore's: a catalogue name, a Hugging Face id or a folder."""
        self._bertscore = BertScore(encoder, layer)

    def evaluate_similarity(
        self, hypotheses: Sequence[str], references: Sequence[str]
    ) -> SimilarityScores:
        """BERTScore F1, BLEU and ROUGE-L of every pair. Blank texts score 0.

        Raises:
            ValueError: the two differ in length.
        """
        if len(hypotheses) != len(references):
            raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
        pairs = list(zip(hypotheses, references, strict=True))
        return SimilarityScores(
            bertscore_f1=self._bertscore.f1(hypotheses, references),
            bleu=[overlap.bleu(*pair) for pair in pairs],
            rouge_l=[overlap.rouge_l(*pair) for pair in pairs],
            signature=self.signature(),
        )

    def signature(self) -> str:
        """Everything that could change the figures, in one line."""
        return f"{self._bertscore.signature()} | {overlap.signature()}"
