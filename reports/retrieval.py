"""How well a retriever finds evidence: as values, and as ``policyqa index score`` prints it."""

from collections.abc import Mapping
from itertools import chain

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.metrics.retrieval import retrieval_metrics
from harness.statistics import Difference, Figure
from harness.text import printable
from reports.cells import lacking
from reports.reported import Differences, Figures, Reported

_SHOWN = 10
"""Misses that are printed; ``--json`` has all."""
_SHORT = 60
"""Characters of a question that are printed."""


class QuestionScores(Reported, extra="allow"):
    """What a question scores, by metric."""

    cluster: str
    """The group it is in."""
    fingerprint: str
    """Of what is asked and what answers it."""
    __pydantic_extra__: dict[str, float]

    @property
    def scores(self) -> dict[str, float]:
        """By metric."""
        return self.__pydantic_extra__


class Miss(Reported):
    """A question none of whose evidence was found."""

    id: str
    question: str
    evidence: list[str]
    found: list[str]
    """Instead, best first."""


class Against(Reported):
    """By how much another retriever is worse, on the questions both scored."""

    signature: str
    """The other's."""
    metrics: Differences


class Earlier(Reported):
    """What is read of another retriever's."""

    k: int
    """Sections found for a question."""
    questions: Mapping[str, QuestionScores]
    """By id."""
    signature: str


class RetrievalScores(Earlier):
    """How well a retriever finds the evidence of a split's questions."""

    split: str
    n: int
    unscored: int
    """Questions without evidence."""
    metrics: Figures
    kinds: Mapping[str, Figures]
    misses: list[Miss]
    against: Against | None = None


def show_retrieval(scored: RetrievalScores, console: Console) -> None:
    """Print the figures, the comparison if there is one, the first misses and the signature."""
    console.print(_figures(scored))
    if scored.against:
        console.print(_differences(scored.against))
    changes = scored.against.metrics.values() if scored.against else ()
    of_kinds = (one for figures in scored.kinds.values() for one in figures.values())
    for line in lacking(chain(scored.metrics.values(), of_kinds, changes)):
        console.print(Text(line))
    for line in _lines(scored):
        console.print(Text(line), soft_wrap=True)


def _figures(scored: RetrievalScores) -> Table:
    """One row for all questions and one for each kind: means over their 95% intervals."""
    names = retrieval_metrics(scored.k)
    title = f"Evidence found for the questions of split {scored.split}"
    table = _table(title, "kind", *names, "n\nin groups")
    for kind, figures in [("all", scored.metrics), *scored.kinds.items()]:
        cells = [f"{figures[name].mean:.3f}\n{_ends(figures[name])}" for name in names]
        first = figures[names[0]]
        counted = f"{first.n:,}\nin {first.clusters:,}"
        table.add_row(*map(Text, (printable(kind), *cells, counted)))
    return table


def _differences(against: Against) -> Table:
    """One row a metric: the mean difference with its paired 95% interval."""
    title = "This retriever minus the other, on the questions both scored"
    table = _table(title, "metric", "difference", "interval", "n", "groups")
    for name, one in against.metrics.items():
        cells = (name, f"{one.delta:+.3f}", _ends(one, "+"), f"{one.n:,}", f"{one.clusters:,}")
        table.add_row(*map(Text, cells))
    return table


def _lines(scored: RetrievalScores) -> list[str]:
    """What was not scored, what was missed, and the signatures."""
    unscored = f"{scored.unscored:,} questions without evidence are not scored"
    other = [f"the other: {printable(scored.against.signature)}"] if scored.against else []
    return [
        *([unscored] if scored.unscored else []),
        *_misses(scored),
        f"signature: {scored.signature}",
        *other,
    ]


def _misses(scored: RetrievalScores) -> list[str]:
    """How many questions found none of their evidence, and the first of them."""
    misses = scored.misses
    lines = [
        f"{len(misses):,} of {scored.n:,} questions miss: "
        f"none of their evidence is among the first {scored.k} sections"
    ]
    for miss in misses[:_SHOWN]:
        question, first = printable(miss.question), miss.found[0] if miss.found else "nothing"
        short = question if len(question) <= _SHORT else f"{question[: _SHORT - 1]}…"
        lines.append(f"  {printable(miss.id)}  {short}")
        lines.append(f"      evidence: {', '.join(miss.evidence)}; found first: {first}")
    if len(misses) > _SHOWN:
        lines.append(f"  … and {len(misses) - _SHOWN:,} more: --json has all")
    return lines


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(
        title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _ends(found: Figure | Difference, sign: str = "") -> str:
    """Short enough for four metrics side by side on 80 columns; – of too few documents."""
    if found.low is None:
        return "–"
    ends = (f"{one:{sign}.3f}".replace("0.", ".", 1) for one in (found.low, found.high))
    return f"[{', '.join(ends)}]"
