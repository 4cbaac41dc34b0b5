"""BM25's weights, by hand."""

import pytest

from rag.bm25 import document_vector, query_vector


def test_a_terms_weight_grows_with_its_count_and_falls_with_length() -> None:
    document = document_vector("kite kite " + "well " * 98)
    weights = dict(zip(document.indices, document.values, strict=True))
    (kite,) = query_vector("kite").indices
    # tf 2, length 100 of an average 100: 2 (1.2 + 1) / (2 + 1.2).
    assert weights[kite] == pytest.approx(2 * 2.2 / 3.2)
    short = document_vector("kite kite")
    assert short.values[0] == pytest.approx(2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 2 / 100)))


def test_words_are_stemmed_and_stop_words_dropped() -> None:
    assert set(query_vector("Notifying the breaches").indices) == set(
        query_vector("notify breach").indices
    )
    assert query_vector("the of and").indices == []
    assert document_vector("!? …").indices == []


def test_a_word_asked_twice_weighs_once() -> None:
    assert query_vector("kite kite").values == [1.0]
