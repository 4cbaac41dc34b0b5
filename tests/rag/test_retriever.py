"""What a retriever finds and shows of it, beyond what its index has."""

from pathlib import Path

import pytest

from rag.corpus import Section, load_corpus
from rag.retriever import NAMED_WEIGHT, Retriever

pytestmark = pytest.mark.usefixtures("own_home", "minilm")


@pytest.fixture
def sections(data: Path) -> list[Section]:
    return load_corpus(data)


def test_the_framework_that_a_question_names_has_a_share_in_hybrid_search_alone(
    sections: list[Section],
) -> None:
    question = "How long may a string be under the wells rules?"
    for mode in ("hybrid", "dense", "sparse"):
        retriever = Retriever(sections, mode=mode)
        plain = {hit.id: hit.score for hit in retriever.index.search([question], 18, mode)[0]}
        found = retriever.search([question], 18)[0]
        gains = {hit.id: hit.score - plain[hit.id] for hit in found}
        of_wells = {gain > 0.5 * NAMED_WEIGHT for id_, gain in gains.items() if "wells/" in id_}
        assert of_wells == ({True} if mode == "hybrid" else {False})
        assert all(gain == pytest.approx(0) for id_, gain in gains.items() if "wells/" not in id_)
        assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)


def test_scores_of_bm25_do_not_outweigh_how_near_a_sentence_is(data: Path) -> None:
    asked = "How far from a road must hives stand?"
    often = "Far road hives stand. " + "A road is far, and hives stand. " * 3 + "Nothing else."
    sections = [*load_corpus(data), Section("d/often", "d", "Rules", "Of nothing", often)]
    sparse = Retriever(sections, mode="sparse", budget=60)
    scores = [hit.score for hit in sparse.search([asked], 8)[0]]
    assert scores[0] - scores[1] > 2  # More than any cosine could make up for.
    (shown,) = sparse.contexts([asked])
    assert "Hives stand 40 metres from any road" in shown.text
    assert "Nothing else." not in shown.text


def test_sentences_or_sections_are_shown_of_what_is_found(data: Path) -> None:
    long = "Hives stand 40 metres from any road. Keepers keep a register. Fines are low. " * 3
    sections = [*load_corpus(data), Section("d/long", "d", "Bee Rules", "Roads", long)]
    question = "How far from a road must hives stand, and who keeps a register?"
    some = Retriever(sections, budget=60).contexts([question])[0]
    whole = Retriever(sections, budget=60, show="sections").contexts([question])[0]
    assert len(some.ids) > len(whole.ids) == 1
    assert some.sentence == whole.sentence
    assert some.nearness == whole.nearness
    assert some.sentence in some.text
    # What a section says twice is shown once.
    assert some.text.count("Keepers keep a register.") <= 1


def test_nothing_is_shown_of_nothing(sections: list[Section]) -> None:
    for retriever in (Retriever(sections, k=0), Retriever(sections, budget=0)):
        (context,) = retriever.contexts(["How long may a string be?"])
        assert (context.text, context.ids, context.sentence, context.nearness) == ("", (), "", None)
    assert Retriever(sections).given(["How long?"], [[]])[0].text == ""
