"""
Print what importing documents that attack takes: a table in Markdown, an attack a row.

    python -m benchmarks.attacks

Each attack is made in a temporary folder and imported by ``policyqa data import`` in a process of
its own, which gets ``MEMORY`` and ``SECONDS`` at most: one that takes more has failed, and so has
one that ends in a traceback. Memory is the largest of any process that took part.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from harness.reading import read_json

MEMORY = 4 << 30
"""Bytes of addresses that an import may take before it is ended."""
SECONDS = 150
"""That it may take by the clock."""
ROOT = Path(__file__).parents[1]
COMMAND = ["/usr/bin/timeout", f"{SECONDS}", sys.executable, "-m", "policyqa", "data", "import"]
GOOD = "# Bins\n\nBins stand outside on Monday morning before seven o'clock.\n"
HEAD = """| attack | input, MB | outcome | peak, MiB | seconds | of processors |
| --- | --: | --- | --: | --: | --: |"""
SHOW = b"BT /F 9 Tf 9 99 Td "
SCRIPT = (
    "/OpenAction<</S/JavaScript/JS(app.alert(1))>>"
    "/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(a)/EF<</F 4 0 R>>>>]>>>>"
)
LAUGHS = '<!ENTITY e0 "ha">' + "".join(
    f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)
)
HALVES = {"question": "Why \ud800?", "citations": ["\ud800"], "evidence": ["\udfff"]}


def _docx(path: Path, body: str, declared: str = "", entries: int = 0, lie: int = 0) -> None:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    content = f'{declared}<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", content)
        for number in range(entries):
            archive.writestr(f"word/{number}.xml", b"")
    if lie:
        size, said = (n.to_bytes(4, "little") for n in (len(content), lie))
        path.write_bytes(path.read_bytes().replace(size, said))


def _paragraph(content: str) -> str:
    return f"<w:p><w:r><w:t>{content}</w:t></w:r></w:p>"


def _pdf(path: Path, stream: bytes, pages: int = 1, catalog: str = "") -> None:
    packed = zlib.compress(stream, 9)
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    objects = [
        f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode(),
        f"<</Type/Pages/MediaBox[0 0 600 800]/Count {pages}/Kids[{'3 0 R ' * pages}]>>".encode(),
        f"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F {font}>>>>>>".encode(),
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
    ]
    numbered = (b"%d 0 obj\n%s\nendobj\n" % pair for pair in enumerate(objects, start=1))
    path.write_bytes(b"%PDF-1.7\n" + b"".join(numbered) + b"trailer<</Root 1 0 R/Size 5>>\n%%EOF\n")


def _text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def _many(path: Path) -> None:
    for number in range(10_000):
        _text(path.parent / str(number // 100) / f"{number % 100}.md", GOOD)


def _squad(path: Path) -> None:
    asked = {"id": "1", "question": "When?", "answers": [{"text": "on Monday"}]}
    others = (None, 7, [7], {"context": [1], "qas": {"a": 1}}, {"context": "x", "qas": [None, 7]})
    good = {"context": "Bins stand outside on Monday.", "qas": [asked, asked | {"answers": 7}]}
    _text(path, json.dumps({"data": [{"title": 7, "paragraphs": [good, *others]}, None, [], 7]}))


def _obliqa(path: Path) -> None:
    gold = {"DocumentID": 1, "PassageID": "a", "Passage": "Bins stand outside."}
    others: tuple[object, ...] = ([gold], 7, [7], {"a": 1}, None)
    rows = [{"QuestionID": n, "Question": "Where?", "Passages": o} for n, o in enumerate(others)]
    _text(path.with_name("1.json"), json.dumps([gold, gold | {"PassageID": [], "Passage": {}}]))
    _text(path, json.dumps(rows))


# fmt: off
ATTACKS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "docx: 500 MB of spaces": ("a.docx", lambda p: _docx(p, " " * 500_000_000)),
    "docx: 60 MB of paragraphs": ("a.docx", lambda p: _docx(p, _paragraph("x") * 1_600_000)),
    "docx: a size that lies": ("a.docx", lambda p: _docx(p, "x" * 300_000_000, lie=1_000)),
    "docx: 200,000 entries": ("a.docx", lambda p: _docx(p, "", entries=200_000)),
    "docx: billion laughs": (
        "a.docx", lambda p: _docx(p, _paragraph("&e9;"), f"<!DOCTYPE w [{LAUGHS}]>")),
    "docx: external entity": ("a.docx", lambda p: _docx(
        p, _paragraph("&s;"), '<!DOCTYPE w [<!ENTITY s SYSTEM "file:///etc/passwd">]>')),
    "docx: nested 100,000 deep": ("a.docx", lambda p: _docx(p, "<w:p>" * 10**5 + "</w:p>" * 10**5)),
    "xlsx: 500 MB of spaces": ("a.xlsx", lambda p: _docx(p, " " * 500_000_000)),
    "pdf: script and embedded file": (
        "a.pdf", lambda p: _pdf(p, SHOW + b"(Bins stand outside on Monday.) Tj ET", 1, SCRIPT)),
    "pdf: 1,000,000 pages": ("a.pdf", lambda p: _pdf(p, SHOW + b"(x) Tj ET", 1_000_000)),
    "pdf: stream of 1 GB": ("a.pdf", lambda p: _pdf(p, SHOW + b"(Bins) Tj " * 100_000_000)),
    "pdf: stream of 20 MB": ("a.pdf", lambda p: _pdf(p, SHOW + b"(Bins) Tj " * 2_000_000)),
    "html: nested 200,000 deep": ("a.html", lambda p: _text(p, "<div>" * 200_000 + GOOD)),
    "html: nested lists": ("a.html", lambda p: _text(p, "<ul><li>a" * 150 + "<br>b" * 200_000)),
    "html: 50 MB of tags": ("a.html", lambda p: _text(p, "<p>a" * 12_500_000)),
    "html: 50 MB in a line": ("a.html", lambda p: _text(p, "<p>" + "word " * 10_000_000)),
    "md: 50 MB in a line": ("a.md", lambda p: _text(p, "word " * 10_000_000)),
    "md: 50 MB of brackets": ("a.md", lambda p: _text(p, "# " + "[" * 50_000_000)),
    "md: 50 MB of paragraphs": ("a.md", lambda p: _text(p, "a\n\n" * 16_000_000)),
    "md: front matter without end": ("a.md", lambda p: _text(p, "---\n" + "  a\n" * 60 + GOOD)),
    "md: a heading of 1 MB": ("a.md", lambda p: _text(p, f"# {'A' * 10**6}\n\n{'word ' * 10**6}")),
    "md: one heading 200,000 times": ("a.md", lambda p: _text(p, "## A\n\nb\n\n" * 200_000)),
    "txt: 50 MB in a line": ("a.txt", lambda p: _text(p, "word " * 10_000_000)),
    "txt: 25 MB without a space": ("a.txt", lambda p: _text(p, "x" * 25_000_000)),
    "csv: 1,000,000 rows": (
        "questions.csv", lambda p: _text(p, "question,document\n" + "Why?,good\n" * 1_000_000)),
    "csv: 200,000 rows": (
        "questions.csv", lambda p: _text(p, "question,document\n" + "Why?,good\n" * 200_000)),
    "jsonl: halves of characters": ("questions.jsonl", lambda p: _text(p, json.dumps(HALVES))),
    "jsonl: nested 100,000 deep": (
        "questions.jsonl", lambda p: _text(p, '{"question": ' + "[" * 100_000)),
    "folder: 10,000 files": ("a.md", _many),
    "folder: a circle of links": ("a", lambda p: p.symlink_to(p.parent)),
    "folder: a link to itself": ("a.md", lambda p: p.symlink_to(p)),
    "folder: a fifo": ("a.md", os.mkfifo),
    "folder: a link to a device": ("a.md", lambda p: p.symlink_to("/dev/zero")),
    "folder: a path of 300 characters": (
        "a.md", lambda p: _text(p.parent.joinpath(*["d" * 100] * 3, "a.md"), GOOD)),
    "folder: a name that is no text": (
        "a.md", lambda p: _text(p.with_name(os.fsdecode(b"\xff\xfe.md")), GOOD)),
    "squad: other types": ("squad.json", _squad),
    "squad: nested 100,000 deep": ("squad.json", lambda p: _text(p, "[" * 100_000)),
    "squad: 60 MB of lists": ("a.json", lambda p: _text(p, '{"data":[' + "[]," * 20_000_000)),
    "obliqa: other types": ("ObliQA_test.json", _obliqa),
}
"""By name: the file beside a good document, and what makes it."""
# fmt: on


def _imported(source: Path, out: Path) -> tuple[str, float, float, float]:
    """What an import came to; its largest memory in MiB, seconds, and those of processors."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [*COMMAND, source, "--out", out],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        said.seek(0)
        last = said.read().strip().split("\n")[-1]
    seconds = time.perf_counter() - began, used.ru_utime + used.ru_stime
    return _outcome(os.waitstatus_to_exitcode(status), last, out), used.ru_maxrss / 1024, *seconds


def _outcome(status: int, last: str, out: Path) -> str:
    if status == 2 and last.startswith("error: "):
        return last
    if status:
        return f"**FAILED** ({status}): {last}"
    record = read_json(out / "import.json")
    refused = [f"left out: {one['place']} {one['reason']}" for one in record["not taken"]]
    taken = [f"{record[what]['taken']:,} {what}" for what in ("documents", "questions")]
    return "; ".join([*taken, *refused[:1], *([f"{len(refused)} in all"] if refused[1:] else [])])


def print_attacks() -> None:
    """Make each attack, import it and print a row."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks", description=__doc__)
    parser.add_argument("--only", nargs="+", default=list(ATTACKS), help="of those there are")
    names = parser.parse_args().only
    print(HEAD)
    for name in names:
        with tempfile.TemporaryDirectory() as made:
            folder, (file, make) = Path(made, "documents"), ATTACKS[name]
            _text(folder / "good.md", GOOD)
            make(folder / file)
            size = sum(p.lstat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6
            outcome, *figures = _imported(folder, Path(made, "data"))
            said = " ".join(outcome.replace(f"{made}/", "").replace("|", "\\|").split())[:300]
            row = [name, f"{size:.2f}", said, *(f"{figure:.1f}" for figure in figures)]
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    print_attacks()
