"""
Blocks of a document → sections: by its headings, then by length.

A section is what stands under one heading; a long one is cut at paragraphs, else at sentences, else
between words, into parts of about equal length.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.blocks import Block
from rag.corpus import Framework, Section

MAX_WORDS = 180
"""Of a section; the policy set's own have 60 to 180."""
PATH = " › "
"""Between the headings a section stands under."""
_SENTENCE_END = re.compile(r"(?<=[.!?;؟。])\s+|(?<=。)")


@dataclass
class _Part:
    heading: list[str]
    paragraphs: list[Block]


def sections_of(blocks: Sequence[Block], framework: Framework) -> list[Section]:
    """The sections of a document, in reading order, each with its headings' path as heading."""
    title = title_of(blocks)
    names = Names()
    sections = []
    for part in _parts(blocks[1:] if title else blocks):
        bodies = split_paragraphs(part.paragraphs)
        name = PATH.join(part.heading) or "Text"
        for number, body in enumerate(bodies, start=1):
            heading = name if len(bodies) == 1 else f"{name} (part {number} of {len(bodies)})"
            slug = names.unique(part.heading[-1] if part.heading else "text")
            id_ = f"{framework.id}/{slug}"
            sections.append(
                Section(id_, framework.id, framework.title, heading, body.text, body.pages)
            )
    return sections


def title_of(blocks: Sequence[Block]) -> str | None:
    """A document's title: its first heading, if it is first of all and the only one so high."""
    levels = [block.level for block in blocks if block.level]
    first = blocks[0].level if blocks else 0
    return blocks[0].text if first and first == min(levels) and levels.count(first) == 1 else None


def split_paragraphs(paragraphs: Iterable[Block], most: int = MAX_WORDS) -> list[Block]:
    """Paragraphs as texts of at most ``most`` words each, about equally long.

    A text stands on the pages of the paragraphs that it has something of.
    """
    pieces = [(one.pages, *piece) for one in paragraphs for piece in _pieces(one.text, most)]
    total = sum(_length(text) for _, text, _ in pieces)
    enough = total / max(math.ceil(total / most), 1)
    texts: list[Block] = []
    for pages, text, gap in pieces:
        longer = texts[-1].text + gap + text if texts else text
        if texts and _length(texts[-1].text) < enough and _length(longer) <= most:
            texts[-1] = Block(longer, pages=tuple(sorted({*texts[-1].pages, *pages})))
        else:
            texts.append(Block(text, pages=pages))
    return texts


def _pieces(paragraph: str, most: int) -> Iterator[tuple[str, str]]:
    """A paragraph whole, or its sentences, or words; each with what stands before it."""
    if _length(paragraph) <= most:
        yield paragraph, "\n\n"
        return
    if "\n" in paragraph.strip():
        # The rows of a table, the items of a list.
        for line in paragraph.strip().split("\n"):
            for piece, gap in _pieces(line, most):
                yield piece, "\n" if gap == "\n\n" else gap
        return
    for sentence in _SENTENCE_END.split(paragraph):
        if _length(sentence) <= most:
            yield sentence, " "
            continue
        for word in sentence.split():
            for start in range(0, len(word), most * 8):
                yield word[start : start + most * 8], "" if start else " "


def _length(text: str) -> int:
    """Words; of text in a script without spaces, eight characters for one."""
    return max(len(text.split()), len(text) // 8)


def _parts(blocks: Sequence[Block]) -> list[_Part]:
    path: list[Block] = []
    parts = [_Part([], [])]
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.level:
            path = [*(above for above in path if above.level < block.level), block]
            parts.append(_Part([" ".join(heading.text.split()) for heading in path], []))
            if after and not 0 < after.level <= block.level:
                continue  # Else nothing stands under it: what it says is all there is.
        parts[-1].paragraphs.append(replace(block, text=block.text.strip()))
    return [part for part in parts if part.paragraphs]


class Names:
    """Gives each text a name fit for an id, and no name twice."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        # Counting goes on from here: one heading many times would take the square of their number.
        self._last: dict[str, int] = {}

    def unique(self, text: str, fallback: str = "section") -> str:
        """A name of ASCII letters, digits, dots and hyphens; ``-2``, ``-3`` … on repetition."""
        name = slug(text) or fallback
        candidate, number = name, self._last.get(name, 1)
        while candidate in self._given:
            number += 1
            candidate = f"{name}-{number}"
        self._given.add(candidate)
        self._last[name] = number
        return candidate


def slug(text: str) -> str:
    """``text`` in lower-case ASCII with hyphens; empty when nothing of it is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.")[:48].strip("-.")
