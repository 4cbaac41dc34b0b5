"""The columns of the explorer: the variants of a run, or of two."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.runs import Result
from reports.page.reading import RunRead

BEFORE = "before: {}"
"""How a variant of the earlier of two runs is named."""


@dataclass(frozen=True)
class Column:
    """A variant as the explorer lists it."""

    name: str
    result: Result
    run: RunRead
    counterpart: int | None = None
    """Of two runs, the place of the same variant in the earlier."""

    @property
    def floor(self) -> bool:
        """Whether it has no language model."""
        return bool(self.run.manifest["variants"][self.result.name]["floor"])


def columns_of(after: RunRead, before: RunRead | None) -> list[Column]:
    """A column a variant, those of the earlier run last."""
    if before is None:
        return [Column(name, one, after) for name, one in after.results.items()]
    places = {name: len(after.results) + place for place, name in enumerate(before.results)}
    return [
        *(Column(name, one, after, places.get(name)) for name, one in after.results.items()),
        *(Column(BEFORE.format(name), one, before) for name, one in before.results.items()),
    ]


def candidate_of(run: RunRead, columns: Sequence[Column]) -> int:
    """The place of the variant that is looked at first.

    Of two runs the one whose answers changed most often; of one the variant that the verdict names,
    or where that is in place the best of the others.
    """
    own = [place for place, one in enumerate(columns) if one.run is run]
    candidates = [place for place in own if not columns[place].floor] or own
    if len(own) < len(columns):
        return max(candidates, key=lambda place: _changed(columns, place))
    others = [place for place in candidates if columns[place].name != run.comparison.baseline]
    verdict = run.comparison.verdict
    named = [place for place in others if verdict and columns[place].name == verdict.variant]
    return max(named or others or candidates, key=lambda place: _level(columns[place]))


def beside_of(run: RunRead, columns: Sequence[Column]) -> int:
    """The place of what is in place; of two runs, of the candidate as it was."""
    counterpart = columns[candidate_of(run, columns)].counterpart
    in_place = list(run.results).index(run.comparison.baseline)
    return in_place if counterpart is None else counterpart


def _changed(columns: Sequence[Column], place: int) -> int:
    """How many answers of a variant, or their scores, are others than in the earlier run; -1 of one
    that is new."""
    counterpart = columns[place].counterpart
    if counterpart is None:
        return -1
    was = columns[counterpart].result.outcomes
    now = columns[place].result.outcomes
    both = [(one, was[key]) for key, one in now.items() if key in was]
    return sum(one.text != other.text or one.values != other.values for one, other in both)


def _level(column: Column) -> float:
    """How good a variant is by the deciding metric, where there is one."""
    verdict = column.run.comparison.verdict
    figures = column.run.comparison.variants[column.result.name]
    if verdict is None:
        return 0.0
    found = figures.metrics.get(verdict.by) or figures.rates.get(verdict.by)
    level = found.mean if found else 0.0
    return level if verdict.higher else -level
