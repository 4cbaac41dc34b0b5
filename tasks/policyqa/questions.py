"""Questions with reference answers: one JSON object a line, checked as they are read."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from harness.errors import DataError
from harness.files import fingerprint, hash_file, read_json_lines
from harness.validation import validated

DATA = Path(__file__).parent / "data"
"""The policy set this project ships."""

Split = Literal["train", "validation", "test"]


class Question(BaseModel):
    """A question with its reference answer, its evidence sections and its split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    split: Split
    framework: str
    kind: str
    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    evidence: list[str]
    """Ids of the sections that hold the answer."""
    citations: list[str]
    """Provisions the answer names."""
    answerable: bool = True

    @property
    def cluster(self) -> str:
        """The group of questions that are not independent of this one: those of its section."""
        return self.evidence[0] if self.evidence else self.id


def load_questions(data: Path, section_ids: Iterable[str]) -> list[Question]:
    """All questions of a data folder, in file order.

    Args:
        data: the folder, with ``questions.jsonl`` in it.
        section_ids: the sections its corpus has; evidence must be among them.

    Raises:
        DataError: a line breaks the schema, repeats an id, names a section that is not there,
            or shares an evidence section with another split.
    """
    path = data / "questions.jsonl"
    known = set(section_ids)
    questions: dict[str, Question] = {}
    owner: dict[str, Question] = {}
    for line, value in read_json_lines(path):
        question = validated(Question, value, f"{path}:{line}", DataError)
        if question.id in questions:
            raise DataError(f"{path}:{line}: the id {question.id} stands here again")
        for section in question.evidence:
            if section not in known:
                raise DataError(f"{path}:{line}: evidence {section!r} is no section of the corpus")
            first = owner.setdefault(section, question)
            if first.split != question.split:
                raise DataError(
                    f"{path}:{line}: {section} is evidence in {question.split} here and in "
                    f"{first.split} for {first.id}; a section belongs to one split"
                )
        questions[question.id] = question
    if not questions:
        raise DataError(f"{path} holds no question")
    return list(questions.values())


def in_split(questions: Sequence[Question], split: str) -> list[Question]:
    """The questions of one split, in order.

    Raises:
        DataError: there is no such split, or it is empty.
    """
    chosen = [question for question in questions if question.split == split]
    if not chosen:
        found = sorted({question.split for question in questions})
        raise DataError(
            f"no question is in split {split!r}; splits are {', '.join(get_args(Split))} "
            f"and this data has {', '.join(found)}"
        )
    return chosen


def data_identity(data: Path) -> str:
    """SHA-256 of the corpus and questions of a data folder."""
    files = [*(data / "corpus").glob("*.md"), data / "questions.jsonl"]
    return fingerprint({path.relative_to(data).as_posix(): hash_file(path) for path in files})
