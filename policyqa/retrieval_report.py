"""What ``policyqa index score`` prints."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.metrics.retrieval import retrieval_metrics
from rag.corpus import one_line
from reports.cells import lacking

SHOWN = 10
"""Misses that are printed; ``--json`` has all."""
SHORT = 60
"""Characters of a question that are printed."""


def show_scores(scored: dict[str, Any], console: Console) -> None:
    """Print the figures, the comparison if there is one, the first misses and the signature."""
    console.print(_figures(scored))
    if "against" in scored:
        console.print(_differences(scored["against"]))
    for line in _lines(scored):
        console.print(Text(line), soft_wrap=True)


def _figures(scored: dict[str, Any]) -> Table:
    """One row for all questions and one for each kind: means over their 95% intervals."""
    names = retrieval_metrics(scored["k"])
    title = f"Evidence found for the questions of split {scored['split']}"
    table = _table(title, "kind", *names, "n\nin groups")
    for kind, figures in [("all", scored["metrics"]), *scored["kinds"].items()]:
        cells = [f"{figures[name]['mean']:.3f}\n{_interval(figures[name])}" for name in names]
        first = figures[names[0]]
        counted = f"{first['n']:,}\nin {first['clusters']:,}"
        table.add_row(*map(Text, (one_line(kind), *cells, counted)))
    return table


def _differences(against: dict[str, Any]) -> Table:
    """One row a metric: the mean difference with its paired 95% interval."""
    title = "This retriever minus the other, on the questions both scored"
    table = _table(title, "metric", "difference", "interval", "n", "groups")
    for name, change in against["metrics"].items():
        delta, interval = f"{change['delta']:+.3f}", _interval(change, "+")
        cells = (name, delta, interval, f"{change['n']:,}", f"{change['clusters']:,}")
        table.add_row(*map(Text, cells))
    return table


def _lines(scored: dict[str, Any]) -> list[str]:
    """What was not scored, what was missed, and the signatures."""
    lines = _misses(scored)
    against = scored["against"]["metrics"] if "against" in scored else {}
    shown = [scored["metrics"], *scored["kinds"].values(), against]
    lines = [*lacking(one for figures in shown for one in figures.values()), *lines]
    if scored["unscored"]:
        lines.insert(0, f"{scored['unscored']:,} questions without evidence are not scored")
    lines.append(f"signature: {scored['signature']}")
    if "against" in scored:
        lines.append(f"the other: {one_line(scored['against']['signature'])}")
    return lines


def _misses(scored: dict[str, Any]) -> list[str]:
    """How many questions found none of their evidence, and the first of them."""
    misses = scored["misses"]
    lines = [
        f"{len(misses):,} of {scored['n']:,} questions miss: "
        f"none of their evidence is among the first {scored['k']} sections"
    ]
    for miss in misses[:SHOWN]:
        first = miss["found"][0] if miss["found"] else "nothing"
        lines.append(f"  {one_line(miss['id'])}  {_short(one_line(miss['question']))}")
        lines.append(f"      evidence: {', '.join(miss['evidence'])}; found first: {first}")
    if len(misses) > SHOWN:
        lines.append(f"  … and {len(misses) - SHOWN:,} more: --json has all")
    return lines


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(
        title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _interval(figure: dict[str, Any], sign: str = "") -> str:
    """Short enough for four metrics side by side on 80 columns; – of too few documents."""
    if figure["low"] is None:
        return "–"
    ends = (f"{figure[end]:{sign}.3f}".replace("0.", ".", 1) for end in ("low", "high"))
    return f"[{', '.join(ends)}]"
