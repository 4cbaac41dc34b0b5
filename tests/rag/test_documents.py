"""Documents of every kind are read with their headings; what cannot be read says why."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag.documents import Block, DocumentError, looks_like_heading, read_document
from tests.documents import (
    write_docx,
    write_html,
    write_markdown,
    write_pdf,
    write_scan,
    write_text,
    write_zip,
)

LINES = [
    ("h1", "Chapter 1 Records"),
    ("h2", "Article 1 Keeping of records"),
    ("p", "An operator keeps each record for 6 years and shows it on request."),
    ("h2", "Article 2 Fees"),
    ("p", "The fee depends on the size of the operator."),
    ("p", "It is due on 1 March."),
]
WRITERS: dict[str, Callable[[Path], Path]] = {
    ".pdf": lambda path: write_pdf(path, [LINES]),
    ".docx": lambda path: write_docx(path, LINES),
    ".html": lambda path: write_html(path, LINES),
    ".md": lambda path: write_markdown(path, LINES),
    ".txt": lambda path: write_text(path, LINES),
}


def shape(blocks: list[Block]) -> list[tuple[bool, str]]:
    return [(block.level > 0, " ".join(block.text.split())) for block in blocks]


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_headings_and_paragraphs_are_kept(tmp_path: Path, suffix: str) -> None:
    blocks = read_document(WRITERS[suffix](tmp_path / f"rules{suffix}"))
    assert shape(blocks) == [(style != "p", text) for style, text in LINES]


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".html", ".md"])
def test_a_chapter_stands_above_its_articles(tmp_path: Path, suffix: str) -> None:
    levels = [b.level for b in read_document(WRITERS[suffix](tmp_path / f"rules{suffix}"))]
    assert levels == [1, 2, 0, 2, 0, 0]


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".html"])
def test_the_cells_of_a_tables_row_stay_together(tmp_path: Path, suffix: str) -> None:
    lines = [("h1", "Fees"), ("p", "By size."), ("row", "Small|EUR 100"), ("row", "Large|EUR 900")]
    path = tmp_path / f"fees{suffix}"
    if suffix == ".pdf":
        write_pdf(path, [lines])
    else:
        {".docx": write_docx, ".html": write_html}[suffix](path, lines)
    text = " ".join(block.text for block in read_document(path))
    words = text.replace("|", " ").split()
    assert words.index("Small") + 1 == words.index("EUR")
    assert words[words.index("Large") + 2] == "900"


def test_right_to_left_text_keeps_its_reading_order(tmp_path: Path) -> None:
    arabic = "يجب على المراقب حماية البيانات الشخصية لمدة 5 سنوات."
    hebrew = "על בעל המאגר לשמור את המידע במשך 7 שנים."
    lines = [("h1", "حماية البيانات"), ("p", arabic), ("h1", "הגנת הפרטיות"), ("p", hebrew)]
    for path in (
        write_pdf(tmp_path / "a.pdf", [lines]),
        write_docx(tmp_path / "a.docx", lines),
        write_html(tmp_path / "a.html", lines),
        write_markdown(tmp_path / "a.md", lines),
    ):
        assert [text for _, text in shape(read_document(path))] == [text for _, text in lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1251"])
def test_text_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    sentence = "Le contrôleur protège les données à caractère personnel des employés, dès l’été. "
    if encoding == "cp1251":
        sentence = "Оператор обязан хранить персональные данные граждан не менее пяти лет. "
    path = write_text(tmp_path / "règles.txt", [("p", sentence * 4)], encoding)
    assert read_document(path)[0].text.strip() == (sentence * 4).strip()


def test_a_page_says_its_encoding(tmp_path: Path) -> None:
    path = write_html(tmp_path / "a.html", [("p", "Größe und Maß")], "iso-8859-1")
    assert read_document(path)[0].text == "Größe und Maß"


def test_a_page_comes_without_navigation_and_scripts(tmp_path: Path) -> None:
    text = " ".join(b.text for b in read_document(write_html(tmp_path / "a.html", LINES)))
    for word in ("Home page", "script text", "Not this"):
        assert word not in text


def test_three_hundred_pages_come_without_their_running_heads(tmp_path: Path) -> None:
    pages = [
        [
            ("p", f"Rulebook of the Authority, page {number}"),
            ("h1", f"Section {number} Duty {number}"),
            *[("p", f"The duty numbered {number} binds operator {i}.") for i in range(12)],
        ]
        for number in range(1, 301)
    ]
    blocks = read_document(write_pdf(tmp_path / "long.pdf", pages))
    headings = [block.text for block in blocks if block.level]
    assert headings == [f"Section {number} Duty {number}" for number in range(1, 301)]
    assert not any("Rulebook" in block.text for block in blocks)


def test_a_code_fence_in_markdown_holds_no_heading(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# *The* title\n\n```\n# no heading\n```\n\nText\n====\n\nBody\n")
    assert shape(read_document(path)) == [
        (True, "The title"),
        (False, "``` # no heading ```"),
        (True, "Text"),
        (False, "Body"),
    ]


def broken(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


UNREADABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "broken.pdf": (lambda p: broken(p, b"%PDF-1.7 garbage"), "no readable PDF"),
    "locked.pdf": (
        lambda p: write_pdf(p, [LINES], owner_password="o", user_password="u"),  # noqa: S106
        "encrypted",
    ),
    "scan.pdf": (write_scan, "scanned.*ocrmypdf"),
    "empty.pdf": (lambda p: broken(p, b""), "is empty"),
    "broken.docx": (lambda p: broken(p, b"PK garbage"), "no readable DOCX"),
    "zip.docx": (write_zip, "no readable DOCX"),
    "old.docx": (lambda p: broken(p, b"\xd0\xcf\x11\xe0" + b"x" * 99), "encrypted.*2007"),
    "blank.txt": (lambda p: broken(p, b" \n\n "), "holds no text"),
    "bare.md": (lambda p: broken(p, b"# Only\n\n## Headings\n"), "no text below its headings"),
    "binary.txt": (lambda p: broken(p, bytes(range(256)) * 9), "no text|zero bytes"),
    "hollow.html": (lambda p: broken(p, b"<html><script>x</script></html>"), "holds no text"),
    "table.xlsx": (lambda p: broken(p, b"PK"), r"is no \.docx"),
}


@pytest.mark.parametrize("name", list(UNREADABLE))
def test_what_cannot_be_read_says_why(tmp_path: Path, name: str) -> None:
    write, reason = UNREADABLE[name]
    with pytest.raises(DocumentError, match=reason):
        read_document(write(tmp_path / name))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Article 5 Principles", True),
        ("5.1 Scope", True),
        ("SCHEDULE OF FEES", True),
        ("§ 7 Haftung", True),
        ("Article 5 says that records are kept for six years.", False),
        ("The operator keeps records", False),
        ("1 234", False),
        ("", False),
    ],
)
def test_a_heading_is_told_from_a_sentence(line: str, expected: bool) -> None:
    assert looks_like_heading(line) is expected
