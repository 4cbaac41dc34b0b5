"""What a data folder holds, counted."""

from collections import Counter
from pathlib import Path
from typing import Any

from harness.files import numbered_lines
from rag.corpus import Section, has_corpus, load_frameworks, load_sections
from tasks.policyqa.evidence import known_by
from tasks.policyqa.questions import (
    SPLITS,
    Question,
    data_identity,
    load_questions,
    numbered_questions,
)

RECENT = 2024
"""A framework of this year or later is in the recent slice: models may not have read of it."""


def data_information(data: Path) -> dict[str, Any]:
    """Counts of a data folder, as JSON.

    Raises:
        DataError: the folder breaks its contract.
    """
    frameworks = load_frameworks(data) if has_corpus(data) else []
    sections = load_sections(data)
    questions = _questions(data, sections)
    known = {one.id for one in frameworks}  # Without documents evidence names none.
    held_out = held_out_frameworks(questions) & known
    recent = {one.id for one in frameworks if one.year is not None and one.year >= RECENT}
    return {
        "data": str(data),
        "sha256": data_identity(data),
        "frameworks": len(frameworks),
        "sections": len(sections),
        "questions": len(questions),
        "words a section": _range([len(section.body.split()) for section in sections]),
        "splits": {split: sum(q.split == split for q in questions) for split in SPLITS},
        "kinds": dict(Counter(q.kind or "none given" for q in questions).most_common()),
        "answerable": _by_split([q for q in questions if q.answerable]),
        "unanswerable": _by_split([q for q in questions if not q.answerable]),
        "with evidence": _by_split([q for q in questions if q.evidence]),
        "evidence named by": _named_by(data) if sections and questions else {},
        "without reference answer": sum(q.answer is None for q in questions),
        "several frameworks": _by_split(
            [q for q in questions if len(q.evidence_frameworks & known) > 1]
        ),
        "held out": {
            "frameworks": sorted(held_out),
            "questions": sum(
                (q.evidence_frameworks or {q.framework}) <= held_out for q in questions
            ),
        },
        "recent": {
            "since": RECENT,
            "frameworks": sorted(recent),
            "questions": _by_split([q for q in questions if q.framework in recent]),
        },
        "domains": dict(Counter(one.domain or "none given" for one in frameworks).most_common()),
        "jurisdictions": dict(
            Counter(one.jurisdiction or "none given" for one in frameworks).most_common()
        ),
    }


def held_out_frameworks(questions: list[Question]) -> set[str]:
    """The frameworks whose questions and sections are in the test split alone."""
    seen = {
        name
        for q in questions
        if q.split != "test"
        for name in (*q.evidence_frameworks, q.framework)
    }
    return {q.framework for q in questions if q.split == "test"} - seen


def _questions(data: Path, sections: list[Section]) -> list[Question]:
    """The questions; none where documents were imported alone."""
    if not any(numbered_lines(data / "questions.jsonl")):
        return []
    return load_questions(data, [section.id for section in sections])


def _named_by(data: Path) -> dict[str, int]:
    """How many questions name sections, pages or documents as evidence, as closely as they do."""
    named = Counter(known_by(question.evidence) for _, question in numbered_questions(data))
    return {form: named[form] for form in ("section", "page", "document") if named[form]}


def _by_split(questions: list[Question]) -> dict[str, int]:
    return {split: sum(q.split == split for q in questions) for split in SPLITS}


def _range(counts: list[int]) -> list[int]:
    return [min(counts), max(counts)] if counts else []
