"""
A document of the user's → headings and paragraphs, in reading order.

    blocks = read_document(Path("policy.pdf"))

PDF, DOCX, HTML, Markdown and plain text. What cannot be read raises ``DocumentError`` with the
reason, so that one bad file never costs the others.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rag.blocks import Block, DocumentError, is_numbered, looks_like_heading, stands_above
from rag.corpus import clean
from rag.pdf import pdf_blocks

_STYLES = "\n".join(
    ["p[style-name='Title'] => h1:fresh"]
    + [f"p[style-name='Heading {n}'] => h{min(n + 1, 6)}:fresh" for n in range(1, 7)]
)
"""Word's title stands above its headings."""


def read_document(path: Path) -> list[Block]:
    """The blocks of a file, by its suffix.

    Raises:
        DocumentError: the file is of no kind we read, or broken, encrypted, empty or scanned.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DocumentError(f"is no {', '.join(sorted(READERS))} file")
    if path.stat().st_size == 0:
        raise DocumentError("is empty")
    try:
        cleaned = [replace(block, text=clean(block.text)) for block in reader(path)]
        blocks = [block for block in cleaned if block.text.strip()]
    except DocumentError:
        raise
    except Exception as error:
        # Each converter fails in ways of its own; one bad file must not cost the others.
        kind, reason = path.suffix[1:].upper(), " ".join(str(error).split())
        raise DocumentError(f"is no readable {kind}: {reason or type(error).__name__}") from error
    if not any(block.level == 0 for block in blocks):
        raise DocumentError("holds no text below its headings" if blocks else "holds no text")
    return blocks


def _docx(path: Path) -> list[Block]:
    import mammoth

    if path.read_bytes()[:4] == b"\xd0\xcf\x11\xe0":
        raise DocumentError("is encrypted, or a Word file from before 2007: save it as plain .docx")
    no_image = mammoth.images.img_element(lambda _: {"src": ""})
    with path.open("rb") as file:
        return _html_blocks(
            mammoth.convert_to_html(file, style_map=_STYLES, convert_image=no_image).value
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
    front = re.match(r"---\n(?:[\w-]+:.*\n|[ \t]+.*\n|- .*\n)+---\n", text)
    return markdown_blocks(text[front.end() :] if front else text)


def markdown_blocks(text: str) -> list[Block]:
    """The blocks of Markdown text; what is no heading keeps its source."""
    from markdown_it import MarkdownIt

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    blocks = []
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for position, token in enumerate(tokens):
        if token.level != 0 or token.map is None or token.nesting < 0:
            continue
        if token.type == "heading_open":
            parts = tokens[position + 1].children or []
            heading = "".join(part.content or " " * part.type.endswith("break") for part in parts)
            blocks.append(Block(heading, int(token.tag[1])))
        elif token.type != "hr":
            blocks.append(Block("\n".join(lines[token.map[0] : token.map[1]]).strip("\n")))
    return blocks


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
