"""BERTScore against one computed by hand, and the three metrics together."""

from pathlib import Path

import pytest
import torch

from harness.metrics import METRICS, SimilarityEvaluator
from harness.metrics import bertscore as bertscore_module

REFERENCE = "Under Article 33(1), the controller notifies the authority within 72 hours."
PAIRS = [
    ("Article 33(1) gives the controller 72 hours to notify the authority.", REFERENCE),
    ("Kites fly well on windy days.", REFERENCE),
    (REFERENCE, REFERENCE),
]


def f1_by_hand(folder: Path, layer: int, hypothesis: str, reference: str) -> float:
    """Greedy cosine matching of token states.

    The two special tokens are not averaged over, but a word may match one: as the authors'
    package has it.
    """
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)

    def states(text: str) -> torch.Tensor:
        with torch.no_grad():
            output = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
        return torch.nn.functional.normalize(output.hidden_states[layer][0], dim=-1)

    cosines = states(hypothesis) @ states(reference).T  # (tokens of hypothesis, of reference)
    precision = cosines.max(dim=1).values[1:-1].mean()
    recall = cosines.max(dim=0).values[1:-1].mean()
    return float(2 * precision * recall / (precision + recall))


def test_bertscore_agrees_with_the_formula(minilm: Path) -> None:
    scores = SimilarityEvaluator().evaluate_similarity(*map(list, zip(*PAIRS, strict=True)))
    for ours, (hypothesis, reference) in zip(scores.bertscore_f1, PAIRS, strict=True):
        assert ours == pytest.approx(f1_by_hand(minilm, 5, hypothesis, reference), abs=1e-4)


def test_a_better_answer_scores_higher_on_all_three(minilm: Path) -> None:  # noqa: ARG001
    scores = SimilarityEvaluator().evaluate_similarity(*map(list, zip(*PAIRS, strict=True)))
    for name in METRICS:
        good, bad, perfect = getattr(scores, name)
        assert bad < good < perfect
        assert perfect == pytest.approx(1.0, abs=1e-4)
    assert scores.pair(1) == {name: getattr(scores, name)[1] for name in METRICS}


@pytest.mark.parametrize("text", ["", " \n", ".", "?!…", "\x00\x01", "\u200b", "word " * 5000])
def test_odd_answers_get_a_score(minilm: Path, text: str) -> None:  # noqa: ARG001
    scores = SimilarityEvaluator().evaluate_similarity([text, PAIRS[0][0]], [REFERENCE, REFERENCE])
    assert all(-1.0 <= getattr(scores, name)[0] < 0.6 for name in METRICS)
    assert scores.bertscore_f1[1] > 0.6


def test_the_encoder_is_loaded_once_and_scores_in_one_pass(
    minilm: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import bert_score

    passes: list[int] = []
    loads: list[object] = []

    class Counting(bert_score.BERTScorer):  # type: ignore[misc]
        def __init__(self, *args: object, **options: object) -> None:
            loads.append(self)
            super().__init__(*args, **options)

        def score(self, hypotheses: list[str], *args: object, **options: object) -> object:
            passes.append(len(hypotheses))
            return super().score(hypotheses, *args, **options)

    monkeypatch.setattr(bert_score, "BERTScorer", Counting)
    bertscore_module._load.cache_clear()
    for _ in range(2):
        SimilarityEvaluator().evaluate_similarity(["a", "b", ""], [REFERENCE] * 3)
    bertscore_module._load.cache_clear()
    assert len(loads) == 1
    assert passes == [2, 2]


def test_the_signature_names_what_could_change_the_figures() -> None:
    signature = SimilarityEvaluator().signature()
    for part in ("minilm-l6@", "L5", "no-rescale", "sacrebleu-", "effective-order", "rouge-"):
        assert part in signature
    assert signature != SimilarityEvaluator(layer=6).signature()


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 hypotheses for 1 references"):
        SimilarityEvaluator().evaluate_similarity(["a", "b"], ["c"])
