"""BLEU and ROUGE-L against other implementations, and on texts that break the packages."""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

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
SEVERAL = st.tuples(TEXTS, st.lists(TEXTS.filter(str.strip), min_size=1, max_size=4))
OVERLAPS = pytest.mark.parametrize("overlap", [bleu, rouge_l])
Overlap = Callable[..., float]


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


@given(SENTENCES, st.lists(SENTENCES, min_size=1, max_size=3))
def test_bleu_agrees_with_nltk(answer: list[str], references: list[list[str]]) -> None:
    # All have four words or more, so that effective order changes nothing; exponential
    # smoothing of zero counts is NLTK's method 3.
    theirs = sentence_bleu(references, answer, smoothing_function=SmoothingFunction().method3)
    assert bleu(" ".join(answer), *map(" ".join, references)) == pytest.approx(theirs, abs=1e-6)


@given(SENTENCES, st.lists(SENTENCES, min_size=1, max_size=3))
def test_rouge_l_agrees_with_googles_package(
    answer: list[str], references: list[list[str]]
) -> None:
    # One sentence and no repeated word: where the two definitions coincide.
    texts = list(map(" ".join, references))
    theirs = RougeScorer(["rougeL"]).score_multi(texts, " ".join(answer))
    assert rouge_l(" ".join(answer), *texts) == pytest.approx(theirs["rougeL"].fmeasure, abs=1e-6)


@given(SEVERAL)
def test_bleu_of_several_references_is_sacrebleus(case: tuple[str, list[str]]) -> None:
    answer, references = case
    theirs = sacrebleu.BLEU(effective_order=True).sentence_score(answer, references).score
    assert bleu(answer, *references) == pytest.approx(theirs / 100, abs=1e-9)


@given(st.lists(SEVERAL, min_size=1, max_size=6))
def test_corpus_bleu_of_several_references_is_sacrebleus(
    cases: list[tuple[str, list[str]]],
) -> None:
    answers, references = zip(*cases, strict=True)
    # The package takes the first of all, the second of all …, and None where there is none.
    streams = list(map(list, zip_longest(*references)))
    theirs = sacrebleu.corpus_bleu(list(answers), streams).score / 100
    several = [Row("", answer, tuple(those)) for answer, those in cases]
    ours = aggregate(CorpusBleu(), CorpusBleu().score(several))  # type: ignore[arg-type]
    assert ours == pytest.approx(theirs, abs=1e-9)


@given(TEXTS, TEXTS.filter(str.strip))
def test_one_reference_scores_to_the_bit_what_the_packages_give(text: str, reference: str) -> None:
    # What is kept of earlier versions must stay right.
    from rouge import Rouge

    (one,) = rows([(text, reference)])
    counted = sacrebleu.BLEU().corpus_score([text.strip()], [[reference]])
    counts = (counted.sys_len, counted.ref_len, *counted.counts, *counted.totals)
    assert CorpusBleu().score([one]) == [tuple(map(float, counts))]
    if text.strip():
        theirs = min(sacrebleu.sentence_bleu(text, [reference]).score / 100, 1.0)
        assert Bleu().score([one]) == [theirs]
        if text.strip("… .§"):
            (found,) = Rouge(metrics=["rouge-l"]).get_scores(text, reference)
            assert RougeL().score([one]) == [found["rouge-l"]["f"]]


@pytest.mark.parametrize("metric", [Bleu(), CorpusBleu(), RougeL()])
@given(case=SEVERAL, order=st.randoms(use_true_random=False))
def test_the_order_of_references_does_not_matter(
    metric: Metric, case: tuple[str, list[str]], order: Any
) -> None:
    answer, references = case
    shuffled = order.sample(references, len(references))
    rows = [Row("", answer, tuple(those)) for those in (references, shuffled)]
    first, second = metric.score(rows)
    assert first == second


@given(SEVERAL, TEXTS)
def test_one_more_reference_never_lowers_rouge_l(case: tuple[str, list[str]], more: str) -> None:
    answer, references = case
    assert rouge_l(answer, *references, more) >= rouge_l(answer, *references)


@OVERLAPS
@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_one_of_several_references_changes_nothing(overlap: Overlap, blank: str) -> None:
    # Its length was the nearest to a short answer's.
    answer, reference = "72 hours", "Within 72 hours of it."
    assert overlap(answer, blank, reference) == overlap(answer, reference)
    blanks = Row("", answer, (blank, reference))
    assert CorpusBleu().score([blanks]) == CorpusBleu().score(rows([(answer, reference)]))


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
