"""
What lm-eval's results file says of a task, found from the task's sample log.

``samples_<task>_<time>.jsonl`` belongs to the results file of the same time in its folder, else to
the only one there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.reading import read_json
from harness.text import printable

_LOG = re.compile(r"samples_(?P<task>.+)_(?P<time>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.jsonl")


@dataclass(frozen=True)
class TaskResults:
    """What is known of the task of a log; nothing, where no results file tells."""

    task: str | None = None
    version: str | None = None
    """Of the task: its author raises it when scores can change."""
    model: str | None = None
    lm_eval: str | None = None
    """The version that wrote the log."""
    higher_is_better: Mapping[str, bool] = field(default_factory=dict)
    """By metric, of those it is known of."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """By ``metric,filter``, lm-eval's own; of a results file of the log's time alone."""
    questions: int | None = None
    """How many were scored; of a results file of the log's time alone."""


def results_of(log: Path) -> TaskResults:
    """What the results file that a sample log belongs to says of the log's task.

    Args:
        log: of any name; one that lm-eval did not give is of the only task of the only results
            file beside it.

    Raises:
        DataError: the results file is no JSON object.
    """
    named = _LOG.fullmatch(log.name)
    task, time = (named["task"], named["time"]) if named else (None, None)
    path = _beside(log, time)
    results = read_json(path) if path else {}
    directions = _table(results, "higher_is_better")
    if task is None and len(directions) == 1:
        (task,) = directions
    if path is None or task not in directions:
        return TaskResults(task and printable(task))
    of_this_time = time is not None and time in path.name
    count = _table(_table(results, "n-samples"), task).get("effective")
    return TaskResults(
        task=printable(task),
        version=_shown(_table(results, "versions"), task),
        model=_shown(results, "model_name"),
        lm_eval=_shown(results, "lm_eval_version"),
        higher_is_better={
            metric: higher
            for metric, higher in _table(directions, task).items()
            if isinstance(higher, bool)
        },
        figures=_table(_table(results, "results"), task) if of_this_time else {},
        questions=count if of_this_time and isinstance(count, int) else None,
    )


def _beside(log: Path, time: str | None) -> Path | None:
    """The results file that a log of that time belongs to; None where there is none to tell."""
    # With --output_path NAME.json lm-eval calls it NAME_<time>.json.
    of_time = [f"results_{time}.json", f"*_{time}.json"] if time else []
    for pattern in (*of_time, "results_*.json"):
        found = list(log.parent.glob(pattern))
        if len(found) == 1:
            return found[0]
    return None


def _table(results: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The table of that name; empty where there is none."""
    found = results.get(name)
    return found if isinstance(found, dict) else {}


def _shown(results: Mapping[str, Any], name: str) -> str | None:
    """The text of that name, fit to be shown; None where there is none."""
    found = results.get(name)
    return None if found in (None, "") else printable(found)
