"""BLEU and ROUGE-L against other implementations, and on texts that break the packages."""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from rouge import Rouge
from rouge_score.rouge_scorer import RougeScorer

from harness.metrics import Metric, Row, aggregate
from harness.metrics.overlap import Bleu, CorpusBleu, RougeL, bleu, rouge_l

WORDS = ["data", "breach", "notify", "within", "days", "the", "authority", "a", "fine", "must"]
SENTENCES = st.permutations(WORDS).flatmap(
    lambda words: st.integers(4, len(words)).map(lambda n: words[:n])
)
TEXTS = st.lists(st.sampled_from([*WORDS[:5], "§ 3(1).", "72", "…"]), max_size=12).map(" ".join)
SEVERAL = st.tuples(TEXTS, st.lists(TEXTS.filter(str.strip), min_size=1, max_size=4))
OVERLAPS = pytest.mark.parametrize("overlap", [bleu, rouge_l])
Overlap = Callable[..., float]


def rows(pairs: list[tuple[str, str]]) -> list[Row]:
    """A row for each answer and its reference."""
    return [Row("", answer, (reference,)) for answer, reference in pairs]


@given(SENTENCES, st.lists(SENTENCES, min_size=1, max_size=3))
def test_sentences_score_as_nltk_and_googles_package_have_it(
    answer: list[str], references: list[list[str]]
) -> None:
    # All have four words or more, so that effective order changes nothing; exponential
    # smoothing of zero counts is NLTK's method 3.
    theirs = sentence_bleu(references, answer, smoothing_function=SmoothingFunction().method3)
    text, texts = " ".join(answer), [" ".join(one) for one in references]
    assert bleu(text, *texts) == pytest.approx(theirs, abs=1e-6)
    # One sentence and no repeated word: where the two definitions of ROUGE-L coincide.
    rouge = RougeScorer(["rougeL"]).score_multi(texts, text)["rougeL"].fmeasure
    assert rouge_l(text, *texts) == pytest.approx(rouge, abs=1e-6)


@given(SEVERAL, st.randoms(use_true_random=False), TEXTS)
def test_several_references_count_as_sacrebleu_has_it_in_any_order(
    case: tuple[str, list[str]], order: Any, more: str
) -> None:
    answer, references = case
    theirs = sacrebleu.BLEU(effective_order=True).sentence_score(answer, references).score
    assert bleu(answer, *references) == pytest.approx(theirs / 100, abs=1e-9)
    assert rouge_l(answer, *references, more) >= rouge_l(answer, *references)
    shuffled = order.sample(references, len(references))
    for metric in (Bleu(), CorpusBleu(), RougeL()):
        first, second = metric.score([Row("", answer, tuple(x)) for x in (references, shuffled)])
        assert first == second


@given(st.lists(SEVERAL, min_size=1, max_size=6), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_corpus_bleu_is_sacrebleus_and_so_is_that_of_many_draws_at_once(
    cases: list[tuple[str, list[str]]], seed: int
) -> None:
    def theirs(drawn: list[tuple[str, list[str]]]) -> float:
        answers, references = zip(*drawn, strict=True)
        # The package takes the first of all, the second of all …, and None where there is none.
        streams = list(map(list, zip_longest(*references)))
        return float(sacrebleu.corpus_bleu(list(answers), streams).score / 100)

    metric = CorpusBleu()
    values = metric.score([Row("", answer, tuple(those)) for answer, those in cases])
    figure = aggregate(metric, values)  # type: ignore[arg-type]
    assert figure == pytest.approx(theirs(cases), abs=1e-9)
    # Values add up: no answer has to be looked at again for the figure of any draw.
    drawn = np.random.default_rng(seed).integers(len(cases), size=(5, len(cases)))  # (R, N)
    figures = metric.total(np.asarray(values, dtype=np.float64)[drawn].sum(axis=1))
    assert figures.shape == (5,)
    assert figures == pytest.approx([theirs([cases[i] for i in draw]) for draw in drawn], abs=1e-9)


@given(TEXTS, TEXTS.filter(str.strip))
def test_one_reference_scores_to_the_bit_what_the_packages_give(text: str, reference: str) -> None:
    # What is kept of earlier versions must stay right.
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


@OVERLAPS
@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_one_of_several_references_changes_nothing(overlap: Overlap, blank: str) -> None:
    # Its length was the nearest to a short answer's.
    answer, reference = "72 hours", "Within 72 hours of it."
    assert overlap(answer, blank, reference) == overlap(answer, reference)
    blanks = Row("", answer, (blank, reference))
    assert CorpusBleu().score([blanks]) == CorpusBleu().score(rows([(answer, reference)]))


@OVERLAPS
def test_odd_short_and_long_texts_get_a_score(overlap: Overlap) -> None:
    for text in ("", "   ", "\n", ".", "...", "?!", "。", "\u200b", "-"):
        for answer, reference in ((text, "Within 72 hours."), ("Within 72 hours.", text)):
            assert 0.0 <= overlap(answer, reference) < 0.2
    assert overlap("thirty days", "thirty days") == pytest.approx(1.0, abs=1e-8)
    rambling = " ".join(f"word{i}" for i in range(5000))
    assert 0.0 <= overlap(rambling, "The controller notifies the authority within 72 hours.") < 0.1
    assert overlap("a short one", rambling) >= 0.0


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=60)
def test_every_pair_of_texts_scores_between_0_and_1(answer: str, reference: str) -> None:
    for overlap in (bleu, rouge_l):
        assert 0.0 <= overlap(answer, reference) <= 1.0
    values = CorpusBleu().score(rows([(answer, reference)]))
    assert 0.0 <= aggregate(CorpusBleu(), values) <= 1.0  # type: ignore[arg-type]


@pytest.mark.parametrize(("metric", "overlap"), [(Bleu(), bleu), (RougeL(), rouge_l)])
def test_a_metric_gives_each_row_its_value_in_order(metric: Metric, overlap: Overlap) -> None:
    pairs = [("a fine", "the fine"), ("", "the fine"), ("the fine", "the fine")]
    assert metric.score(rows(pairs)) == [overlap(*pair) for pair in pairs]


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
    figure = aggregate(CorpusBleu(), CorpusBleu().score(rows(pairs)))  # type: ignore[arg-type]
    assert figure == pytest.approx(expected, abs=1e-9)
