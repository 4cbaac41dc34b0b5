"""Questions with reference answers: one JSON object a line, checked as they are read."""

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from harness.errors import DataError
from harness.files import fingerprint, hash_file, read_json_lines
from harness.validation import validated
from rag.corpus import Corpus, framework_of
from tasks.policyqa.evidence import Coverage, names_page, names_section

DATA = Path(__file__).parent / "data"
"""The policy set this project ships."""

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


class Question(BaseModel):
    """A question with its reference answer, its evidence sections and its split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    split: Split
    framework: str = ""
    """The document it is about; empty where it may be any, or there are none."""
    kind: str = ""
    question: str = Field(min_length=1)
    answer: str | None = Field(default=None, min_length=1)
    """The reference; None where the source has none: then it can be retrieved for, not scored."""
    answers: list[Annotated[str, StringConstraints(min_length=1)]] = []
    """Further references: it is scored against all, and trained with the first alone."""
    evidence: list[str] = []
    """Ids of the sections that hold the answer; none if no section does, or nobody knows. Until
    they are loaded, the names a line has for them (``tasks.policyqa.evidence``)."""
    citations: list[str] = []
    """Provisions the answer names."""
    answerable: bool = True
    """Whether some section of the corpus answers it."""

    @model_validator(mode="after")
    def _keeps_its_word(self) -> "Question":
        if not self.answerable and self.evidence:
            raise ValueError("answerable is false, yet evidence is named")
        if self.answer is None and self.answers:
            raise ValueError("answers are further references, yet answer is missing")
        return self

    @property
    def reference(self) -> str:
        """The reference answer; ``DataError`` if there is none."""
        if self.answer is None:
            raise DataError(f"question {self.id} has no reference answer")
        return self.answer

    @property
    def references(self) -> list[str]:
        """All its reference answers, the first first; none if there is none."""
        return [] if self.answer is None else [self.answer, *self.answers]

    @property
    def evidence_frameworks(self) -> set[str]:
        """The frameworks it has evidence in."""
        return {framework_of(section) for section in self.evidence}


def load_questions(data: Path, section_ids: Iterable[str]) -> list[Question]:
    """All questions of a data folder, in file order, with the sections their evidence covers.

    Args:
        data: the folder, with ``questions.jsonl`` in it.
        section_ids: the sections its corpus has; evidence must be among them, or be a page or
            document of theirs. None are of a set without documents.

    Raises:
        DataError: a line breaks the schema, repeats an id, names evidence that is not there, or
            shares an evidence section with another split.
    """
    path = data / "questions.jsonl"
    numbered = [
        (line, validated(Question, value, f"{path}:{line}", DataError))
        for line, value in read_json_lines(path)
    ]
    known = list(section_ids)
    by_page = known and any(names_page(name) for _, q in numbered for name in q.evidence)
    coverage = Coverage(known, {one.id: one.pages for one in Corpus(data)} if by_page else None)
    for line, _, message in breaches(numbered, coverage):
        raise DataError(f"{path}:{line}: {message}")
    if not numbered:
        raise DataError(f"{path} holds no question")
    return [located(question, coverage) for _, question in numbered]


def located(question: Question, coverage: Coverage) -> Question:
    """A question with the sections that its evidence covers, and the framework they are of.

    Without documents it stays as it is.
    """
    evidence = coverage.expanded(question.evidence)
    framework = question.framework
    if coverage.sections and evidence and not framework:
        framework = framework_of(evidence[0])
    return question.model_copy(update={"evidence": evidence, "framework": framework})


def breaches(
    numbered: Iterable[tuple[int, Question]], coverage: Coverage
) -> Iterator[tuple[int, str, str]]:
    """Where questions break the contract between them: line, rule and what was found.

    The rules are ``schema`` (an id stands twice), ``evidence`` (nothing of that name) and ``split``
    (a section is evidence in two splits; of a document or page, nobody can tell).
    """
    frameworks = {framework_of(section) for section in coverage.sections} | {""}
    ids: set[str] = set()
    owner: dict[str, Question] = {}
    for line, question in numbered:
        if question.id in ids:
            yield line, "schema", f"the id {question.id} stands here again"
        ids.add(question.id)
        found = located(question, coverage)
        there = all(coverage.of(name) for name in question.evidence)
        named = found.framework in (found.evidence_frameworks or frameworks)
        if coverage.sections and there and not named:
            yield line, "schema", f"framework {question.framework!r} is not that of its evidence"
        for name in question.evidence:
            if not coverage.of(name):
                yield line, "evidence", coverage.missing(name)
            first = owner.setdefault(name, question)
            if names_section(name) and first.split != question.split:
                yield (
                    line,
                    "split",
                    f"{name} is evidence in {question.split} here and in "
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
