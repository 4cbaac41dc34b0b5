"""BLEU and ROUGE-L against other implementations, and on texts that break the packages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from rouge_score.rouge_scorer import RougeScorer

from harness.metrics.overlap import bleu, rouge_l

WORDS = ["data", "breach", "notify", "within", "days", "the", "authority", "a", "fine", "must"]
SENTENCES = st.permutations(WORDS).flatmap(
    lambda words: st.integers(4, len(words)).map(lambda n: words[:n])
)
ODD = ["", "   ", "\n", ".", "...", "?!", "。", "\u200b", "-"]


@given(SENTENCES, SENTENCES)
def test_bleu_agrees_with_nltk(hypothesis: list[str], reference: list[str]) -> None:
    # Both have four words or more, so that effective order changes nothing; exponential
    # smoothing of zero counts is NLTK's method 3.
    theirs = sentence_bleu([reference], hypothesis, smoothing_function=SmoothingFunction().method3)
    ours = bleu(" ".join(hypothesis), " ".join(reference))
    assert ours == pytest.approx(theirs, abs=1e-6)


@given(SENTENCES, SENTENCES)
def test_rouge_l_agrees_with_googles_package(hypothesis: list[str], reference: list[str]) -> None:
    # One sentence and no repeated word: where the two definitions coincide.
    theirs = RougeScorer(["rougeL"]).score(" ".join(reference), " ".join(hypothesis))
    ours = rouge_l(" ".join(hypothesis), " ".join(reference))
    assert ours == pytest.approx(theirs["rougeL"].fmeasure, abs=1e-6)


def test_a_right_short_answer_is_not_zero() -> None:
    assert bleu("thirty days", "thirty days") == 1.0
    assert rouge_l("thirty days", "thirty days") == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("metric", [bleu, rouge_l])
@pytest.mark.parametrize("text", ODD)
def test_odd_texts_get_a_score(metric, text: str) -> None:  # type: ignore[no-untyped-def]
    for hypothesis, reference in ((text, "Within 72 hours."), ("Within 72 hours.", text)):
        assert 0.0 <= metric(hypothesis, reference) < 0.2


@pytest.mark.parametrize("metric", [bleu, rouge_l])
def test_an_answer_of_5000_words_gets_a_score(metric) -> None:  # type: ignore[no-untyped-def]
    rambling = " ".join(f"word{i}" for i in range(5000))
    assert 0.0 <= metric(rambling, "The controller notifies the authority within 72 hours.") < 0.1
    assert metric("a short one", rambling) >= 0.0


@given(st.text(max_size=80), st.text(max_size=80))
def test_every_pair_of_texts_scores_between_0_and_1(hypothesis: str, reference: str) -> None:
    assert 0.0 <= bleu(hypothesis, reference) <= 1.0
    assert 0.0 <= rouge_l(hypothesis, reference) <= 1.0
