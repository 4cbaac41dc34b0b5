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
    earlier = list(before.results) if before else []
    columns = [
        Column(
            name,
            result,
            after,
            len(after.results) + earlier.index(name) if name in earlier else None,
        )
        for name, result in after.results.items()
    ]
    if before:
        columns += [
            Column(BEFORE.format(name), one, before) for name, one in before.results.items()
        ]
    return columns


def candidate_of(run: RunRead, columns: Sequence[Column]) -> int:
    """The place of the variant that the verdict names; else of the first that is neither in place
    nor a floor."""
    verdict, baseline = run.comparison.verdict, run.comparison.baseline
    named = verdict.variant if verdict else None
    ours = [column.result.name for column in columns if column.run is run]
    if named in ours and named != baseline:
        return ours.index(named)
    others = (place for place, one in enumerate(columns) if not one.floor and one.name != baseline)
    return next(others, 0)


def beside_of(run: RunRead, columns: Sequence[Column]) -> int:
    """The place of what is in place; of two runs, of the candidate as it was."""
    counterpart = columns[candidate_of(run, columns)].counterpart
    in_place = list(run.results).index(run.comparison.baseline)
    return in_place if counterpart is None else counterpart
