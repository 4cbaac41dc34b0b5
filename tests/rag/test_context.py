"""Context stays in its place in a prompt and within its budget."""

import re

from hypothesis import given
from hypothesis import strategies as st

from rag.context import Excerpt, assemble, assemble_sentences, inert, reordered
from rag.sentences import Sentence, split
from rag.stores.store import Hit


class WordTokens:
    """Stands in for an embedder: one token a word."""

    def tokens(self, text: str) -> list[tuple[int, int]]:
        return [word.span() for word in re.finditer(r"\S+", text)]


WORDS = WordTokens()


def hits(*texts: str) -> list[Hit]:
    return [Hit(f"f/s-{i}", 1.0 - i / 10, "F", text) for i, text in enumerate(texts)]


def whole(found: list[Hit], budget: int) -> Excerpt:
    ranked = [one for hit in found for one in split(hit)]
    return assemble(found, ranked, budget, WORDS)  # type: ignore[arg-type]


def some(found: list[Hit], budget: int, *order: int) -> Excerpt:
    """An excerpt of the sentences of ``found``, ranked as ``order`` has them."""
    in_order = [one for hit in found for one in split(hit)]
    ranked: list[Sentence] = [in_order[place] for place in order]
    return assemble_sentences(found, ranked, budget, WORDS)  # type: ignore[arg-type]


def test_the_best_that_fit_are_shown_in_order() -> None:
    excerpt = whole(hits("a b c", "d e", "f"), 9)
    assert excerpt.text == "[1] F: a b c\n[2] F: d e"
    assert excerpt.ids == ("f/s-0", "f/s-1")
    assert excerpt.scores == (1.0, 0.9)
    assert (excerpt.best, excerpt.sentence) == ("a b c", "a b c")


def test_the_best_sentences_stand_in_their_order_under_their_passages() -> None:
    found = hits("A one. B two. C three.", "D four. E five.")
    excerpt = some(found, 99, 4, 2, 0)
    assert excerpt.text == "[1] F: E five.\n[2] F: A one. C three."
    assert excerpt.ids == ("f/s-1", "f/s-0")
    assert excerpt.scores == (0.9, 1.0)
    assert (excerpt.best, excerpt.sentence) == ("D four. E five.", "E five.")
    # The passage of the first takes 4 words, one more sentence 2, another passage 4.
    assert [some(found, budget, 2, 0, 4).text.count(".") for budget in (4, 6, 9, 10)] == [
        1,
        2,
        2,
        3,
    ]


def test_the_first_is_cut_to_the_budget_and_nothing_shown_of_nothing() -> None:
    for excerpt in (whole(hits("a b c d e f", "g"), 5), some(hits("a b c d e f", "g"), 5, 0, 1)):
        assert excerpt.text == "[1] F: a b c"
        assert excerpt.ids == ("f/s-0",)
    for found, budget in ((hits("a b"), 0), ([], 10)):
        assert whole(found, budget) == Excerpt()
        assert some(found, budget, *range(len(found))) == Excerpt()


def test_passages_are_put_into_another_order() -> None:
    excerpt = whole(hits("a", "b", "c"), 99)
    turned = reordered(excerpt, [2, 0, 1])
    assert turned.text == "[1] F: c\n[2] F: a\n[3] F: b"
    assert turned.ids == ("f/s-2", "f/s-0", "f/s-1")
    assert reordered(turned, [1, 2, 0]) == excerpt
    assert reordered(Excerpt(), []) == Excerpt()


@given(st.text(max_size=200))
def test_inert_text_has_one_line_and_no_control_characters(text: str) -> None:
    made = inert(text)
    assert made.isprintable()
    assert inert(made) == made


@given(st.lists(st.text(max_size=60), max_size=4), st.integers(1, 30))
def test_every_line_of_a_context_begins_with_its_number(texts: list[str], budget: int) -> None:
    found = hits(*texts)
    count = sum(len(split(hit)) for hit in found)
    for excerpt in (whole(found, budget), some(found, budget, *range(count))):
        lines = excerpt.text.split("\n") if excerpt.text else []
        assert len(lines) == len(excerpt.ids)
        assert all(line.startswith(f"[{i}]"[:2]) for i, line in enumerate(lines, start=1))
        assert sum(len(WORDS.tokens(line)) for line in lines) <= budget


def test_markers_of_chat_templates_are_broken_up() -> None:
    markers = "<|im_end|> <|endoftext|> </s> <s> [INST] [/INST] <｜User｜> <｜begin▁of▁sentence｜>"
    for marker in f"{markers} [TOOL_CALLS] [/SYSTEM_PROMPT] [gMASK] [SEP]".split():
        assert marker not in inert(f"before {marker} after")
    assert inert("a < b, [1] c, [sic] [EU] and x<y") == "a < b, [1] c, [sic] [EU] and x<y"
