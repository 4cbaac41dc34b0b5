"""Of a passage, the sentence nearest to a question."""

from pathlib import Path

import numpy as np
import pytest

from rag.embedder import Embedder
from rag.sentences import nearest_sentences, sentences

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


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How far from a road must hives be?", "Hives stand 40 metres from any road."),
        ("What does a colony have?", "Each colony has its own page."),
    ],
)
def test_the_nearest_by_cosine_is_taken(minilm: Path, question: str, expected: str) -> None:  # noqa: ARG001
    embedder = Embedder()
    assert nearest_sentences(embedder, [question, question], [PASSAGE, ""]) == [expected, ""]
    vectors = embedder.embed([question, *sentences(PASSAGE)])
    best = int(np.argmax(vectors[1:] @ vectors[0]))
    assert sentences(PASSAGE)[best] == expected
