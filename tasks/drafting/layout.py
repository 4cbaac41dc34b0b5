"""The text of a section → what stands in it, in order: paragraphs, lists, tables."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_MARKS = re.compile(r"\*\*|__|`|(?<!\w)[*_]|[*_](?!\w)|\[\^\w+\]|\\(?=\W)")
"""Of emphasis, code, footnotes and escapes, which a question does not keep."""
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bNo\.)\s+(?=[\"“'(]?[A-Z0-9])"
)
_LETTERED = re.compile(r"(?:^|\n)\s*\([a-z]\)\s+")
_COLON = re.compile(r"\s*[—–]$")


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str
    strong: bool = False
    """All of it is in bold: a heading in all but name."""


@dataclass(frozen=True)
class Listed:
    """The items of a list, under the sentence that introduces them, if one does."""

    items: tuple[str, ...]
    ordered: bool
    above: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of as many cells as the header has."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


LaidOut = Paragraph | Listed | Table


def blocks_of(text: str) -> list[LaidOut]:
    """What stands in a text written as Markdown, or without any marks at all."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    found = list(_read(tokens))
    return [_under(one, found[place - 1] if place else None) for place, one in enumerate(found)]


def sentences_of(text: str) -> list[str]:
    """The sentences of a paragraph, in order."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def unmarked(text: str) -> str:
    """A text on one line, without marks of emphasis and the addresses of links."""
    return " ".join(_MARKS.sub("", _LINK.sub(r"\1", text)).split())


def _under(block: LaidOut, before: LaidOut | None) -> LaidOut:
    if isinstance(block, Listed) and isinstance(before, Paragraph):
        above = _COLON.sub(":", before.text)
        if above.endswith(":"):
            return Listed(block.items, block.ordered, sentences_of(above)[-1])
    return block


def _read(tokens: Sequence[Any]) -> Iterator[LaidOut]:
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.type in ("bullet_list_open", "ordered_list_open", "table_open"):
            end = _closing(tokens, place)
            inside = tokens[place : end + 1]
            yield _table(inside) if token.type == "table_open" else _listed(inside)
            place = end
        elif token.type == "inline":
            strong = token.content.startswith("**") and token.content.rstrip().endswith("**")
            yield from _paragraphs(token.content, strong and token.content.count("**") == 2)
        place += 1


def _paragraphs(text: str, strong: bool) -> Iterator[LaidOut]:
    """A paragraph, with the items (a), (b) … that stand in lines of their own as a list."""
    above, *items = _LETTERED.split(text)
    if above := unmarked(above):
        yield Paragraph(above, strong)
    if items:
        yield Listed(tuple(map(unmarked, items)), ordered=False)


def _closing(tokens: Sequence[Any], place: int) -> int:
    closing = tokens[place].type.replace("_open", "_close")
    level = tokens[place].level
    return next(
        end
        for end in range(place, len(tokens))
        if tokens[end].type == closing and tokens[end].level == level
    )


def _listed(tokens: Sequence[Any]) -> Listed:
    items: list[str] = []
    for token in tokens:
        if token.type == "list_item_open" and token.level == tokens[0].level + 1:
            items.append("")
        elif token.type == "inline":
            items[-1] = f"{items[-1]} {unmarked(token.content)}".strip()
    return Listed(tuple(item for item in items if item), tokens[0].type.startswith("ordered"))


def _table(tokens: Sequence[Any]) -> Table:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(unmarked(token.content))
    header = tuple(rows[0])
    return Table(header, tuple(tuple(row) for row in rows[1:] if len(row) == len(header)))
