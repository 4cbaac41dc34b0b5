"""What each variant costs, and how good it is: the points of a picture."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.statistics import Figure
from reports.comparison import Comparison, VariantFigures
from reports.pictures.drawing import ACCENT, INK, MOST_ROWS, MUTED, shortened
from reports.pictures.forest import mark_of
from reports.pictures.intervals import PointMark


@dataclass(frozen=True)
class CostPoint:
    """A variant by quality and cost."""

    number: int
    """In the key; the best is 1."""
    name: str
    cost: float
    figure: Figure
    mark: PointMark
    tag: str
    best: bool
    """Whether no other is shown to be better."""
    chosen: bool

    @property
    def costs(self) -> str:
        """Its cost, in three digits or whole."""
        return f"{self.cost:,.0f}" if self.cost >= 100 else f"{self.cost:#.3g}"

    @property
    def colour(self) -> str:
        """What it is drawn in."""
        if self.chosen:
            return ACCENT
        return INK if self.mark in ("variant", "in place") else MUTED


@dataclass(frozen=True)
class CostLevel:
    """A variant that tells no cost: a dashed line at its figure."""

    name: str
    mean: float
    in_place: bool
    """Else it is the best floor."""

    @property
    def colour(self) -> str:
        """What it is drawn in."""
        return INK if self.in_place else MUTED


def dear(comparison: Comparison) -> str | None:
    """What cost there is to draw: what the suite calls dear, else seconds, else tokens."""
    called = comparison.verdict.cost if comparison.verdict else None
    for what in filter(None, (called, "seconds", "tokens")):
        told = [_cost(what)(entry) for entry in comparison.variants.values()]
        if sum(one is not None for one in told) > 1:
            return what
    return None


def cost_points(comparison: Comparison, by: str, what: str) -> tuple[list[CostPoint], int]:
    """The variants that tell their cost and have the metric, best first, and how many more."""
    verdict, cost = comparison.verdict, _cost(what)
    found = [
        (name, figure, costs)
        for name, entry in comparison.variants.items()
        if (figure := {**entry.metrics, **entry.rates}.get(by))
        and (costs := cost(entry)) is not None
    ]
    higher = comparison.metrics[by].higher_is_better is not False
    found.sort(key=lambda one: one[1].mean, reverse=higher)
    points = []
    for number, (name, figure, costs) in enumerate(found[:MOST_ROWS], 1):
        mark, tag = mark_of(comparison, name)
        points.append(
            CostPoint(
                number=number,
                name=shortened(name),
                cost=costs,
                figure=figure,
                mark=mark,
                tag=tag,
                best=verdict is not None and name in verdict.not_shown_worse,
                chosen=verdict is not None and name == verdict.variant,
            )
        )
    return points, len(found) - len(points)


def _cost(what: str) -> Callable[[VariantFigures], float | None]:
    """How much of what is dear a variant takes, in ``_UNITS``."""

    def told(entry: VariantFigures) -> float | None:
        cost = entry.cost
        if what == "tokens":
            if cost.prompt_tokens is None or cost.answer_tokens is None:
                return None
            return cost.prompt_tokens + cost.answer_tokens
        if what == "memory":
            return None if cost.memory is None else cost.memory / 1e9
        return cost.seconds if what == "seconds" else cost.price

    return told


def cost_levels(comparison: Comparison, by: str, what: str) -> list[CostLevel]:
    """The best floor and what is in place, each where it has the metric and tells no cost."""
    higher = comparison.metrics[by].higher_is_better is not False
    found: dict[str, list[CostLevel]] = {"floor": [], "in place": []}
    for name, entry in comparison.variants.items():
        mark, figure = mark_of(comparison, name)[0], {**entry.metrics, **entry.rates}.get(by)
        told = entry.cost.seconds if mark == "floor" else _cost(what)(entry)
        if mark in found and figure and told is None:
            found[mark].append(CostLevel(shortened(name), figure.mean, mark == "in place"))
    best = max if higher else min
    return [best(some, key=lambda one: one.mean) for some in found.values() if some]
