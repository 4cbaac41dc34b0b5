"""
The text of a PDF → headings and paragraphs.

A PDF has characters at places, not headings: a line set larger than the body, or bold and
numbered, is taken for one. Lines that stand on most pages (running heads, page numbers) are left
out. PDFium puts right-to-left text into reading order.
"""

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.blocks import HEADING_WORDS, Block, DocumentError, looks_like_heading

LARGER = 1.12
"""A heading's size, at least, in sizes of the body."""
BOLD = 600
"""A bold font's weight, at least (400 is regular)."""
CHARACTERS_A_PAGE = 20
"""A document with fewer, on average, is taken for scanned."""

MOST_PAGES = 20_000
"""A document's; one page may stand in a file a million times, at six bytes each."""


@dataclass(frozen=True)
class _Line:
    text: str
    size: float
    bold: bool
    page: int
    """From 1, in the order of the file, whatever is printed on it."""
    edge: bool
    """Whether it is the first or last two of its page."""


def pdf_blocks(path: Path) -> list[Block]:
    """The blocks of a PDF file.

    Raises:
        DocumentError: it is broken, encrypted, scanned, or has more pages than ``MOST_PAGES``.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == 4:  # PDFium's FPDF_ERR_PASSWORD.
            raise DocumentError("is encrypted: save a copy without its password") from error
        raise DocumentError(f"is no readable PDF: {error}") from error
    try:
        pages = len(document)
        if pages > MOST_PAGES:
            raise DocumentError(
                f"has {pages:,} pages, and at most {MOST_PAGES:,} are read: split it"
            )
        lines = [line for number in range(pages) for line in _lines(document, number)]
    except pypdfium2.PdfiumError as error:
        raise DocumentError(f"has a page that cannot be read: {error}") from error
    finally:
        document.close()
    if sum(len(line.text) for line in lines) < CHARACTERS_A_PAGE * pages:
        raise DocumentError(
            f"has hardly any text on its {pages} pages and seems to be scanned: "
            "make its text readable first, as `ocrmypdf IN OUT` does"
        )
    return _blocks(_without_running_heads(lines, pages))


def _lines(document: Any, number: int) -> Iterator[_Line]:
    import pypdfium2.raw as pdfium

    page = document[number]
    characters = page.get_textpage()
    text = characters.get_text_range()
    found = [match for match in re.finditer(r"[^\r\n]+", text) if match[0].strip()]
    for place, match in enumerate(found):
        inked = [i for i in range(match.start(), match.end()) if not text[i].isspace()]
        samples = [inked[0], inked[len(inked) // 2], inked[-1]]
        sizes = sorted(_size(characters, i) for i in samples)
        weights = [pdfium.FPDFText_GetFontWeight(characters, i) for i in samples]
        yield _Line(
            # PDFium marks a word broken over lines with U+FFFE.
            text=match[0].strip().replace("\ufffe", "").replace("\u00ad", ""),
            size=round(sizes[1], 1),
            bold=min(weights) >= BOLD,
            page=number + 1,
            edge=place < 2 or place >= len(found) - 2,
        )
    characters.close()
    page.close()


def _size(characters: Any, index: int) -> float:
    """The size a character is set in: its font's, scaled as the page scales its text."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    scaled = pdfium.FPDFText_GetMatrix(characters, index, ctypes.byref(matrix))
    scale = math.hypot(matrix.b, matrix.d) if scaled else 1.0
    return float(pdfium.FPDFText_GetFontSize(characters, index)) * (scale or 1.0)


def _without_running_heads(lines: list[_Line], pages: int) -> list[_Line]:
    """The lines but those that stand at the edge of a third of the pages, or more.

    But for their digits, unless a line may be a heading: ``Article 1`` and ``Article 2`` differ.
    """
    if pages < 3:
        return lines
    body = _body_size(lines)

    def shape(line: _Line) -> str:
        return line.text if _is_heading(line, body) else re.sub(r"\d+", "#", line.text)

    often = Counter(shape for shape, _ in {(shape(ln), ln.page) for ln in lines if ln.edge})
    return [ln for ln in lines if not (ln.edge and often[shape(ln)] >= max(3, pages / 3))]


def _blocks(lines: list[_Line]) -> list[Block]:
    body = _body_size(lines)
    headings = [_is_heading(line, body) for line in lines]
    sizes = sorted({ln.size for ln, is_one in zip(lines, headings, strict=True) if is_one})[::-1]
    blocks: list[Block] = []
    for line, is_heading in zip(lines, headings, strict=True):
        level = sizes.index(line.size) + 1 if is_heading else 0
        alike = bool(blocks) and blocks[-1].level == level
        if alike and not (looks_like_heading(line.text) if level else _ends(blocks[-1].text)):
            blocks[-1] = _joined(blocks[-1], line)
        else:
            blocks.append(Block(line.text, level, (line.page,)))
    return blocks


def _body_size(lines: list[_Line]) -> float:
    """The size most of the text is set in."""
    inked: Counter[float] = Counter()
    for line in lines:
        inked[line.size] += len(line.text)
    return inked.most_common(1)[0][0] if inked else 0.0


def _is_heading(line: _Line, body: float) -> bool:
    if len(line.text.split()) > HEADING_WORDS or not re.search(r"[^\W\d_]", line.text):
        return False
    return line.size >= body * LARGER or (line.bold and looks_like_heading(line.text))


def _ends(text: str) -> bool:
    """Whether a paragraph may end here: at the end of a sentence."""
    return text.endswith((".", "!", "?", ":", ";", "؟", "。"))


def _joined(block: Block, line: _Line) -> Block:
    """A block with one more line, which may stand on the next page."""
    gap = "" if block.text.endswith("-") else " "
    pages = tuple(sorted({*block.pages, line.page}))
    return Block(f"{block.text}{gap}{line.text}", block.level, pages)
