"""A document that attacks is left out with the reason, in little memory and time."""

import os
import re
import resource
import signal
import zipfile
from pathlib import Path

import pytest

import rag.apart
import rag.documents
import rag.pdf
from rag.apart import ApartReader
from rag.blocks import DocumentError
from rag.corpus import Framework, clean
from rag.documents import read_document
from rag.sections import Names, sections_of
from tests.documents import write_docx, write_pdf

LINES = [("h1", "Bins"), ("p", "Bins stand outside on Monday morning.")]
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def word_file(path: Path, body: str, declared: str = "") -> Path:
    """A Word file of that body, and what stands before its first element."""
    write_docx(path, LINES)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    document = f'{declared}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    parts["word/document.xml"] = document.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def paragraph(text: str) -> str:
    """A paragraph of Word's."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def reason(path: Path) -> str:
    """Why a document is not read."""
    with pytest.raises(DocumentError) as caught:
        read_document(path)
    return str(caught.value)


def test_a_word_file_that_unpacks_to_too_much_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = word_file(tmp_path / "a.docx", paragraph("Bins. ") + " " * 1_000_000)
    assert path.stat().st_size < 50_000
    assert read_document(path)
    monkeypatch.setattr(rag.documents, "LARGEST_UNPACKED", 1_000_000)
    assert re.match(r"unpacks to [\d,]{9} bytes of XML, and at most 1,000,000", reason(path))


def test_a_word_file_that_lies_about_its_size_is_read_no_further_than_it_says(
    tmp_path: Path,
) -> None:
    path = word_file(tmp_path / "a.docx", paragraph("Bins. ") + " " * 1_000_000)
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("word/document.xml").file_size
    small = path.read_bytes().replace(size.to_bytes(4, "little"), (200).to_bytes(4, "little"))
    path.write_bytes(small)
    assert "Bad CRC-32 for file 'word/document.xml'" in reason(path)


def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    entities = '<!ENTITY e0 "ha">' + "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)
    )
    path = word_file(tmp_path / "a.docx", paragraph("&e9;"), f"<!DOCTYPE w [{entities}]>")
    assert "is no readable DOCX" in reason(path)


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the password")
    declared = f'<!DOCTYPE w [<!ENTITY s SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    path = word_file(tmp_path / "a.docx", paragraph("Bins.") + paragraph("&s;"), declared)
    assert [block.text for block in read_document(path)] == ["Bins."]


@pytest.mark.parametrize("name", ["a.html", "a.docx"])
def test_what_is_nested_without_end_is_left_out(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.html":
        path.write_text("<div>" * 50_000 + "Bins.")
    else:
        word_file(path, "<w:p>" * 50_000 + "</w:p>" * 50_000)
    assert reason(path)


def test_a_pdf_of_more_pages_than_are_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_pdf(tmp_path / "a.pdf", [LINES, LINES])
    assert read_document(path)
    monkeypatch.setattr(rag.pdf, "MOST_PAGES", 1)
    assert reason(path) == "has 2 pages, and at most 1 are read: split it"


def test_front_matter_that_never_ends_is_read_in_one_go(tmp_path: Path) -> None:
    # Each of its lines was tried in two ways, with all ways of all others: 2 to the power of 5,000.
    path = tmp_path / "a.md"
    path.write_text("---\n" + "  a\n" * 5_000 + "Bins.\n")
    assert read_document(path)


def test_a_heading_too_long_is_no_heading_of_every_section(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"# {'[Bins](' * 5_000}\n\n{'They stand outside. ' * 5_000}")
    sections = sections_of(read_document(path), Framework(id="a", title="A"))
    assert len(sections) > 50
    assert {len(section.heading) < 50 for section in sections} == {True}


def test_a_text_without_a_space_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x" * 1_000_000)
    sections = sections_of(read_document(path), Framework(id="a", title="A"))
    assert sum(len(section.body) for section in sections) == 1_000_000
    assert max(len(section.body) for section in sections) <= 1440


@pytest.mark.parametrize(("limit", "most"), [("LONGEST_DOCUMENT", 30), ("MOST_BLOCKS", 2)])
def test_a_document_of_more_text_than_is_read_says_how_much_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    path = tmp_path / "a.md"
    path.write_text("One day.\n\nTwo days.\n\nFour weeks.\n\nA year.")
    assert len(read_document(path)) == 4
    monkeypatch.setattr(rag.documents, limit, most)
    assert reason(path).startswith("has 35 characters in 4 paragraphs, and at most")


def test_a_file_larger_than_is_read_is_not_opened_by_its_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.write_text("Bins.")
    monkeypatch.setattr(rag.documents, "LARGEST_DOCUMENT", 4)
    monkeypatch.setitem(rag.documents.READERS, ".md", lambda _: pytest.fail("it was read"))
    assert reason(path) == "has 5 bytes, and at most 4 are read: split it"


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")
    assert reason(tmp_path / "a.md").startswith("is no file, but a folder, pipe or device")
    with ApartReader() as apart, pytest.raises(DocumentError, match="is no file"):
        apart.read(tmp_path / "a.md")


def test_one_heading_many_times_is_counted_on() -> None:
    # Each was counted from 2 again: this took the square of their number.
    names = Names()
    found = [names.unique("Fees") for _ in range(100_000)]
    assert found[:3] == ["fees", "fees-2", "fees-3"]
    assert len(set(found)) == len(found)


def test_clean_text_has_no_control_characters_and_no_half_characters() -> None:
    import unicodedata

    every = "".join(map(chr, range(0x11000)))
    kept = [c for c in every if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")]
    assert clean(every.replace("\r", "")) == "".join(kept)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every document is read apart, and none has a minute."""
    monkeypatch.setattr(rag.apart, "SMALL", 0)
    monkeypatch.setattr(rag.apart, "MOST_SECONDS", 1)


@pytest.mark.usefixtures("small")
def test_read_apart_a_document_is_what_it_is_here(tmp_path: Path) -> None:
    documents = [write_pdf(tmp_path / "a.pdf", [LINES] * 2), write_docx(tmp_path / "a.docx", LINES)]
    odd = tmp_path / os.fsdecode(b"\xff.md")
    odd.write_text("# Größe\n\nسبعة أيام 𝔘\u2028x")
    with ApartReader() as apart:
        for path in [*documents, odd]:
            assert apart.read(path) == read_document(path)


@pytest.mark.usefixtures("small")
def test_a_document_that_takes_too_long_is_left_out_and_the_next_is_read(tmp_path: Path) -> None:
    slow, good = tmp_path / "slow.html", tmp_path / "good.md"
    slow.write_text("<ul><li>a" * 150 + "<br>b" * 100_000)
    good.write_text("Bins.")
    with ApartReader() as apart:
        with pytest.raises(DocumentError, match=r"takes more than 1 s of a processor to read"):
            apart.read(slow)
        assert [block.text for block in apart.read(good)] == ["Bins."]


@pytest.mark.usefixtures("small")
def test_a_document_that_takes_too_much_memory_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.write_text("a\n\n" * 200_000)
    monkeypatch.setattr(rag.apart, "MOST_SECONDS", 60)
    monkeypatch.setattr(rag.apart, "MOST_MEMORY", 200 << 20)
    before = resource.getrlimit(resource.RLIMIT_AS)
    with ApartReader() as apart, pytest.raises(DocumentError, match="more than 200 MiB of memory"):
        apart.read(path)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


@pytest.mark.usefixtures("small")
def test_what_ends_the_process_that_reads_it_is_left_out_and_the_next_is_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.md"
    path.write_text("Bins.")
    with ApartReader() as apart:
        assert apart.read(path)
        process = apart._process
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        with pytest.raises(DocumentError, match=r"ended the process that read it \(status -9\)"):
            apart.read(path)
        assert apart.read(path)


@pytest.mark.usefixtures("small")
def test_a_module_that_lies_beside_the_documents_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "rag", "chardet"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit({name!r})")
    (tmp_path / "a.txt").write_bytes("Größe und Maß".encode("latin-1"))
    monkeypatch.chdir(tmp_path)
    with ApartReader() as apart:
        assert [block.text for block in apart.read(Path("a.txt"))] == ["Größe und Maß"]
