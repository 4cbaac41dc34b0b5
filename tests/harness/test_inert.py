"""Text of others is shown, and steers nothing of what shows it."""

import csv
import io
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.inert import (
    LONGEST_CELL,
    in_markdown,
    in_spreadsheet,
    markdown_paragraph,
    visible,
)

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HIDDEN = "\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\u2060\ufeff\U000e0041"
STEERING = "\x00\x07\x08\x0b\x0c\x0d\x1b\x7f\x85\x9b" + HIDDEN
MARKUP = st.sampled_from(
    (
        *(
            "<script>",
            "<!-- ",
            " -->",
            "</b>",
            "![a](http://e/p.png)",
            "[a](b)",
            "[a]: b",
            "`",
            "``",
        ),
        *("*", "**", "_", "__", "~~", "|", "\\", "&lt;", "&#60;", "\n", "\n\n", " ", "    ", "\t"),
        *(
            "# ",
            "- ",
            "1. ",
            "> ",
            "===",
            "---",
            "***",
            "```",
            "[x] ",
            "a",
            "b9",
            "[",
            "]",
            "(",
            ")",
        ),
        *("<http://e>", "<?", "<![CDATA[", "!", "[^1]", "[^1]: ", "|---|", ":--", "+ ", "<br>"),
    )
)
HOSTILE = st.one_of(st.lists(MARKUP).map("".join), st.text())


def tokens(text: str) -> list[Token]:
    """Everything that Markdown makes of a text."""
    found: list[Token] = []
    for token in MARKDOWN.parse(text):
        found += [token, *(token.children or [])]
    return found


def said(found: Sequence[Token]) -> str:
    """What a reader of these sees, with single spaces."""
    parts = (one.content if one.type.startswith("text") else " " for one in found)
    return _line("".join(parts))


def _line(text: str) -> str:
    return " ".join(text.replace("\u200b", "").split())


@given(st.text(st.sampled_from(STEERING + "ab\n\t\ud800"), max_size=20))
def test_what_steers_or_hides_is_an_escape(text: str) -> None:
    shown = visible(text)
    assert not set(shown) & set(STEERING + "\ud800")
    shown.encode()
    assert shown.count("\n") == text.count("\n")
    assert visible(shown) == shown


def test_an_escape_says_which_character_it_stands_for() -> None:
    assert visible("a\x1b[31m\u202eb\ud800\U000e0041\r\n\t") == (
        r"a\x1b[31m\u202eb\ud800\U000e0041\r" + "\n\t"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Genauigkeit é 精度 דיוק دقة точность\n\t–",
        "می\u200cخواهم PDF\u200cها",  # Persian, also beside Latin letters.
        "क\u094d\u200dष न\u094d\u200d",  # Devanagari, and at the end of a word.
        "👩\u200d💻 ❤\ufe0f\u200d🔥 👩🏽\u200d🚀",
    ],
)
def test_text_of_any_language_is_left_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("text", ["pass\u200cword", "pass\u200dword", "\u200d", "👩\u200d"])
def test_what_joins_nothing_is_shown(text: str) -> None:
    assert not {"\u200c", "\u200d"} & set(visible(text))


@given(HOSTILE)
def test_no_text_becomes_markup(text: str) -> None:
    found = tokens(markdown_paragraph(text))
    plain = {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}
    assert {token.type for token in found} <= {*plain, "softbreak", "hardbreak"}
    assert said([token for token in found if token.type != "inline"]) == _line(visible(text))


@given(HOSTILE, HOSTILE)
def test_no_text_leaves_its_cell(first: str, second: str) -> None:
    cells = [_line(visible(one)) for one in (first, second)]
    row = "| a | b |\n| --- | --- |\n| {} | {} |".format(*map(in_markdown, cells))
    found = [token.children or [] for token in tokens(row) if token.type == "inline"]
    assert {token.type for cell in found for token in cell} <= {"text", "text_special"}
    assert [said(cell) for cell in found] == ["a", "b", *cells]


@pytest.mark.parametrize(
    "text",
    [
        "@octocat",
        "(@a/team)",
        "é@octocat",
        "#12",
        "a/b#12",
        "GH-12",
        "me@e.com",
        "ftp://e",
        "www.e.com",
    ],
)
def test_what_github_would_link_is_parted_by_what_nobody_sees(text: str) -> None:
    (parted,) = [token.content for token in tokens(in_markdown(text)) if token.type == "text"]
    assert "\u200b" in parted
    assert parted.replace("\u200b", "") == text


def test_figures_and_names_of_variants_stay_readable() -> None:
    for text in ("[+.084, +.199]", "<.001", "sft_rag/rag+k=4@int8", "A - B", "C:\\runs", "3 < 4"):
        assert in_markdown(text) == text


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t1", " \n=1", "\u00a0=1", "＝1", "＋1", "－1", "＠a")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text(text: str) -> None:
    assert in_spreadsheet(text) == f"'{text}"


@given(st.text(st.one_of(st.characters(), st.sampled_from(STEERING + "=+-@\t\r ＝'\",\n"))))
def test_any_text_reads_back_from_a_file_and_begins_no_formula(text: str) -> None:
    file = io.StringIO()
    csv.writer(file).writerow([in_spreadsheet(text), "end"])
    ((cell, end),) = csv.reader(io.StringIO(file.getvalue().encode().decode(), newline=""))
    assert end == "end"
    assert cell in (visible(text), f"'{visible(text)}")
    assert not re.match(r"\s*[=+\-@＝＋－＠]|[\t\r]", cell)


def test_a_longer_text_than_a_cell_holds_says_by_how_much_it_was_cut() -> None:
    assert in_spreadsheet("a" * LONGEST_CELL) == "a" * LONGEST_CELL
    for text in ("a" * 40_000, "=" * 40_000, "😀" * 40_000):
        cell = in_spreadsheet(text)
        assert len(cell.encode("utf-16-le")) // 2 <= LONGEST_CELL
        kept, count = re.fullmatch(r"'?(\S+) … \(([\d,]+) characters more\)", cell).groups()  # type: ignore[union-attr]
        assert len(kept) + int(count.replace(",", "")) == 40_000
