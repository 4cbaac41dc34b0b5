"""Questions with reference answers: one JSON object a line, checked as they are read."""

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.errors import DataError
from harness.files import fingerprint, hash_file, read_json_lines
from harness.validation import validated
from rag.corpus import framework_of

DATA = Path(__file__).parent / "data"
"""The policy set this project ships."""

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


class Question(BaseModel):
    """A question with its reference answer, its evidence sections and its split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    split: Split
    framework: str
    kind: str
    question: str = Field(min_length=1)
    answer: str | None = Field(default=None, min_length=1)
    """The reference; None where the source has none: then it can be retrieved for, not scored."""
    evidence: list[str]
    """Ids of the sections that hold the answer; none if no section does."""
    citations: list[str]
    """Provisions the answer names."""
    answerable: bool = True
    """Whether some section of the corpus answers it."""

    @model_validator(mode="after")
    def _only_the_answerable_has_evidence(self) -> "Question":
        if not self.answerable and self.evidence:
            raise ValueError("answerable is false, yet evidence is named")
        return self

    @property
    def reference(self) -> str:
        """The reference answer; ``DataError`` if there is none."""
        if self.answer is None:
            raise DataError(f"question {self.id} has no reference answer")
        return self.answer

    @property
    def evidence_frameworks(self) -> set[str]:
        """The frameworks it has evidence in."""
        return {framework_of(section) for section in self.evidence}


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
    numbered = [
        (line, validated(Question, value, f"{path}:{line}", DataError))
        for line, value in read_json_lines(path)
    ]
    for line, _, message in breaches(numbered, section_ids):
        raise DataError(f"{path}:{line}: {message}")
    if not numbered:
        raise DataError(f"{path} holds no question")
    return [question for _, question in numbered]


def breaches(
    numbered: Iterable[tuple[int, Question]], section_ids: Iterable[str]
) -> Iterator[tuple[int, str, str]]:
    """Where questions break the contract between them: line, rule and what was found.

    The rules are ``schema`` (an id stands twice), ``evidence`` (no such section) and ``split``
    (a section is evidence in two splits).
    """
    known = set(section_ids)
    frameworks = {framework_of(section) for section in known} | {""}
    ids: set[str] = set()
    owner: dict[str, Question] = {}
    for line, question in numbered:
        if question.id in ids:
            yield line, "schema", f"the id {question.id} stands here again"
        ids.add(question.id)
        if question.framework not in (question.evidence_frameworks or frameworks):
            yield line, "schema", f"framework {question.framework!r} is not that of its evidence"
        for section in question.evidence:
            if section not in known:
                yield line, "evidence", f"evidence {section!r} is no section of the corpus"
            first = owner.setdefault(section, question)
            if first.split != question.split:
                yield (
                    line,
                    "split",
                    f"{section} is evidence in {question.split} here and in "
                    f"{first.split} for {first.id}; a section belongs to one split",
                )


def in_split(questions: Sequence[Question], split: str) -> list[Question]:
    """The questions of one split, in order.

    Raises:
        DataError: there is no such split, or it is empty.
    """
    chosen = [question for question in questions if question.split == split]
    if not chosen:
        found = sorted({question.split for question in questions})
        raise DataError(
            f"no question is in split {split!r}; splits are {', '.join(SPLITS)} "
            f"and this data has {', '.join(found)}"
        )
    return chosen


def with_reference(questions: Sequence[Question]) -> list[Question]:
    """The same questions, once it is sure that each has a reference answer.

    Raises:
        DataError: one has none.
    """
    without = [question.id for question in questions if question.answer is None]
    if without:
        raise DataError(
            f"{len(without)} of {len(questions)} questions have no reference answer (the first is "
            f"{without[0]}): they can be retrieved for, as policyqa index search does, but neither "
            "scored for similarity nor trained on. Add their answers to questions.jsonl, or leave "
            "them out of it"
        )
    return list(questions)


def draw(count: int, limit: int | None, seed: int) -> list[int]:
    """``limit`` of ``count`` indices, drawn by seed, in ascending order; None takes all.

    What a smaller limit draws, a larger one draws too.
    """
    order = random.Random(seed).sample(range(count), count)  # noqa: S311
    return sorted(order[:limit])


def data_identity(data: Path) -> str:
    """SHA-256 of the corpus and questions of a data folder."""
    files = [*(data / "corpus").glob("*.md"), data / "questions.jsonl"]
    return fingerprint({path.relative_to(data).as_posix(): hash_file(path) for path in files})
