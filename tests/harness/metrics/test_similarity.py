"""SimilarityEvaluator: the three published scores of texts at hand, as the metrics have them."""

import pytest

from harness.metrics import Row, SimilarityEvaluator
from harness.metrics.bertscore import BertScore
from harness.metrics.overlap import Bleu, RougeL

REFERENCE = "Under Article 33(1), the controller notifies the authority within 72 hours."
TEXTS = ["Article 33(1) gives the controller 72 hours.", "Kites fly well.", REFERENCE, ""]


@pytest.mark.usefixtures("minilm")
def test_the_published_call_scores_as_the_metrics_do() -> None:
    scores = SimilarityEvaluator().evaluate_similarity(TEXTS, [REFERENCE] * 4)
    rows = [Row("", text, (REFERENCE,)) for text in TEXTS]
    assert scores.bertscore_f1 == BertScore().score(rows)
    assert scores.bleu == Bleu().score(rows)
    assert scores.rouge_l == RougeL().score(rows)
    for metric in (BertScore(), Bleu(), RougeL()):
        assert metric.signature in scores.signature


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        SimilarityEvaluator().evaluate_similarity(["a", "b"], ["c"])
