"""Figures → the text of cells, and the table they make: the parts every table shares."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.explained import NO_INTERVAL

Figures = Mapping[str, Mapping[str, Any]]
"""Figures or differences, by metric."""


@dataclass(frozen=True)
class TextTable:
    """A table ready to be shown; a cell may have several lines."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    note: str
    """What a reader of it must know."""
    conclusions: Sequence[str] = ()
    """What follows from it, to stand right below."""


def titles(comparison: Mapping[str, Any], *kinds: str) -> dict[str, str]:
    """The titles of a comparison's metrics of these kinds, by name."""
    return {
        name: what["title"] for name, what in comparison["metrics"].items() if what["kind"] in kinds
    }


def label(name: str) -> str:
    """A variant, with a context of its own on a second line."""
    return name.replace("+", "\n+", 1)


def heads(names: Sequence[str]) -> list[str]:
    """Titles of columns, of several words on several lines."""
    return [name.replace(" ", "\n") for name in names]


def score(figures: Figures, changes: Figures | None, metric: str) -> str:
    """A figure, and below it how it differs from what it is compared with, if from anything."""
    if metric not in figures:
        return "–"
    mean = f"{figures[metric]['mean']:.3f}"
    return "\n".join([mean, *(change(changes[metric]) if changes and metric in changes else ())])


def change(difference: Mapping[str, Any]) -> tuple[str, str]:
    """A difference, and its interval; – where there are too few groups for one."""
    low, high = difference["low"], difference["high"]
    return _signed(difference["delta"]), "–" if low is None else f"[{end(low)}, {end(high)}]"


def lacking(differences: Iterable[Mapping[str, Any]]) -> list[str]:
    """What must be said of differences of which one has no interval."""
    return [NO_INTERVAL] if any(one["low"] is None for one in differences) else []


def end(value: float) -> str:
    """An interval's end, short enough for three metrics side by side on 80 columns."""
    return re.sub(r"^([+-])0\.", r"\1.", _signed(value))


def _signed(value: float) -> str:
    """Three decimals and a sign; what is 0 to three decimals is no negative."""
    return f"{round(value, 3) + 0.0:+.3f}"


def share(figure: Mapping[str, Any] | None) -> str:
    """A share, its interval below it, and of how many questions and groups."""
    if figure is None:
        return "–"
    return f"{interval(figure)}\n{counted(figure)}"


def counted(found: Mapping[str, Any]) -> str:
    """Of how many questions something is, asked how often, and below it in how many groups."""
    again = f" × {found['replicates']}" if found.get("replicates", 1) > 1 else ""
    groups = "group" if found["clusters"] == 1 else "groups"
    return f"n = {found['n']}{again}\nin {found['clusters']} {groups}"


def interval(figure: Mapping[str, Any]) -> str:
    """A share, and its interval below."""
    ends = f"[{figure['low']:.2f}, {figure['high']:.2f}]".replace("0.", ".")
    return f"{figure['mean']:.2f}\n{ends}"
