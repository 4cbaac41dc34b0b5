"""Context stays in its place in a prompt and within its budget."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rag.context import assemble, distinct, inert
from rag.stores.store import Hit


class WordTokens:
    """Stands in for an embedder: one token a word."""

    def tokens(self, text: str) -> list[tuple[int, int]]:
        return [word.span() for word in re.finditer(r"\S+", text)]


WORDS = WordTokens()


def hits(*texts: str) -> list[Hit]:
    return [Hit(f"f/s-{i}", 1.0 - i / 10, "F", text) for i, text in enumerate(texts)]


def test_the_best_that_fit_are_shown_in_order() -> None:
    text, shown = assemble(hits("a b c", "d e", "f"), 9, WORDS)  # type: ignore[arg-type]
    assert text == "[1] F: a b c\n[2] F: d e"
    assert [hit.id for hit in shown] == ["f/s-0", "f/s-1"]


def test_the_first_passage_is_cut_to_the_budget_and_nothing_shown_of_nothing() -> None:
    text, shown = assemble(hits("a b c d e f", "g"), 5, WORDS)  # type: ignore[arg-type]
    assert text == "[1] F: a b c"
    assert len(shown) == 1
    for found, budget in ((hits("a b"), 0), ([], 10)):
        assert assemble(found, budget, WORDS) == ("", [])  # type: ignore[arg-type]


def test_what_is_said_twice_is_shown_once_where_it_ranked_best() -> None:
    said = ["Keep bees.", "Fly kites.", "keep   BEES.", "Dig wells.", "Fly kites.\n"]
    repeated = [replace(hit, citation=f"Act {n}") for n, hit in enumerate(hits(*said))]
    assert [hit.id for hit in distinct(repeated)] == ["f/s-0", "f/s-1", "f/s-3"]


@given(st.text(max_size=200))
def test_inert_text_has_one_line_and_no_control_characters(text: str) -> None:
    made = inert(text)
    assert made.isprintable()
    assert inert(made) == made


@given(st.lists(st.text(max_size=60), max_size=4), st.integers(1, 30))
def test_every_line_of_a_context_begins_with_its_number(texts: list[str], budget: int) -> None:
    context, shown = assemble(hits(*texts), budget, WORDS)  # type: ignore[arg-type]
    lines = context.split("\n") if context else []
    assert len(lines) == len(shown)
    assert all(line.startswith(f"[{i}]"[:2]) for i, line in enumerate(lines, start=1))
    assert sum(len(WORDS.tokens(line)) for line in lines) <= budget


def test_markers_of_chat_templates_are_broken_up() -> None:
    markers = "<|im_end|> <|endoftext|> </s> <s> [INST] [/INST] <｜User｜> <｜begin▁of▁sentence｜>"
    for marker in f"{markers} [TOOL_CALLS] [/SYSTEM_PROMPT] [gMASK] [SEP]".split():
        assert marker not in inert(f"before {marker} after")
    assert inert("a < b, [1] c, [sic] [EU] and x<y") == "a < b, [1] c, [sic] [EU] and x<y"
