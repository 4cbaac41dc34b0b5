"""
A corpus on disk ↔ sections: the unit of evidence.

A data folder keeps one Markdown file a framework in ``corpus/``: front matter, then sections
under headings like ``## art-83 · Administrative fines (Article 83)``, with the pages they stand on
noted below, if they are known (``rag.pages``). A question set alone has no such folder.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field

from harness.errors import DataError
from harness.files import write_whole
from harness.reading import yaml_mapping
from harness.validation import validated
from rag.pages import noted_pages, pages_note

_HEADING = re.compile(r"## (?P<slug>[A-Za-z0-9._-]+) · (?P<title>.+)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Unicode's categories Cc and Cs, without line breaks and tabs."""
_FORM = "'## art-83 · Title (Article 83)'"

_T = TypeVar("_T")


class Framework(BaseModel):
    """One document's front matter."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    title: str = Field(min_length=1)
    jurisdiction: str = ""
    citation: str = ""
    """What a lawyer would write, or the file it was made from."""
    year: int | None = None
    """Of adoption."""
    domain: str = ""
    """Its field, as in ``privacy``."""
    status: Literal["in force", "adopted", "directive", "replaced"] = "in force"
    """``adopted``: not, or in part alone, applicable yet. Principles are in force."""
    applies_from: date | None = None
    """The day from which its main duties apply, past or to come."""


@dataclass(frozen=True)
class Section:
    """A numbered part of a framework."""

    id: str
    """``framework/section``."""
    framework: str
    framework_title: str
    heading: str
    """Title and provision, as in ``Administrative fines (Article 83)``."""
    body: str
    pages: tuple[int, ...] = ()
    """It stands on, from 1, ascending; empty where nobody noted them."""

    @property
    def citation(self) -> str:
        """Where it stands: framework, title and provision."""
        return f"{self.framework_title}, {self.heading}"

    @property
    def text(self) -> str:
        """What is embedded and shown to a model: where it stands, then what it says."""
        return cited(self.citation, self.body)


class Passage(Protocol):
    """A section, or what was found of one."""

    @property
    def body(self) -> str:
        """Its text, without its citation."""
        ...


def said(passage: Passage) -> str:
    """What a passage says, without regard to case and spacing: a corpus may say a thing twice."""
    return " ".join(passage.body.split()).casefold()


def cited(citation: str, body: str) -> str:
    """What a passage says, headed by where it stands."""
    return f"{citation}: {body}"


def framework_of(place: str) -> str:
    """The framework a section's id or a page names: what stands before ``/`` or ``#``."""
    return place.split("/")[0].split("#")[0]


class Corpus:
    """The sections of a data folder, read file by file each time they are gone through."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __iter__(self) -> Iterator[Section]:
        """As ``load_corpus``, one by one."""
        return sound(scan_corpus(self.data))


def load_corpus(data: Path) -> list[Section]:
    """All sections of a data folder, by file name and then in the order of the file.

    Raises:
        DataError: no corpus, bad front matter, an empty section or a repeated id.
    """
    return list(Corpus(data))


def load_sections(data: Path) -> list[Section]:
    """As ``load_corpus``; none of a question set alone, which has no ``corpus``."""
    return load_corpus(data) if has_corpus(data) else []


def has_corpus(data: Path) -> bool:
    """Whether a data folder has documents, or at least the folder for them."""
    return (data / "corpus").exists()


def load_frameworks(data: Path) -> list[Framework]:
    """The front matter of every document of a data folder, by file name.

    Raises:
        DataError: a file has none.
    """
    return [scan_framework(path)[0] for path in _files(data)]


def sound(found: Iterable[_T | DataError]) -> Iterator[_T]:
    """What was found, up to the first error, which is raised."""
    for one in found:
        if isinstance(one, DataError):
            raise one
        yield one


def scan_corpus(data: Path) -> Iterator[Section | DataError]:
    """As ``load_corpus``, but with every error in its place."""
    files: dict[str, Path] = {}
    if not _files(data):
        yield DataError(
            f"{data / 'corpus'} holds no *.md file; a data folder needs a corpus there. "
            "Make one of your documents: policyqa data import DOCUMENTS --out DIR"
        )
    for path in _files(data):
        try:
            framework, found = scan_framework(path)
        except DataError as error:
            yield error
            continue
        first = files.setdefault(framework.id, path)
        if first == path:
            yield from found
        else:
            yield DataError(f"{path}:1: the id {framework.id} is that of {first} already")


def scan_framework(path: Path) -> tuple[Framework, Iterator[Section | DataError]]:
    """The front matter of one file, and its sections with every error in its place.

    Raises:
        DataError: the file is not UTF-8, or its front matter breaks the form.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}:1: cannot be read: {error}") from error
    framework, first = _front_matter(path, lines)
    return framework, _sections(path, lines, first, framework)


def _files(data: Path) -> list[Path]:
    return sorted((data / "corpus").glob("*.md"))


def write_framework(corpus: Path, framework: Framework, sections: Sequence[Section]) -> Path:
    """Write a document into the folder ``corpus`` so that it reads back as it was.

    Control characters are dropped, a line of a body that would begin a section is indented by a
    space, and bodies are stripped. The blank line before a body keeps it from being read as pages.
    """
    fields = framework.model_dump()
    plain = {name: one_line(v) if isinstance(v, str) else v for name, v in fields.items()}
    front = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=10**6)
    parts = [f"---\n{front}---\n"]
    for section in sections:
        slug = section.id.removeprefix(f"{framework.id}/")
        body = re.sub(r"^## ", " ## ", clean(section.body).strip(), flags=re.MULTILINE)
        note = f"{pages_note(section.pages)}\n" if section.pages else ""
        parts.append(f"\n## {slug} · {one_line(section.heading)}\n{note}\n{body}\n")
    path = corpus / f"{framework.id}.md"
    write_whole(path, "".join(parts))
    return path


def without_sections(text: str, slugs: Collection[str]) -> str:
    """The text of a corpus file without the sections of these slugs; all else as it stands."""
    kept, keeping = [], True
    for line in text.splitlines(keepends=True):
        if line.startswith("## "):
            match = _HEADING.fullmatch(line.strip())
            keeping = match is None or match["slug"] not in slugs
        kept += [line] if keeping else []
    return "".join(kept)


def clean(text: str) -> str:
    """``text`` without control characters and lone surrogates, but for newlines and tabs."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """``text``, cleaned, on one line."""
    return " ".join(clean(text).split())


def _sections(
    path: Path, lines: list[str], first: int, framework: Framework
) -> Iterator[Section | DataError]:
    starts = [i for i in range(first, len(lines)) if lines[i].startswith("## ")]
    if not starts:
        yield DataError(f"{path}:{first}: no section follows; one has a heading like {_FORM}")
    ids: set[str] = set()
    for start, end in pairwise([*starts, len(lines)]):
        try:
            section = _section(lines[start], lines[start + 1 : end], framework)
            if section.id in ids:
                raise ValueError(f"the section id {section.id} stands here again")
            ids.add(section.id)
            yield section
        except ValueError as error:
            yield DataError(f"{path}:{start + 1}: {error}")


def _section(heading: str, below: list[str], framework: Framework) -> Section:
    """A section, by its lines; ``ValueError`` if they break the form."""
    match = _HEADING.fullmatch(heading.strip())
    if match is None:
        raise ValueError(f"expected a heading like {_FORM}, found {heading!r}")
    pages = noted_pages(below[0]) if below else None
    body = "\n".join(below[0 if pages is None else 1 :]).strip()
    if not body:
        raise ValueError(f"the section {match['slug']} is empty")
    id_, title = f"{framework.id}/{match['slug']}", match["title"].strip()
    return Section(id_, framework.id, framework.title, title, body, pages or ())


def _front_matter(path: Path, lines: list[str]) -> tuple[Framework, int]:
    """The front matter and the index of the line after it."""
    if lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:]]:
        raise DataError(f"{path}:1: expected front matter between two lines of ---")
    end = [line.strip() for line in lines].index("---", 1)
    front = yaml_mapping("\n".join(lines[1:end]), f"{path}:1: the front matter")
    return validated(Framework, front, f"{path}:1: the front matter", DataError), end + 1
