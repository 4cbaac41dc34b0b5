"""What a data folder holds, counted."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from harness.reading import numbered_lines
from rag.corpus import Framework, load_frameworks, load_sections
from tasks.checking.style import style_of
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


def data_information(data: Path, on: date | None = None) -> dict[str, Any]:
    """Counts of a data folder, as JSON.

    Args:
        data: the folder.
        on: the day as of which a framework applies or does not yet; without it, today.

    Raises:
        DataError: the folder breaks its contract.
    """
    sections = load_sections(data)
    frameworks = load_frameworks(data)
    # None where documents were imported alone.
    asked = any(numbered_lines(data / "questions.jsonl"))
    questions = load_questions(data, [section.id for section in sections]) if asked else []
    known = {one.id for one in frameworks}  # Without documents evidence names none.
    # Held out are those whose questions and sections are in the test split alone.
    tested = {q.framework for q in questions if q.split == "test"}
    others = [q for q in questions if q.split != "test"]
    seen = {name for q in others for name in (*q.evidence_frameworks, q.framework)}
    held_out = (tested - seen) & known
    as_written = numbered_questions(data) if asked else []
    named = Counter(known_by(question.evidence) for _, question in as_written)
    recent = {one.id for one in frameworks if one.year is not None and one.year >= RECENT}
    on = on or date.today()
    coming = {one.id for one in frameworks if _to_come(one, on)}
    style = style_of(questions)
    lengths = [len(section.body.split()) for section in sections]
    return {
        "data": str(data),
        "sha256": data_identity(data),
        "frameworks": len(frameworks),
        "sections": len(sections),
        "questions": len(questions),
        "words a section": [min(lengths), max(lengths)] if lengths else [],
        "splits": _by_split(questions),
        "kinds": _counted(q.kind for q in questions),
        "answerable": _by_split(q for q in questions if q.answerable),
        "unanswerable": _by_split(q for q in questions if not q.answerable),
        "style AUC": None if style is None else round(style.auc, 2),
        "with evidence": _by_split(q for q in questions if q.evidence),
        "evidence named by": {
            form: named[form]
            for form in ("section", "page", "document")
            if sections and named[form]
        },
        "without reference answer": sum(q.answer is None for q in questions),
        "several frameworks": _by_split(
            q for q in questions if len(q.evidence_frameworks & known) > 1
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
            "questions": _by_split(q for q in questions if q.framework in recent),
        },
        "status": _counted(one.status for one in frameworks),
        "not applicable yet": {
            "on": on.isoformat(),
            "frameworks": sorted(coming),
            "questions": _by_split(q for q in questions if q.framework in coming),
        },
        "domains": _counted(one.domain for one in frameworks),
        "jurisdictions": _counted(one.jurisdiction for one in frameworks),
    }


def _to_come(framework: Framework, on: date) -> bool:
    """Whether a framework's main duties do not apply yet; adopted without a day, they do not."""
    if framework.applies_from is None:
        return framework.status == "adopted"
    return framework.applies_from > on


def _by_split(questions: Iterable[Question]) -> dict[str, int]:
    counts = Counter(question.split for question in questions)
    return {split: counts[split] for split in SPLITS}


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(name or "none given" for name in names).most_common())
