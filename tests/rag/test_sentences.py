"""Of passages, the sentences nearest to a question."""

import pytest

from rag.embedder import Embedder
from rag.sentences import SECTION_WEIGHT, SentenceRanker, sentences, split
from rag.stores.store import Hit

pytestmark = pytest.mark.usefixtures("minilm")

PASSAGE = (
    "Hives stand 40 metres from any road. A keeper keeps a register; Each colony has its own page. "
    "Fines are at most 200 crowns under No. 5 of the schedule."
)
HIT = Hit("bees/s-1", 0.5, "Bee Keeping Act, Hives", PASSAGE)
ROAD = "How far from a road must hives be?"
COLONY = "What does a colony have?"


def test_sentences_end_where_another_begins() -> None:
    assert sentences(PASSAGE) == [
        "Hives stand 40 metres from any road.",
        "A keeper keeps a register;",
        "Each colony has its own page.",
        "Fines are at most 200 crowns under No. 5 of the schedule.",
    ]
    assert sentences(" \n") == []
    assert [one.place for one in split(HIT)] == [0, 1, 2, 3]
    assert [one.text for one in split(Hit("a/b", 1.0, "A, B", " "))] == ["A, B: "]


def test_sentences_are_ranked_by_cosine_under_their_citation_and_the_score_of_their_section() -> (
    None
):
    embedder = Embedder()
    better = Hit("kites/s-1", 1.5, "Kite Flying Code, Roads", "Kites keep away from roads.")
    ranked = SentenceRanker(embedder).rank([ROAD, COLONY], [[HIT, better], [HIT]])
    assert ranked[1][0].place == 2
    texts = [ROAD, *(one.text for one in ranked[0])]
    vectors = dict(zip(texts, embedder.embed(texts), strict=True))
    for one in ranked[0]:
        of_section = better.score if one.id == better.id else HIT.score
        cosine = float(vectors[ROAD] @ vectors[one.text])
        assert one.nearness == pytest.approx(cosine, abs=1e-5)
        assert one.score == pytest.approx(cosine + SECTION_WEIGHT * of_section, abs=1e-5)
    scores = [one.score for one in ranked[0]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 5


def test_a_sentence_that_two_sections_have_is_ranked_once() -> None:
    repeats = Hit("bees/s-2", 0.9, "Bee Act, Roads", "Hives stand  40 metres from any ROAD.")
    ranked = SentenceRanker(Embedder()).rank([ROAD], [[HIT, repeats]])[0]
    assert len(ranked) == 4
    assert [one.id for one in ranked if "40" in one.body] == ["bees/s-2"]


def test_each_text_is_embedded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    embedded: list[str] = []
    real = Embedder.embed
    monkeypatch.setattr(
        Embedder, "embed", lambda self, texts: embedded.extend(texts) or real(self, texts)
    )
    ranker = SentenceRanker(Embedder())
    first = ranker.rank([ROAD], [[HIT]])
    assert ranker.rank([ROAD, COLONY], [[HIT], [HIT]])[0] == first[0]
    assert len(embedded) == len(set(embedded)) == 6
