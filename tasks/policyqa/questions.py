"""Questions with reference answers: one JSON object a line, checked as they are read."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from harness.errors import DataError
from harness.files import fingerprint, hash_file
from harness.metrics.fact import Fact
from harness.reading import json_object, numbered_lines
from harness.validation import validated
from rag.corpus import Corpus, framework_of, sound
from tasks.policyqa.evidence import Coverage, names_page, names_section

DATA = Path(__file__).parent / "data"
"""The policy set this project ships."""

DRAFTS = "drafts.jsonl"
"""Beside the questions of a data folder: what nobody has accepted yet (``tasks.drafting``)."""

_HALF = re.compile(r"\\ud[89a-f][0-9a-f]{2}")
"""A lone surrogate, as ``repr`` shows it: JSON can say it, UTF-8 cannot."""

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
UNANSWERED = "The documents do not answer this question."
"""The reference of a question that no section answers, where the data has none of its own."""
WITHOUT_ANSWER = (
    "such a question can be retrieved for (policyqa index score), and is neither scored nor "
    "trained on. Give it an answer, or answerable=false where the documents hold none"
)
"""The one rule, wherever such a question is met, with what mends it."""


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
    """The reference; None where the source has none: then it can be retrieved for, not scored. Of
    one that no section answers it is ``UNANSWERED``, unless the data has another."""
    answers: list[Annotated[str, StringConstraints(min_length=1)]] = []
    """Further references: it is scored against all, and trained with the first alone."""
    evidence: list[str] = []
    """Ids of the sections that hold the answer; none if no section does, or nobody knows. Until
    they are loaded, the names a line has for them (``tasks.policyqa.evidence``)."""
    citations: list[str] = []
    """Provisions the answer names."""
    facts: list[Fact] = []
    """What a right answer has, one by one; where there are none, rules draw them from the
    references (``harness.metrics.facts``)."""
    answerable: bool = True
    """Whether some section of the corpus answers it."""

    @model_validator(mode="before")
    @classmethod
    def _answers_by_saying_so(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if found := _HALF.search(repr(value)):
            raise ValueError(f"{found[0]} is half a character, which no file can hold")
        if value.get("answerable") is not False:
            return value
        own = value.get("answer") is not None or value.get("answers")
        return value if own else value | {"answer": UNANSWERED}

    @model_validator(mode="after")
    def _keeps_its_word(self) -> "Question":
        if not self.answerable and self.evidence:
            raise ValueError("answerable is false, yet evidence is named")
        if not self.answerable and self.facts:
            raise ValueError("answerable is false, yet facts of an answer are given")
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

    Evidence must be among ``section_ids``, those of its corpus, or be a page or document of theirs;
    a set without documents has none.

    Raises:
        DataError: a line breaks the schema, repeats an id, names evidence that is not there, or
            shares an evidence section with another split.
    """
    path = data / "questions.jsonl"
    numbered = numbered_questions(data)
    known = list(section_ids)
    by_page = known and any(names_page(name) for _, q in numbered for name in q.evidence)
    coverage = Coverage(known, {one.id: one.pages for one in Corpus(data)} if by_page else None)
    for line, _, message in breaches(numbered, coverage):
        raise DataError(f"{path}:{line}: {message}")
    return [located(question, coverage) for _, question in numbered]


def numbered_questions(data: Path) -> list[tuple[int, Question]]:
    """All questions of a data folder, each with its line, with evidence as the line names it.

    Raises:
        DataError: the file cannot be read or holds no question, or a line breaks the schema.
    """
    return list(sound(scan_questions(data)))


def scan_questions(data: Path) -> Iterator[tuple[int, Question] | DataError]:
    """As ``numbered_questions``, but with every error in its place."""
    path = data / "questions.jsonl"
    try:
        lines = list(numbered_lines(path))
    except DataError as error:
        yield error
        return
    if not lines:
        drafted = (data / DRAFTS).exists()
        waits = f"; none of its drafts is accepted: policyqa data review {quote(str(data))}"
        yield DataError(f"{path} holds no question{waits if drafted else ''}")
    for line, text in lines:
        place = f"{path}:{line}"
        try:
            yield line, validated(Question, json_object(text, place), place, DataError)
        except DataError as error:
            yield error


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
    """Those of some questions that have a reference answer: the ones to score, or to train on.

    Raises:
        DataError: none has.
    """
    found = [question for question in questions if question.answer is not None]
    if not found:
        of = f" of split {questions[0].split} (the first is {questions[0].id})" if questions else ""
        raise DataError(
            f"none of the {len(questions)} questions{of} has a reference answer: {WITHOUT_ANSWER}"
        )
    return found


def left_out(questions: Sequence[Question], *splits: str) -> list[str]:
    """A line on each of these splits that has questions without a reference answer."""
    lines = []
    for split in dict.fromkeys(splits):
        among = [question for question in questions if question.split == split]
        without = [question.id for question in among if question.answer is None]
        if without:
            lines.append(
                f"{len(without)} of {len(among)} {split} questions have no reference answer (the "
                f"first is {without[0]}) and are left out: {WITHOUT_ANSWER}"
            )
    return lines


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
