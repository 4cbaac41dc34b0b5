"""
Documents on disk → sections: the unit of evidence.

A data folder keeps one Markdown file a framework in ``corpus/``: front matter, then sections
under headings like ``## art-83 · Administrative fines (Article 83)``.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from harness.errors import DataError

_HEADING = re.compile(r"## (?P<slug>[A-Za-z0-9._-]+) · (?P<title>.+)")
_FIELDS = ("id", "title", "jurisdiction", "citation", "year")


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

    @property
    def text(self) -> str:
        """What is embedded and shown to a model: where it stands, then what it says."""
        return f"{self.framework_title}, {self.heading}: {self.body}"


def load_corpus(data: Path) -> list[Section]:
    """All sections of a data folder, by file name and then in the order of the file.

    Raises:
        DataError: no corpus, bad front matter, an empty section or a repeated id.
    """
    files = sorted((data / "corpus").glob("*.md"))
    if not files:
        raise DataError(f"{data / 'corpus'} holds no *.md file; a data folder needs a corpus there")
    sections: dict[str, Section] = {}
    for path in files:
        for line, section in _read_framework(path):
            if section.id in sections:
                raise DataError(f"{path}:{line}: the section id {section.id} stands here again")
            sections[section.id] = section
    return list(sections.values())


def _read_framework(path: Path) -> list[tuple[int, Section]]:
    """The sections of one file, each with the line of its heading."""
    lines = path.read_text(encoding="utf-8").split("\n")
    front, first = _front_matter(path, lines)
    starts = [i for i in range(first, len(lines)) if lines[i].startswith("## ")]
    sections = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        match = _HEADING.fullmatch(lines[start].strip())
        if match is None:
            raise DataError(
                f"{path}:{start + 1}: expected a heading like '## art-83 · Title (Article 83)', "
                f"found {lines[start]!r}"
            )
        body = "\n".join(lines[start + 1 : end]).strip()
        if not body:
            raise DataError(f"{path}:{start + 1}: the section {match['slug']} is empty")
        section = Section(
            id=f"{front['id']}/{match['slug']}",
            framework=str(front["id"]),
            framework_title=str(front["title"]),
            heading=match["title"].strip(),
            body=body,
        )
        sections.append((start + 1, section))
    return sections


def _front_matter(path: Path, lines: list[str]) -> tuple[dict[str, object], int]:
    """The front matter and the index of the line after it."""
    if lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:]]:
        raise DataError(f"{path}:1: expected front matter between two lines of ---")
    end = [line.strip() for line in lines].index("---", 1)
    try:
        front = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError as error:
        raise DataError(f"{path}:1: the front matter is not YAML: {error}") from error
    missing = [name for name in _FIELDS if not isinstance(front, dict) or name not in front]
    if missing:
        raise DataError(f"{path}:1: the front matter lacks {', '.join(missing)}")
    return front, end + 1
