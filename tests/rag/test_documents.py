"""Documents of every kind are read with their headings; what cannot be read says why."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st

from rag.blocks import Block, DocumentError, looks_like_heading
from rag.documents import read_document
from tests.documents import (
    write_docx,
    write_html,
    write_markdown,
    write_pdf,
    write_scan,
    write_text,
)

LINES = [
    ("h1", "Chapter 1 Records"),
    ("h2", "Article 1 Keeping of records"),
    ("p", "An operator keeps each record for 6 years and shows it on request."),
    ("h2", "Article 2 Fees"),
    ("p", "The fee depends on the size of the operator."),
    ("p", "It is due on 1 March."),
]
WRITERS: dict[str, Callable[[Path, list[tuple[str, str]]], Path]] = {
    ".pdf": lambda path, lines: write_pdf(path, [lines]),
    ".docx": write_docx,
    ".html": write_html,
    ".md": write_markdown,
    ".txt": write_text,
}


def shape(blocks: list[Block]) -> list[str]:
    """The texts on one line, headings behind ``#``."""
    return ["# " * (block.level > 0) + " ".join(block.text.split()) for block in blocks]


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_headings_and_paragraphs_are_kept(tmp_path: Path, suffix: str) -> None:
    blocks = read_document(WRITERS[suffix](tmp_path / f"rules{suffix}", LINES))
    assert shape(blocks) == ["# " * (style != "p") + text for style, text in LINES]
    assert {block.pages for block in blocks} == {(1,) if suffix == ".pdf" else ()}
    levels = [block.level for block in blocks]
    top = levels[0]
    # Nothing but its words tells a heading of a text file.
    below = top if suffix == ".txt" else top + 1
    assert levels == [top, below, 0, below, 0, 0]


def test_a_text_files_title_stands_above_its_numbered_headings(tmp_path: Path) -> None:
    # It was a section of two words, which retrieval found.
    lines = ["IT SECURITY", "1. Passwords\nThey are long and never shared.", "2. Guests\nNone."]
    path = write_text(tmp_path / "a.txt", [("p", line) for line in lines])
    assert [block.level for block in read_document(path)] == [1, 2, 0, 2, 0]


def test_words_title_stands_above_its_headings(tmp_path: Path) -> None:
    texts = ["Rules of the town", "Chapter 1", "Text.", "Chapter 2", "More."]
    write_docx(tmp_path / "a.docx", list(zip(["h0", "h1", "p", "h1", "p"], texts, strict=True)))
    assert [b.level for b in read_document(tmp_path / "a.docx")] == [1, 2, 0, 2, 0]


def test_a_size_set_by_the_pages_matrix_counts(tmp_path: Path) -> None:
    """As some writers do: a font of size 1, scaled."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=1)
    pdf.text(0, 0, " ")  # From here on the page has the font.
    for y, size, text in ((700, 18, "Records"), (650, 10, "An operator keeps each record well.")):
        pdf._out(f"BT {size} 0 0 {size} 72 {y} Tm ({text}) Tj ET")
    pdf.output(str(tmp_path / "a.pdf"))
    blocks = read_document(tmp_path / "a.pdf")
    assert shape(blocks) == ["# Records", "An operator keeps each record well."]


TEXTS = [  # Suffix, text, and its blocks.
    # A rule between lines hides no text; front matter is none.
    (".md", "---\n\nFirst rule.\n\n---\n\nSecond.\n", ["First rule.", "Second."]),
    (".md", "---\ntitle: x\ntags:\n- a\n---\nOnly rule.\n", ["Only rule."]),
    # A code fence holds no heading.
    (
        ".md",
        "# *The* title\n\n```\n# none\n```\n\nText\n====\n\nBody\n",
        ["# The title", "``` # none ```", "# Text", "Body"],
    ),
    # A wrapped numbered paragraph is no heading.
    (
        ".txt",
        "Article 5\nRecords are kept.\n\n2. The operator keeps each record for six years after\n"
        "the date of the deal.",
        [
            "# Article 5",
            "Records are kept.",
            "2. The operator keeps each record for six years after the date of the deal.",
        ],
    ),
    # A numbered one right above its paragraph was one in a PDF, and in a text file a line of the
    # paragraph, which no evidence could name.
    (
        ".txt",
        "IT SECURITY\n\n1. Passwords\nThey have 12 characters or more, and are changed when they\n"
        "may be known.\n\n2 Lost devices\nWho loses one says so.\n- by phone\n- or in person\n\n"
        "3. Visitors\nWhat they bring:\n1. a badge\n2. a letter\n\nArticle 7 Fees\nNone.\n",
        [
            "# IT SECURITY",
            "# 1. Passwords",
            "They have 12 characters or more, and are changed when they may be known.",
            "# 2 Lost devices",
            "Who loses one says so. - by phone - or in person",
            "# 3. Visitors",
            "What they bring: 1. a badge 2. a letter",
            "# Article 7 Fees",
            "None.",
        ],
    ),
]


@pytest.mark.parametrize(("suffix", "text", "expected"), TEXTS)
def test_headings_of_plain_text_are_told_from_the_rest(
    tmp_path: Path, suffix: str, text: str, expected: list[str]
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text(text)
    assert shape(read_document(path)) == expected


@pytest.mark.parametrize(
    "paragraph",
    [
        "1. Bring your badge and\n   the letter\n2. Sign the book",
        "1 Apple\n2 pears",
        "2. The keeper tells the\noffice of each hive.",
        "3. A hive is inspected each year by the Veterinary Office of the Town and by the\nOffice.",
        "1. Fees\nNone.\n2. Duties\nMany.",
        "1. Fees\nNone.\n1. Duties\nMany.",
        "THE TOWN\nMAIN STREET\nOffice hours",
    ],
)
def test_the_first_line_of_a_list_or_sentence_is_no_heading(tmp_path: Path, paragraph: str) -> None:
    path = tmp_path / "a.txt"
    rules = "Rules of the town, that hold for all who live in it and for all who visit it."
    path.write_text(f"{rules}\n\n{paragraph}\n")
    assert [block.level for block in read_document(path)] == [0, 0]


@given(
    st.sampled_from(["{}.", "{})", "({})", "{}", "1.{}", "{}:"]),
    st.lists(st.from_regex(r"[A-Za-z][a-z]{1,8}( [A-Za-z][a-z]{1,8}){0,4}", fullmatch=True),
             min_size=2, max_size=6),
)  # fmt: skip
def test_consecutive_numbered_lines_stay_a_list(form: str, items: list[str]) -> None:
    lines = [f"{form.format(number)} {item}" for number, item in enumerate(items, start=1)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.txt"
        path.write_text("\n".join(lines))
        (block,) = read_document(path)
    assert (block.level, block.text.split("\n")) == (0, lines)


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".html"])
def test_the_cells_of_a_tables_row_stay_together(tmp_path: Path, suffix: str) -> None:
    lines = [("h1", "Fees"), ("p", "By size."), ("row", "Small|EUR 100"), ("row", "Large|EUR 900")]
    path = WRITERS[suffix](tmp_path / f"fees{suffix}", lines)
    text = " ".join(block.text for block in read_document(path))
    words = text.replace("|", " ").split()
    assert words.index("Small") + 1 == words.index("EUR")
    assert words[words.index("Large") + 2] == "900"


def test_right_to_left_text_keeps_its_reading_order(tmp_path: Path) -> None:
    arabic = "يجب على المراقب حماية البيانات الشخصية لمدة 5 سنوات."
    hebrew = "על בעל המאגר לשמור את המידע במשך 7 שנים."
    lines = [("h1", "حماية البيانات"), ("p", arabic), ("h1", "הגנת הפרטיות"), ("p", hebrew)]
    for suffix, write in WRITERS.items():
        if suffix == ".txt":  # Nothing but its words tells a heading of it.
            continue
        path = write(tmp_path / f"a{suffix}", lines)
        found = [text.removeprefix("# ") for text in shape(read_document(path))]
        assert found == [text for _, text in lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1251"])
def test_text_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    sentence = "Le contrôleur protège les données à caractère personnel des employés, dès l’été. "
    if encoding == "cp1251":
        sentence = "Оператор обязан хранить персональные данные граждан не менее пяти лет. "
    path = write_text(tmp_path / "règles.txt", [("p", sentence * 4)], encoding)
    assert read_document(path)[0].text.strip() == (sentence * 4).strip()


def test_a_page_says_its_encoding_and_comes_without_navigation_and_scripts(tmp_path: Path) -> None:
    path = write_html(tmp_path / "a.html", [("p", "Größe und Maß")], "iso-8859-1")
    assert [block.text for block in read_document(path)] == ["Größe und Maß"]


def test_sixty_pages_come_without_their_running_heads(tmp_path: Path) -> None:
    pages = [
        [
            ("p", f"Rulebook of the Authority, page {number}"),
            ("h1", f"Section {number} Duty {number}"),
            *[("p", f"The duty numbered {number} binds operator {i}.") for i in range(12)],
        ]
        for number in range(1, 61)
    ]
    blocks = read_document(write_pdf(tmp_path / "long.pdf", pages))
    headings = [block.text for block in blocks if block.level]
    assert headings == [f"Section {number} Duty {number}" for number in range(1, 61)]
    assert not any("Rulebook" in block.text for block in blocks)


def test_blocks_of_a_pdf_know_their_pages(tmp_path: Path) -> None:
    # What begins at the foot of a page and ends on the next stands on both.
    pages = [
        [("h1", "Rule 1"), ("p", "A keeper notes"), ("p", "each hive and")],
        [("p", "shows the notes to anyone."), ("h1", "Rule 2"), ("p", "A note is short.")],
    ]
    blocks = read_document(write_pdf(tmp_path / "a.pdf", pages))
    assert [(block.text, block.pages) for block in blocks] == [
        ("Rule 1", (1,)),
        ("A keeper notes each hive and shows the notes to anyone.", (1, 2)),
        ("Rule 2", (2,)),
        ("A note is short.", (2,)),
    ]


UNREADABLE: dict[str, tuple[bytes | Callable[[Path], Path], str]] = {
    "broken.pdf": (b"%PDF-1.7 garbage", "no readable PDF"),
    "locked.pdf": (
        lambda p: write_pdf(p, [LINES], owner_password="o", user_password="u"),  # noqa: S106
        "encrypted",
    ),
    "scan.pdf": (write_scan, "scanned.*ocrmypdf"),
    "empty.pdf": (b"", "is empty"),
    "broken.docx": (b"PK garbage", "no readable DOCX"),
    "zip.docx": (b"PK\x05\x06" + bytes(18), "no readable DOCX"),  # An archive of nothing.
    "old.docx": (b"\xd0\xcf\x11\xe0" + b"x" * 99, "encrypted.*2007"),
    "blank.txt": (b" \n\n ", "holds no text"),
    "bare.md": (b"# Only\n\n## Headings\n", "no text below its headings"),
    "binary.txt": (bytes(range(256)) * 9, "no text|zero bytes"),
    "hollow.html": (b"<html><script>x</script></html>", "holds no text"),
    "table.xlsx": (b"PK", r"is no \.docx"),
}


@pytest.mark.parametrize("name", list(UNREADABLE))
def test_what_cannot_be_read_says_why(tmp_path: Path, name: str) -> None:
    content, reason = UNREADABLE[name]
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)
    with pytest.raises(DocumentError, match=reason):
        read_document(path)


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
        ("30 days after the notice is given", False),
        ("Part civil", False),
        ("", False),
    ],
)
def test_a_heading_is_told_from_a_sentence(line: str, expected: bool) -> None:
    assert looks_like_heading(line) is expected
