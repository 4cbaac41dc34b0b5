"""SimilarityEvaluator: the three published scores of texts at hand, as the packages have them."""

import pytest
import sacrebleu
from rouge import Rouge

from harness.metrics import SimilarityEvaluator
from harness.metrics.bertscore import BertScore

REFERENCE = "Under Article 33(1), the controller notifies the authority within 72 hours."
TEXTS = ["Article 33(1) gives the controller 72 hours.", "Kites fly well.", REFERENCE, ""]

pytestmark = pytest.mark.usefixtures("minilm")


def test_the_published_call_scores_as_bert_score_sacrebleu_and_rouge_do() -> None:
    from bert_score import BERTScorer

    from harness.models import catalogue

    scores = SimilarityEvaluator().evaluate_similarity(TEXTS, [REFERENCE] * 4)
    scorer = BERTScorer(model_type=catalogue.resolve("minilm-l6"), num_layers=5)
    f1 = scorer.score(TEXTS[:3], [REFERENCE] * 3)[2].tolist()
    assert scores.bertscore_f1 == pytest.approx([*f1, 0], abs=1e-5)
    bleu = [sacrebleu.sentence_bleu(text, [REFERENCE]).score / 100 for text in TEXTS]
    assert scores.bleu == pytest.approx(bleu)
    rouge = [one["rouge-l"]["f"] for one in Rouge().get_scores(TEXTS[:3], [REFERENCE] * 3)]
    assert scores.rouge_l == pytest.approx([*rouge, 0], abs=1e-6)
    assert BertScore().signature in scores.signature
    assert all(part in scores.signature for part in ("sacrebleu-", "rouge-"))


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        SimilarityEvaluator().evaluate_similarity(["a", "b"], ["c"])
