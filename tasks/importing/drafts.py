"""What every layout is read into: documents, questions without a split yet, what was refused."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from harness.metrics.fact import Fact
from rag.corpus import Framework, Section, clean
from tasks.importing.limits import MOST_QUESTIONS, at_most
from tasks.policyqa.questions import Split

SPLIT_NAMES: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "dev": "validation",
    "valid": "validation",
    "validation": "validation",
    "val": "validation",
    "test": "test",
}
"""What sources call their splits."""
LONGEST_REASON = 600
"""Characters; a reason quotes what was found, which may be a whole document."""


@dataclass(frozen=True)
class Refused:
    """A file, passage or question of the source that was not taken."""

    place: str
    """File, with line, row or id."""
    what: str
    """``document``, ``passage`` or ``question``."""
    reason: str

    def __post_init__(self) -> None:
        """Keep of place and reason what can be written, and read by a person."""
        for name in ("place", "reason"):
            said = clean(getattr(self, name))
            short = said if len(said) <= LONGEST_REASON else f"{said[:LONGEST_REASON]} …"
            object.__setattr__(self, name, short)


@dataclass(frozen=True)
class Draft:
    """A question as its source has it."""

    id: str
    place: str
    question: str
    answer: str | None
    framework: str
    evidence: list[str] = field(default_factory=list)
    """Sections, pages or documents, named as ``tasks.policyqa.evidence`` says."""
    split: Split | None = None
    """The source's own; None where it has none."""
    kind: str = "other"
    citations: list[str] = field(default_factory=list)
    answerable: bool = True
    answers: list[str] = field(default_factory=list)
    """References beside ``answer``."""
    facts: list[Fact] = field(default_factory=list)


@dataclass(frozen=True)
class ImportedDocument:
    """A framework with its sections."""

    framework: Framework
    sections: list[Section]


@dataclass(frozen=True)
class Contents:
    """All that a source holds, read."""

    layout: str
    """``documents``, ``squad``, ``obliqa`` or ``mtrag``."""
    documents: list[ImportedDocument]
    drafts: list[Draft]
    refused: list[Refused]
    passages: dict[str, int] = field(default_factory=dict)
    """Counts of what the source has, where its layout has some worth telling."""


def contents_of(
    layout: str,
    found: Iterable[ImportedDocument | Draft | Refused],
    passages: dict[str, int] | None = None,
) -> Contents:
    """All that was found in a source; of questions with the same id the first is taken.

    Raises:
        DataError: there is more than ``MOST_QUESTIONS``, documents and what was refused counted.
    """
    documents: list[ImportedDocument] = []
    drafts: dict[str, Draft] = {}
    refused: list[Refused] = []
    for one in at_most(found, "the source", MOST_QUESTIONS, "questions"):
        if isinstance(one, ImportedDocument):
            documents.append(one)
        elif isinstance(one, Refused):
            refused.append(one)
        elif not one.id:
            refused.append(Refused(one.place, "question", "has no id"))
        elif one.id in drafts:
            refused.append(Refused(one.place, "question", "its id stands there before"))
        else:
            drafts[one.id] = one
    return Contents(layout, documents, list(drafts.values()), refused, passages or {})


def text_of(value: Any) -> str:
    """A field of a source as clean text; empty where there is none, or no text or number."""
    given = isinstance(value, str | int | float) and value is not False
    return clean(str(value)).strip() if given else ""
