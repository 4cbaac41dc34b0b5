"""
A document of the user's → headings and paragraphs, in reading order.

    blocks = read_document(Path("policy.pdf"))

PDF, DOCX, HTML, Markdown and plain text. What cannot be read raises ``DocumentError`` with the
reason, so that one bad file never costs the others. What is anyone's is read by ``rag.apart``,
which calls this where it may take memory and time.
"""

import os
import re
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.blocks import Block, DocumentError, is_numbered, looks_like_heading, stands_above
from rag.corpus import clean
from rag.pdf import pdf_blocks

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_STYLES = "\n".join(
    ["p[style-name='Title'] => h1:fresh"]
    + [f"p[style-name='Heading {n}'] => h{min(n + 1, 6)}:fresh" for n in range(1, 7)]
)
"""Word's title stands above its headings."""
LARGEST_DOCUMENT = 256 << 20
"""Bytes of a file: a PDF of a thousand scanned pages, with their text, has fewer."""
LARGEST_UNPACKED = 64 << 20
"""Bytes of all XML in a Word file, as it says and as is read: a book of a thousand pages has ten
million, and a packed file of 60 kB may have this many."""
LONGEST_DOCUMENT = 32_000_000
"""Characters of a document's text: some ten thousand pages."""
MOST_BLOCKS = 400_000
"""Headings and paragraphs of a document: of the shortest, a text of a megabyte would have as many,
each of which takes some hundred times its own size."""
LONGEST_HEADING = 500
"""Characters. Every section is headed by its headings, so a long one over a long text would take
the product of both; what is longer is read as a paragraph."""


def read_document(path: Path) -> list[Block]:
    """The blocks of a file, by its suffix.

    Raises:
        DocumentError: the file is of no kind we read, or broken, encrypted, empty, scanned or
            larger than ``LARGEST_DOCUMENT``, or its text is than ``LONGEST_DOCUMENT``.
        OSError: it cannot be opened.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DocumentError(f"is no {', '.join(sorted(READERS))} file")
    _check_file(path)
    try:
        blocks = _within_limits(reader(path))
    except (DocumentError, MemoryError):
        raise
    except Exception as error:
        # Each converter fails in ways of its own; one bad file must not cost the others.
        kind, reason = path.suffix[1:].upper(), " ".join(str(error).split())
        raise DocumentError(f"is no readable {kind}: {reason or type(error).__name__}") from error
    if not any(block.level == 0 for block in blocks):
        raise DocumentError("holds no text below its headings" if blocks else "holds no text")
    return blocks


def _check_file(path: Path) -> None:
    """Refuse what is no file, empty, too large or not to be opened."""
    # A fifo that nobody writes to would be waited for, for ever.
    opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        found = os.fstat(opened)
    finally:
        os.close(opened)
    if not stat.S_ISREG(found.st_mode):
        raise DocumentError("is no file, but a folder, pipe or device: save its text in a file")
    if found.st_size == 0:
        raise DocumentError("is empty")
    if found.st_size > LARGEST_DOCUMENT:
        raise DocumentError(
            f"has {found.st_size:,} bytes, and at most {LARGEST_DOCUMENT:,} are read: split it"
        )


def _within_limits(found: list[Block]) -> list[Block]:
    """Blocks cleaned, without the blank ones, of which none is too long a heading."""
    cleaned = [replace(block, text=clean(block.text)) for block in found]
    blocks = [
        replace(block, level=0) if len(block.text) > LONGEST_HEADING and block.level else block
        for block in cleaned
        if block.text.strip()
    ]
    size = sum(len(block.text) for block in blocks)
    if size > LONGEST_DOCUMENT or len(blocks) > MOST_BLOCKS:
        raise DocumentError(
            f"has {size:,} characters in {len(blocks):,} paragraphs, and at most "
            f"{LONGEST_DOCUMENT:,} in {MOST_BLOCKS:,} are read: split it"
        )
    return blocks


def _docx(path: Path) -> list[Block]:
    import mammoth

    with path.open("rb") as file:
        if file.read(4) == b"\xd0\xcf\x11\xe0":
            raise DocumentError(
                "is encrypted, or a Word file from before 2007: save it as plain .docx"
            )
    _check_archive(path)
    no_image = mammoth.images.img_element(lambda _: {"src": ""})
    with path.open("rb") as file:
        return _html_blocks(
            mammoth.convert_to_html(file, style_map=_STYLES, convert_image=no_image).value
        )


def _check_archive(path: Path) -> None:
    """Refuse a packed file of too much XML; zipfile reads no more of a part than it says it has."""
    with zipfile.ZipFile(path) as archive:
        parts = [one for one in archive.infolist() if one.filename.endswith((".xml", ".rels"))]
    size = sum(part.file_size for part in parts)
    if size > LARGEST_UNPACKED:
        raise DocumentError(
            f"unpacks to {size:,} bytes of XML, and at most {LARGEST_UNPACKED:,} are read: split it"
        )


def _html(path: Path) -> list[Block]:
    return _html_blocks(path.read_bytes())


def _html_blocks(html: str | bytes) -> list[Block]:
    """The blocks of a page, without its scripts, navigation and images."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    page = BeautifulSoup(html, "lxml")
    for element in page(["script", "style", "nav", "template", "noscript", "svg", "img", "head"]):
        element.decompose()
    converter = MarkdownConverter(
        heading_style="ATX",
        strip=["a"],
        escape_asterisks=False,
        escape_underscores=False,
        bullets="-",
        table_infer_header=True,
    )
    return markdown_blocks(converter.convert_soup(page))


def _markdown(path: Path) -> list[Block]:
    text = decoded(path)
    # Of each line there is one reading: two would be tried in all their combinations.
    front = re.match(r"---\n(?:[\w-]+:.*\n|[ \t].*\n|- .*\n)+---\n", text)
    return markdown_blocks(text[front.end() :] if front else text)


def markdown_blocks(text: str) -> list[Block]:
    """The blocks of Markdown text; what is no heading keeps its source."""
    from markdown_it import MarkdownIt

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    blocks = []
    parser = MarkdownIt("commonmark").enable("table").disable("inline")
    references: dict[str, Any] = {}
    tokens = parser.parse(text, references)
    for position, token in enumerate(tokens):
        if token.level != 0 or token.map is None or token.nesting < 0:
            continue
        if token.type == "heading_open":
            heading = _without_marks(tokens[position + 1].content, parser, references)
            blocks.append(Block(heading, int(token.tag[1])))
        elif token.type != "hr":
            blocks.append(Block("\n".join(lines[token.map[0] : token.map[1]]).strip("\n")))
    return blocks


def _without_marks(heading: str, parser: "MarkdownIt", references: dict[str, Any]) -> str:
    """The text of a heading. Marks are looked for in headings alone, and in none too long to stay
    one: of 50 MB of brackets each may be a link's."""
    if len(heading) > LONGEST_HEADING:
        return heading
    parts: list[Token] = []
    parser.inline.parse(heading, parser, references, parts)
    return "".join(part.content or " " * part.type.endswith("break") for part in parts)


def _text(path: Path) -> list[Block]:
    """Paragraphs between blank lines; a lone line that reads as a heading is one.

    So is a bare ``Article 5`` above other lines, and ``1. Passwords`` right above its paragraph.
    Numbered ones stand below those in capitals, of which the first may be the title.
    """
    blocks = []
    text = decoded(path)
    width = max(len(line.rstrip()) for line in text.split("\n"))
    for paragraph in re.split(r"\n[ \t]*\n", text):
        first, _, rest = paragraph.strip("\n").partition("\n")
        if looks_like_heading(first) and (not rest.strip() or stands_above(first, rest, width)):
            blocks += [Block(first.strip(), 2 if is_numbered(first) else 1), Block(rest)]
        else:
            blocks.append(Block(paragraph.strip("\n")))
    return blocks


def decoded(path: Path) -> str:
    """The text of a file in whatever encoding it is."""
    import chardet

    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding = chardet.detect(content)["encoding"]
        if encoding is None:
            raise DocumentError("is no text in any known encoding") from None
        text = content.decode(encoding, errors="replace")
    if "\0" in text:
        raise DocumentError("holds zero bytes: it is no text file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


READERS: dict[str, Callable[[Path], list[Block]]] = {
    ".pdf": pdf_blocks,
    ".docx": _docx,
    ".html": _html,
    ".htm": _html,
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _text,
}
"""By suffix."""
