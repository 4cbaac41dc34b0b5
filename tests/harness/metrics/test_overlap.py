"""BLEU and ROUGE-L against other implementations, and on texts that break the packages."""

from collections.abc import Callable

import numpy as np
import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from rouge_score.rouge_scorer import RougeScorer

from harness.metrics import Metric, Row, aggregate
from harness.metrics.overlap import Bleu, CorpusBleu, RougeL, bleu, rouge_l

WORDS = ["data", "breach", "notify", "within", "days", "the", "authority", "a", "fine", "must"]
SENTENCES = st.permutations(WORDS).flatmap(
    lambda words: st.integers(4, len(words)).map(lambda n: words[:n])
)
ODD = ["", "   ", "\n", ".", "...", "?!", "。", "\u200b", "-"]
TEXTS = st.lists(st.sampled_from([*WORDS[:5], "§ 3(1).", "72", "…"]), max_size=12).map(" ".join)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8)
OVERLAPS = pytest.mark.parametrize("overlap", [bleu, rouge_l])
Overlap = Callable[[str, str], float]


def rows(pairs: list[tuple[str, str]]) -> list[Row]:
    """A row for each answer and its reference."""
    return [Row("", answer, (reference,)) for answer, reference in pairs]


def statistics(pairs: list[tuple[str, str]]) -> np.ndarray:
    """What corpus BLEU counts of each pair, (N, 10)."""
    return np.asarray(CorpusBleu().score(rows(pairs)), dtype=np.float64)


def corpus_bleu(pairs: list[tuple[str, str]]) -> float:
    """sacreBLEU's, in [0, 1]."""
    answers, references = map(list, zip(*pairs, strict=True))
    score: float = sacrebleu.corpus_bleu(answers, [references]).score
    return score / 100


@given(SENTENCES, SENTENCES)
def test_bleu_agrees_with_nltk(answer: list[str], reference: list[str]) -> None:
    # Both have four words or more, so that effective order changes nothing; exponential
    # smoothing of zero counts is NLTK's method 3.
    theirs = sentence_bleu([reference], answer, smoothing_function=SmoothingFunction().method3)
    assert bleu(" ".join(answer), " ".join(reference)) == pytest.approx(theirs, abs=1e-6)


@given(SENTENCES, SENTENCES)
def test_rouge_l_agrees_with_googles_package(answer: list[str], reference: list[str]) -> None:
    # One sentence and no repeated word: where the two definitions coincide.
    theirs = RougeScorer(["rougeL"]).score(" ".join(reference), " ".join(answer))
    ours = rouge_l(" ".join(answer), " ".join(reference))
    assert ours == pytest.approx(theirs["rougeL"].fmeasure, abs=1e-6)


def test_a_right_short_answer_is_not_zero() -> None:
    assert bleu("thirty days", "thirty days") == 1.0
    assert rouge_l("thirty days", "thirty days") == pytest.approx(1.0, abs=1e-8)


@OVERLAPS
@pytest.mark.parametrize("text", ODD)
def test_odd_texts_get_a_score(overlap: Overlap, text: str) -> None:
    for answer, reference in ((text, "Within 72 hours."), ("Within 72 hours.", text)):
        assert 0.0 <= overlap(answer, reference) < 0.2


@OVERLAPS
def test_an_answer_of_5000_words_gets_a_score(overlap: Overlap) -> None:
    rambling = " ".join(f"word{i}" for i in range(5000))
    assert 0.0 <= overlap(rambling, "The controller notifies the authority within 72 hours.") < 0.1
    assert overlap("a short one", rambling) >= 0.0


@given(st.text(max_size=80), st.text(max_size=80))
def test_every_pair_of_texts_scores_between_0_and_1(answer: str, reference: str) -> None:
    assert 0.0 <= bleu(answer, reference) <= 1.0
    assert 0.0 <= rouge_l(answer, reference) <= 1.0


@given(st.text(max_size=80), st.text(max_size=80))
def test_corpus_bleu_of_any_pair_is_between_0_and_1(answer: str, reference: str) -> None:
    assert 0.0 <= aggregate(CorpusBleu(), CorpusBleu().score(rows([(answer, reference)]))) <= 1.0  # type: ignore[arg-type]


@pytest.mark.parametrize(("metric", "overlap"), [(Bleu(), bleu), (RougeL(), rouge_l)])
def test_a_metric_gives_each_row_its_value_in_order(metric: Metric, overlap: Overlap) -> None:
    pairs = [("a fine", "the fine"), ("", "the fine"), ("the fine", "the fine")]
    assert metric.score(rows(pairs)) == [overlap(*pair) for pair in pairs]


@given(PAIRS)
def test_corpus_bleu_is_sacrebleus(pairs: list[tuple[str, str]]) -> None:
    # Values add up: no answer has to be looked at again for the figure of all.
    figure = CorpusBleu().total(statistics(pairs).sum(axis=0))
    assert figure.shape == ()
    assert float(figure) == pytest.approx(corpus_bleu(pairs), abs=1e-9)


@given(PAIRS, st.integers(0, 2**32 - 1))
def test_corpus_bleu_of_many_draws_at_once_is_sacrebleus_of_each(
    pairs: list[tuple[str, str]], seed: int
) -> None:
    drawn = np.random.default_rng(seed).integers(len(pairs), size=(5, len(pairs)))  # (R, N)
    figures = CorpusBleu().total(statistics(pairs)[drawn].sum(axis=1))
    assert figures.shape == (5,)
    theirs = [corpus_bleu([pairs[i] for i in draw]) for draw in drawn]
    assert figures == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("", "within 72 hours of it")], 0.0),
        ([("", ""), ("", "")], 0.0),
        ([("kites fly on windy days", "within 72 hours of it")], 0.0),
        ([("within", "within 72 hours of it")], 0.0),  # No n-gram of 2 words to count.
        ([("within 72 hours of it", "within 72 hours of it")], 1.0),
        ([("", "within 72 hours"), ("a fine of 4 %", "a fine of 4 %")], np.exp(1 - 8 / 5)),
    ],
)
def test_corpus_bleu_where_there_is_little_to_count(
    pairs: list[tuple[str, str]], expected: float
) -> None:
    assert corpus_bleu(pairs) == pytest.approx(expected, abs=1e-9)
    assert aggregate(CorpusBleu(), CorpusBleu().score(rows(pairs))) == pytest.approx(  # type: ignore[arg-type]
        expected, abs=1e-9
    )


@pytest.mark.parametrize(
    ("metric", "parts"),
    [
        (Bleu(), ("sacrebleu-", "mean-of-sentences", "effective-order", "13a", "exp")),
        (CorpusBleu(), ("sacrebleu-", "corpus", "13a", "exp")),
        (RougeL(), ("rouge-", "F", "summary-level")),
    ],
)
def test_signatures_name_what_could_change_a_score(metric: Metric, parts: tuple[str, ...]) -> None:
    said = metric.signature.removeprefix(f"{metric.name}:").split(",")
    assert all(any(word.startswith(part) for word in said) for part in parts)
