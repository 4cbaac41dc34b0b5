"""A real cross-encoder of known weights, and what is none."""

from pathlib import Path

import pytest

from harness.errors import ModelError
from rag.reranker import Reranker
from rag.stores.store import Hit


def hits(*bodies: str) -> list[Hit]:
    return [Hit(f"f/{n}", 1.0 - n / 10, "Rules", body) for n, body in enumerate(bodies)]


def test_hits_come_in_the_order_of_the_models_scores(cross_encoder: Path) -> None:
    from sentence_transformers import CrossEncoder

    found = hits("bees", "kites fly", "a deep well", "bread")
    expected = CrossEncoder(str(cross_encoder)).predict([("Which?", hit.text) for hit in found])
    (ranked,) = Reranker(str(cross_encoder)).rerank(["Which?"], [found])
    order = sorted(range(4), key=lambda n: -expected[n])
    assert [hit.id for hit in ranked] == [f"f/{n}" for n in order]
    assert [hit.score for hit in ranked] == pytest.approx([float(expected[n]) for n in order])


def test_each_question_keeps_its_own_hits(cross_encoder: Path) -> None:
    found = [hits("bees", "kites"), [], hits("wells", "bread", "soup")]
    ranked = Reranker(str(cross_encoder)).rerank(["a", "b", "c"], found)
    assert [{hit.body for hit in one} for one in ranked] == [
        {hit.body for hit in one} for one in found
    ]


def test_an_encoder_without_a_trained_head_is_refused(minilm: Path) -> None:
    with pytest.raises(ModelError, match=r"is no reranker: .*BertModel"):
        Reranker(str(minilm)).load()
