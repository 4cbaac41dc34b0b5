"""
A user's CSV of preferences → judgements.

A line is one rater's judgement of a pair. Columns: ``question`` (an id, or the text), ``a`` and
``b`` (two answers; of a run two of its variants), ``preferred`` (``a``, ``b`` or ``tie``); if there
are any ``rater``, ``reference`` (a right answer: all that the lines of a question name count),
``context`` (what was shown of the documents) and ``note``, which is for people. Lines with the same
question and the same two answers, in either order, are judgements of one pair.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import DataError
from harness.files import hash_file
from harness.inert import from_spreadsheet
from harness.metrics import Row
from harness.reading import read_text
from reports.judged import JudgedPair, Judgements
from reports.run_answers import GROUPED_BY_RUN, RunAnswers

NEEDED = ("question", "a", "b", "preferred")
COLUMNS_OF_PREFERENCES = (*NEEDED, "rater", "reference", "context", "note")
_VOTES = {"a": 1, "b": -1, "tie": 0}


@dataclass(frozen=True)
class _Line:
    place: str
    question: str
    a: str
    b: str
    vote: int
    rater: str
    reference: str
    context: str


def read_preferences(path: Path, run: Path | None = None) -> Judgements:
    """The preferences in a file.

    Args:
        path: a CSV file, with commas, semicolons or tabs.
        run: a finished run, of which ``a`` and ``b`` name variants; None where they are answers.

    Raises:
        DataError: the file is no such table, a line is wrong, or names what the run has not.
        RunError: there is no such run, or a variant is unfinished.
    """
    lines = list(_lines(path))
    identity = f"{path.name}@{hash_file(path)[:8]}"
    if run is None:
        _check_are_answers(lines)
        return Judgements(path.name, identity, "the question", _written(lines))
    answers = RunAnswers(run)
    lines = [_named(line, answers) for line in lines]
    groups = answers.groups([line.question for line in lines])
    pairs = [
        JudgedPair(
            first=answers.row(those[0].place, those[0].question, those[0].a),
            second=answers.row(those[0].place, those[0].question, those[0].b),
            votes=tuple(line.vote for line in those),
            group=groups[those[0].question],
        )
        for those in _of_pairs(lines)
    ]
    return Judgements(
        source=f"{path.name}, of {run}",
        identity=f"{identity} of {answers}",
        grouped_by=GROUPED_BY_RUN,
        pairs=pairs,
        scored_with=answers.scored_with,
    )


def _written(lines: Sequence[_Line]) -> list[JudgedPair]:
    """Pairs of answers that stand in the file."""
    references: dict[str, dict[str, None]] = {}
    for line in lines:
        references.setdefault(line.question, {}).update({line.reference: None})
    pairs = []
    for those in _of_pairs(lines):
        first, context = those[0], next((one.context for one in those if one.context), None)
        right = tuple(one for one in references[first.question] if one)
        rows = [
            Row(first.question, answer, right, context=context, context_ids=None)
            for answer in (first.a, first.b)
        ]
        votes = tuple(line.vote for line in those)
        pairs.append(JudgedPair(rows[0], rows[1], votes, first.question))
    return pairs


def _named(line: _Line, answers: RunAnswers) -> _Line:
    """A judgement of a run's variants, its question by id."""
    for name in ("reference", "context"):
        if getattr(line, name):
            raise DataError(
                f"{line.place}: of a run's variants the run knows the {name}; leave it out, or "
                "write the answers into a and b and leave out --run"
            )
    return replace(line, question=answers.question_id(line.place, line.question))


def _check_are_answers(lines: Sequence[_Line]) -> None:
    """Names of variants, taken for answers, would be scored as such without a word."""
    texts = [text for line in lines for text in (line.a, line.b)]
    if all("/" in text and len(text.split()) == 1 for text in texts):
        raise DataError(
            f"{lines[0].place}: a and b are {texts[0]!r:.40} and {texts[1]!r:.40}, which look like "
            "variants of a run; name it: --run RUN"
        )


def _lines(path: Path) -> Iterator[_Line]:
    """The judgements of a file, at least one."""
    try:
        text = read_text(path)
    except DataError as error:
        raise DataError(f"{error}; save it as CSV in UTF-8") from error
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        _check_columns(columns, f"{path}:1")
        rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: no CSV: {error}") from error
    if not rows:
        raise DataError(f"{path}:1: no judgement; a line has {', '.join(NEEDED)}")
    for number, row in rows:
        yield _line(f"{path}:{number}", columns, row)


def _check_columns(columns: Sequence[str], place: str) -> None:
    missing = [name for name in NEEDED if name not in columns]
    unknown = [name for name in columns if name not in COLUMNS_OF_PREFERENCES]
    if missing or unknown or len(set(columns)) < len(columns):
        raise DataError(
            f"{place}: the columns are {', '.join(COLUMNS_OF_PREFERENCES)}, each once, of which "
            f"the first {len(NEEDED)} must be there; found {', '.join(columns) or 'none'}"
        )


def _line(place: str, columns: Sequence[str], row: Sequence[str]) -> _Line:
    if len(row) != len(columns):
        raise DataError(
            f"{place}: {len(row)} fields, and the header has {len(columns)}; put texts with "
            "delimiters in quotes"
        )
    cell = dict.fromkeys(COLUMNS_OF_PREFERENCES, "")
    cell |= {
        name: from_spreadsheet(value.strip()) for name, value in zip(columns, row, strict=True)
    }
    vote = _VOTES.get(cell["preferred"].lower())
    if vote is None:
        said = f"preferred is {cell['preferred']!r:.40}; it must be one of {', '.join(_VOTES)}"
        raise DataError(f"{place}: {said}")
    question = " ".join(cell["question"].split())
    if not question:
        raise DataError(f"{place}: no question; name its id, or its text")
    of_answer = (cell[name] for name in ("rater", "reference", "context"))
    return _Line(place, question, cell["a"], cell["b"], vote, *of_answer)


def _of_pairs(lines: Sequence[_Line]) -> list[list[_Line]]:
    """The judgements of each pair, all with its answers in the order of the first.

    Raises:
        DataError: a rater judged a pair twice.
    """
    pairs: dict[tuple[str, ...], list[_Line]] = {}
    for line in lines:
        those = pairs.setdefault((line.question, *sorted([line.a, line.b])), [])
        if those and those[0].a != line.a:
            line = replace(line, a=line.b, b=line.a, vote=-line.vote)
        before = next((one for one in those if line.rater and one.rater == line.rater), None)
        if before:
            raise DataError(
                f"{line.place}: {line.rater!r:.40} judged this pair in {before.place} already; "
                "leave one of the two"
            )
        those.append(line)
    return list(pairs.values())
