"""
Marks: what a metric points at in an answer, in a reference or in the context, for whoever shows
them.

A mark explains a value and is none: it is not kept, and no figure is made of it. It is asked for
anew whenever a sample log is written, and read back from there without the metric.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol, get_args

from harness.errors import ConfigError
from harness.metrics.metric import Metric, Row, named_in_errors
from harness.text import whole

MarkedText = Literal["answer", "context", "reference"]
"""What a mark may be of."""


@dataclass(frozen=True)
class Mark:
    """A span of a text of a row; or, without one (``start`` and ``end`` are 0), only a note."""

    of: MarkedText
    start: int
    """In characters from 0, into the text as the row has it."""
    end: int
    """Behind the last one."""
    kind: str
    """What it is, in a word or two: ``abstention``, ``fact found``, ``fact missed``."""
    reference: int = 0
    """Of a mark of a reference: which one, from 0."""
    note: str = ""
    """More of it, for people."""


@dataclass(frozen=True)
class LoggedMark:
    """A mark as a sample log has it."""

    metric: str
    """The name of the one that made it."""
    mark: Mark


class MarkingMetric(Metric, Protocol):
    """A metric that points at what its values come from; no metric needs to."""

    def marks(self, row: Row) -> Sequence[Mark]:
        """What it points at in one row.

        Called of every row whenever a log is written, even where all values are kept: it must be
        cheap, and ask no model.
        """


def marks_of(metric: Metric, row: Row) -> tuple[Mark, ...]:
    """What a metric points at in a row; nothing where it has no ``marks``.

    Raises:
        ConfigError: its ``marks`` fails, or gives what is no mark of a text of the row.
    """
    with named_in_errors(metric.name):
        marking = getattr(metric, "marks", None)
        found = tuple(marking(row)) if marking else ()
        for mark in found:
            flaw = next(_flaws(mark, row), None)
            if flaw:
                shown = " ".join(repr(mark).split())[:150]
                raise ConfigError(f"metric {metric.name} gave a mark that {flaw}: {shown}")
    return found


def marks_as_json(metrics: Sequence[Metric], row: Row) -> list[dict[str, Any]]:
    """What metrics point at in a row, as a line of a sample log has it.

    Raises:
        ConfigError: as ``marks_of``.
    """
    return [
        {"metric": metric.name}
        | asdict(mark)
        | {"kind": whole(mark.kind), "note": whole(mark.note)}
        for metric in metrics
        for mark in marks_of(metric, row)
    ]


def logged_marks(found: Sequence[Mapping[str, Any]], row: Row) -> tuple[LoggedMark, ...]:
    """The marks of a line of a sample log, of which ``row`` has the texts.

    Raises:
        TypeError, KeyError, ValueError: an entry is no mark of a text of the row.
    """
    read = []
    for entry in found:
        fields = dict(entry)
        metric, mark = str(fields.pop("metric")), Mark(**fields)
        for flaw in _flaws(mark, row):
            raise ValueError(f"a mark of {metric} {flaw}")
        read.append(LoggedMark(metric, mark))
    return tuple(read)


def _flaws(mark: Any, row: Row) -> Iterator[str]:
    """What is wrong with a mark, which a user's code or a damaged log may have given."""
    if not isinstance(mark, Mark):
        yield "is none: use harness.metrics.Mark"
        return
    if mark.of not in get_args(MarkedText):
        yield f"is of {mark.of!r}; it must be of one of {', '.join(get_args(MarkedText))}"
    if not (isinstance(mark.kind, str) and mark.kind.strip() and isinstance(mark.note, str)):
        yield "needs text as its kind, and as its note if it has one"
    if any(type(one) is not int for one in (mark.start, mark.end, mark.reference)):
        yield "must have integers as start, end and reference"
    texts = _texts(mark, row)
    if not 0 <= mark.reference < len(texts):
        yield f"is of reference {mark.reference}, and there are {len(texts)} from 0"
    elif not 0 <= mark.start <= mark.end <= len(texts[mark.reference]):
        yield f"reaches outside its text of {len(texts[mark.reference])} characters"
    elif mark.start == mark.end and (mark.start or not mark.note.strip()):
        yield "has no span; such a mark has 0 as start and end, and a note"


def _texts(mark: Mark, row: Row) -> Sequence[str]:
    """The texts of which ``mark.reference`` names one."""
    if mark.of == "reference":
        return row.references
    return (row.answer if mark.of == "answer" else row.context or "",)
