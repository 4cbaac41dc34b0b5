"""What a check finds, and the checks there are."""

from dataclasses import dataclass

from rag.corpus import Section
from tasks.policyqa.questions import Question

CHECKS = {
    "schema": "every line has its fields, every id stands once",
    "evidence": "every section, page or document named as evidence exists",
    "split": "no section is evidence in two splits",
    "overlap": "no page or document named as evidence may share a section with another split",
    "duplicate": "no question is asked again, in other words, in another split",
    "number": "every number, date and amount of an answer stands in its evidence",
    "citation": "every citation stands in its evidence",
    "fact": "every fact stands in its evidence, and none is contradicted by its answer",
    "copy": "no answer copies its evidence word for word, but for further ones",
    "give-away": "no question holds its answer",
    "answered": "no section answers a question that is marked unanswerable",
    "style": "style alone does not tell unanswerable questions from answerable ones",
}
"""By name, in the order they are made."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    check: str
    """A name in ``CHECKS``."""
    place: str
    """File and line, relative to the data folder."""
    message: str

    @property
    def place_order(self) -> tuple[str, int]:
        """Sorts places by file, then by line."""
        file, _, line = self.place.rpartition(":")
        return (file, int(line)) if line.isdigit() else (self.place, 0)

    def __str__(self) -> str:
        return f"{self.place}: {self.check}: {self.message}"


@dataclass(frozen=True)
class Numbered:
    """A question with its line in ``questions.jsonl``."""

    line: int
    question: Question

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"questions.jsonl:{self.line}"


@dataclass(frozen=True)
class Folder:
    """A data folder, as far as it can be read."""

    sections: dict[str, Section]
    """By id."""
    questions: list[Numbered]

    def evidence(self, question: Question) -> str:
        """Headings and bodies of a question's evidence, in one text."""
        found = [self.sections[id_] for id_ in question.evidence if id_ in self.sections]
        return "\n".join(f"{section.heading}\n{section.body}" for section in found)
