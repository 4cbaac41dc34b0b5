"""
The lines of a sample log of lm-eval, checked: one for each question under each filter of answers.

They may be of any task and from anyone's machine, so nothing in them is taken for granted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from harness.errors import DataError
from harness.metrics.foreign import LOGGED
from harness.reading import read_json_lines
from harness.validation import validated

AGAIN = "score again with lm_eval --log_samples --output_path FOLDER, or copy the log again"
"""What mends a log that is not as lm-eval left it."""


class Sample(BaseModel):
    """What a line says of its question."""

    model_config = ConfigDict(strict=True)

    doc: dict[str, Any]
    """The document: the question with all its task knows of it."""
    doc_id: int | str | None = None
    """Its place in the data."""
    doc_hash: str | None = None
    filter: str = "none"
    """What was made of the answer before it was scored."""
    metrics: list[str] | None = None
    """None in logs of versions that did not say which keys are metrics."""


@dataclass(frozen=True)
class Line:
    """A question under one filter."""

    place: str
    """Path and number, for a message."""
    sample: Sample
    values: dict[str, Any]
    """By metric, as lm-eval logged them."""


Questions = dict[str, dict[str, Line]]
"""By question id, in the order of the log, and then by filter."""


def read_questions(path: Path) -> Questions:
    """The questions of a sample log, at least one, each under every filter the log has.

    They go by their documents' ``id`` where all have one, else by lm-eval's ``doc_id``.

    Raises:
        DataError: the log is empty, cut short, not JSON lines or none of lm-eval's, or a question
            stands twice under one filter.
    """
    lines = list(_lines(path))
    if not lines:
        raise DataError(f"{path}:1: the file is empty, and a log has a line a question; {AGAIN}")
    named = all(isinstance(line.sample.doc.get("id"), str | int) for line in lines)
    questions: Questions = {}
    for line in lines:
        found = line.sample.doc["id"] if named else line.sample.doc_id
        if found is None:
            raise DataError(
                f"{line.place}: neither doc_id nor an id of doc says which question it is; {AGAIN}"
            )
        under = questions.setdefault(str(found), {})
        first = under.setdefault(line.sample.filter, line)
        if first is not line:
            raise DataError(
                f"{line.place}: question {found!r} stands in {first.place} already under the "
                f"filter {line.sample.filter!r}, and a log has it once; {AGAIN}"
            )
    _check_filters(questions)
    return questions


def _lines(path: Path) -> Iterator[Line]:
    try:
        for number, values in read_json_lines(path):
            yield _line(f"{path}:{number}", values)
    except DataError as error:
        raise DataError(f"{error}; {AGAIN}") from error


def _line(place: str, found: dict[str, Any]) -> Line:
    sample = validated(Sample, found, f"{place}: no line of a sample log", DataError)
    metrics = sample.metrics
    if metrics is None:
        metrics = [key for key in found if key not in LOGGED]
    missing = [name for name in metrics if name not in found]
    if missing:
        raise DataError(f"{place}: no line of a sample log: it has no value of {missing[0]!r}")
    return Line(place, sample, {name: found[name] for name in metrics})


def _check_filters(questions: Questions) -> None:
    """lm-eval logs all questions under one filter, then all under the next."""
    filters = dict.fromkeys(name for under in questions.values() for name in under)
    for key, under in questions.items():
        missing = [name for name in filters if name not in under]
        if missing:
            raise DataError(
                f"{next(iter(under.values())).place}: question {key!r} does not stand under the "
                f"filter {missing[0]!r}, and others do; {AGAIN}"
            )
