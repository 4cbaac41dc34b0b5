"""How well a retriever finds evidence: as values, and as ``policyqa index score`` prints it."""

from collections.abc import Mapping
from dataclasses import replace

from rich.console import Console

from harness.metrics.retrieval import retrieval_metrics
from harness.text import printable
from reports.cells import TextTable, change, counted, lacking, share_cell
from reports.reported import Differences, Figures, Reported
from reports.terminal import show_tables

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
    shown = [_figures(scored)]
    signature = scored.signature
    if scored.against:
        shown.append(_differences(scored.against))
        signature += f"\nthe other: {printable(scored.against.signature)}"
    shown[-1] = replace(shown[-1], conclusions=_conclusions(scored))
    show_tables(shown, signature, console)


def _figures(scored: RetrievalScores) -> TextTable:
    """One row for all questions and one for each kind: means over their 95% intervals."""
    names = retrieval_metrics(scored.k)
    rows = [
        [
            printable(kind),
            *(share_cell(found[name], digits=3) for name in names),
            counted(found[names[0]].n, found[names[0]].clusters),
        ]
        for kind, found in [("all", scored.metrics), *scored.kinds.items()]
    ]
    title = f"Evidence found for the questions of split {scored.split}"
    return TextTable(title, ["kind", *names, ""], rows)


def _differences(against: Against) -> TextTable:
    """One row a metric: the mean difference with its paired 95% interval."""
    rows = [
        [name, *change(one), f"{one.n:,}", f"{one.clusters:,}"]
        for name, one in against.metrics.items()
    ]
    title = "This retriever minus the other, on the questions both scored"
    return TextTable(title, ["metric", "difference", "interval", "n", "groups"], rows)


def _conclusions(scored: RetrievalScores) -> list[str]:
    """What has no interval, what was not scored, and the first questions that found none of their
    evidence."""
    changes = scored.against.metrics if scored.against else {}
    found = [one for each in (scored.metrics, *scored.kinds.values()) for one in each.values()]
    lines = lacking([*found, *changes.values()])
    if scored.unscored:
        lines.append(f"{scored.unscored:,} questions without evidence are not scored")
    misses = scored.misses
    lines.append(
        f"{len(misses):,} of {scored.n:,} questions miss: "
        f"none of their evidence is among the first {scored.k} sections"
    )
    for miss in misses[:_SHOWN]:
        question, first = printable(miss.question), miss.found[0] if miss.found else "nothing"
        short = question if len(question) <= _SHORT else f"{question[: _SHORT - 1]}…"
        lines.append(f"  {printable(miss.id)}  {short}")
        lines.append(f"      evidence: {', '.join(miss.evidence)}; found first: {first}")
    if len(misses) > _SHOWN:
        lines.append(f"  … and {len(misses) - _SHOWN:,} more: --json has all")
    return lines
