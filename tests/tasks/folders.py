"""Data folders, read and changed."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.corpus import load_sections
from tasks.policyqa.questions import Question, load_questions
from tests.conftest import write_questions


def rows_of(data: Path) -> list[dict[str, Any]]:
    """The lines of ``questions.jsonl``."""
    text = (data / "questions.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def change(data: Path, changes: Mapping[int | str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Write other values into fields of lines, by index or id; the lines as they are then."""
    rows = rows_of(data)
    places = {row["id"]: place for place, row in enumerate(rows)}
    for key, fields in changes.items():
        rows[places[key] if isinstance(key, str) else key] |= fields
    write_questions(data, rows)
    return rows


def load(data: Path) -> list[Question]:
    """The questions, with the sections their evidence covers."""
    return load_questions(data, [section.id for section in load_sections(data)])


def note_pages(path: Path, pages: Mapping[str, str]) -> None:
    """Note the pages of sections of a document, by their slug."""
    text = path.read_text(encoding="utf-8")
    for slug, said in pages.items():
        text = re.sub(rf"(## {slug} .*)", rf"\1\n<!-- pages: {said} -->", text)
    path.write_text(text, encoding="utf-8")
