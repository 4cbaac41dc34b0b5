"""
Text of others, made visible and inert for each way out: a terminal, Markdown, a spreadsheet.

Names, answers, documents and logs may hold anything: what steers a terminal, turns the order of
letters round, loads a picture or is run as a formula. Each way out has one door, through which
all that it shows goes.
"""

import re

LONGEST_CELL = 32_767
"""UTF-16 units that a cell of a spreadsheet holds (Excel's limit)."""

# Scripts whose letters ZWNJ and ZWJ join or part: from Arabic to those of India and South-East
# Asia, Mongolian, Adlam. Persian writes them beside Latin letters, Malayalam at the end of a word.
_JOINING = (
    "\\u0600-\\u1cff\\ua800-\\uabff\\ufb50-\\ufdff\\ufe70-\\ufefc"
    "\\U00010a00-\\U00010a5f\\U00011000-\\U00011fff\\U0001e900-\\U0001e95f"
)
_PICTURES = "\\u2190-\\u2bff\\ufe0f\\U0001f000-\\U0001faff"
_UNSEEN = re.compile(
    # Controls, and what no display shows: of direction, of no width, tags, halves of characters.
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
    # ZWNJ and ZWJ where they join nothing; ZWJ makes one picture of two.
    rf"|(?<![{_JOINING}])(?:\u200c|\u200d(?!(?<=[{_PICTURES}]\u200d)[{_PICTURES}]))(?![{_JOINING}])"
)
UNSEEN_IN_SCRIPTS = re.sub(r"\\U0*([0-9a-f]+)", r"\\u{\1}", _UNSEEN.pattern)
"""The same as a browser's regular expressions write it, with the flag ``u``."""
_MARKUP = re.compile(
    r"\\(?![A-Za-z0-9 ])"  # It would escape what follows it.
    r"|[`*~|$]|#(?!\d)"
    r"|(?<![^\W_])_|_(?![^\W_])"  # Not within a word, where it is text.
    r"|<(?=[A-Za-z/!?])|&(?=#?\w+;)"
    r"|\](?=[(\[:])"  # Links, pictures and what they refer to all have it.
)
# What GitHub makes a link without any markup: mentions, addresses, issues. It finds them in what
# is shown, where a backslash is gone; a character without width parts them there.
_LINKED = re.compile(
    r"(?<![A-Za-z0-9_])@(?=\w)|@(?=[\w-]+\.\w)|#(?=\d)|\bGH-(?=\d)|:(?=//)|\bwww(?=\.)",
    re.IGNORECASE,
)
_APART = "&#8203;"
_LINE_START = re.compile(r"^[ \t]*(?:([>+=:-]|\[(?=[ xX]\]))|(\d+)(?=[.)])|)", re.MULTILINE)
_FORMULA = re.compile("\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|\t")


def visible(text: str) -> str:
    """``text`` with what nobody sees, or what steers whatever shows it, as escapes (``\\u202e``).

    Line breaks, tabs and the text of any language stay as they are. So do ZWNJ and ZWJ beside a
    letter of a script that needs them, and ZWJ between two pictures.
    """
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def in_markdown(text: str) -> str:
    """``text`` as Markdown that shows it: within a line, a heading or a cell of a table.

    Nothing of it becomes markup, HTML, a link, a picture or, on GitHub, a mention.
    """
    escaped = _MARKUP.sub(lambda found: f"\\{found[0]}", visible(text))
    return _LINKED.sub(lambda found: f"{found[0]}{_APART}", escaped)


def markdown_paragraph(text: str) -> str:
    """The same as paragraphs of their own, where what a line begins with counts."""
    return _LINE_START.sub(_escaped_start, in_markdown(text).strip())


def in_spreadsheet(text: str) -> str:
    """``text`` as a cell of at most ``LONGEST_CELL`` that no spreadsheet runs as a formula.

    Such a text gets an apostrophe before it; a longer one is cut, and says by how much.
    """
    shown = visible(text)
    shown = f"'{shown}" if _FORMULA.match(shown) else shown
    units = shown.encode("utf-16-le")
    if len(units) <= 2 * LONGEST_CELL:
        return shown
    room = 2 * (LONGEST_CELL - len(_cut(len(shown))))
    kept = units[:room].decode("utf-16-le", errors="ignore")  # Half a character at its end.
    return f"{kept}{_cut(len(shown) - len(kept))}"


def from_spreadsheet(cell: str) -> str:
    """What a cell says, without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def _escaped_start(found: re.Match[str]) -> str:
    mark, number = found.groups()
    return f"\\{mark}" if mark else f"{number}\\" if number else ""


def _cut(characters: int) -> str:
    return f" … ({characters:,} characters more)"
