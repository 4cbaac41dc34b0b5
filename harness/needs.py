"""What a decision that is open needs, and what one of so many questions shows."""

from math import ceil, isfinite

import numpy as np

from harness.contest import Contest
from harness.family import Estimates, pairs
from harness.jackknife import FloatArray
from harness.pairing import Aligned, Measure
from harness.planning import detectable, growth_needed
from harness.verdict import Entrant, Needed


def detectable_between(
    found: Estimates, contest: Contest, place: int, in_place: int
) -> float | None:
    """Of the pairs, that of the chosen and the one in place, or of this and the first other."""
    other = place if place != in_place else int(in_place == 0)
    if found.clusters < max(contest.fewest, 2) or other >= len(found.values):
        return None
    weights, places = pairs(len(found.values))
    least = detectable(found, weights, contest.coverage)
    # Of two that never differ nothing is known.
    return float(least[places.index((min(in_place, other), max(in_place, other)))]) or None


def needed_of(
    together: Aligned,
    found: Estimates,
    contest: Contest,
    entrant: Entrant,
    place: int,
    between: tuple[FloatArray, FloatArray],
    by: Measure,
) -> Needed | None:
    """Enough for what the bounds leave open, and for the limits."""
    growths: list[float | None] = []
    if by.kind == "rate":
        growths += _growths_of_rates(contest, found, place, *between)
    elif found.clusters > 1:  # Of one cluster nothing is known but that it is too few.
        growths.append(growth_needed(contest, found, place))
    growths += [one.growth for one in entrant.limits if one.state == "is open"]
    known = [one for one in growths if one is not None]
    if len(known) < len(growths):
        return None
    growth = max(*known, 1.0, contest.fewest / found.clusters)
    return Needed(
        questions=ceil(growth * together.values[0].shape[1]),
        clusters=ceil(growth * found.clusters),
    )


def _growths_of_rates(
    contest: Contest, found: Estimates, place: int, low: FloatArray, high: FloatArray
) -> list[float | None]:
    """Times as many questions that would show on which side each open difference lies, were it the
    true one: intervals of shares shrink with their root."""
    growths: list[float | None] = []
    for other in np.flatnonzero(contest.opposed[place]):
        least = 0.0 if contest.floors[other] else -contest.margin
        delta = found.values[place] - found.values[other]
        if low[place, other] <= least < high[place, other] and isfinite(low[place, other]):
            reach = delta - low[place, other] if delta > least else high[place, other] - delta
            apart = abs(delta - least)
            growths.append(float((reach / apart) ** 2) if apart else None)
    return growths
