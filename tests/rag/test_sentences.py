"""Of a passage, the sentence nearest to a question."""

import pytest

from rag.embedder import Embedder
from rag.sentences import nearest_sentences, sentences

pytestmark = pytest.mark.usefixtures("minilm")

PASSAGE = (
    "Hives stand 40 metres from any road. A keeper keeps a register; Each colony has its own page. "
    "Fines are at most 200 crowns under No. 5 of the schedule."
)


def test_sentences_end_where_another_begins() -> None:
    assert sentences(PASSAGE) == [
        "Hives stand 40 metres from any road.",
        "A keeper keeps a register;",
        "Each colony has its own page.",
        "Fines are at most 200 crowns under No. 5 of the schedule.",
    ]
    assert sentences(" \n") == []


def test_the_nearest_by_cosine_is_taken() -> None:
    embedder = Embedder()
    road, colony = "How far from a road must hives be?", "What does a colony have?"
    split = sentences(PASSAGE)
    found = nearest_sentences(embedder, [road, colony, road], [PASSAGE, PASSAGE, ""])
    assert found == [split[0], split[2], ""]
    vectors = embedder.embed([road, colony, *split])
    assert (vectors[2:] @ vectors[:2].T).argmax(axis=0).tolist() == [0, 2]
