"""
Which variant to ship: what is shown of each beside the others, and what follows.

Of the variants that may be shipped (``harness.contest``) and keep to the limits the cheapest is
shipped; hold, if that is the one in place, or if no other can be shipped any more; else it is
undecided, and a plan says what would decide (``harness.planning``).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import inf, isfinite
from typing import Literal

import numpy as np

from harness.contest import Contest, squares
from harness.family import Bounds, Estimates, bounds, pairs
from harness.jackknife import FloatArray
from harness.needs import detectable_between, needed_of
from harness.pairing import Aligned, Keep, Measure, align, estimated, everything
from harness.rates import rate_difference
from harness.statistics import COVERAGE, FEWEST_TOGETHER
from harness.verdict import Beside, Entrant, Rule, Standing, State, Verdict

FEWEST_TO_DECIDE = 20
"""Groups of questions from which anything is decided: with 10, variants that are not good enough
were shipped more often than 5 times in 100 (``benchmarks.decisions``)."""


def decide(
    entrants: Sequence[Entrant],
    by: Measure,
    rule: Rule,
    exposed: Mapping[str, Collection[str]] | None = None,
) -> Verdict | None:
    """The verdict on variants of which one is in place; None where they share no question.

    What would be shipped is held back if its training has seen questions, and without these it
    would not be shipped.

    Args:
        entrants: what is compared; those that are shown the evidence are left out.
        by: the deciding metric; where lower is better, a difference counts the other way round.
        rule: how it is decided.
        exposed: of each variant the ids of questions that its training has seen.
    """
    verdict = _verdict(entrants, by, rule, everything)
    seen = (exposed or {}).get(verdict.variant, ()) if verdict else ()
    if verdict is None or verdict.decision != "ship" or not seen:
        return verdict
    clean = _verdict(entrants, by, rule, lambda outcome: outcome.question_id not in seen)
    if clean and (clean.decision, clean.variant) == ("ship", verdict.variant):
        return verdict
    held = verdict.in_place
    return replace(verdict, decision="hold", variant=held, leaked=verdict.variant)


def _verdict(entrants: Sequence[Entrant], by: Measure, rule: Rule, keep: Keep) -> Verdict | None:
    compared = [one for one in entrants if one.role != "shown the evidence"]
    together = align([one.result for one in compared], by.name, keep)
    if not together.clusters:
        return None
    in_place = next(place for place, one in enumerate(compared) if one.role == "in place")
    found, values = estimated(together, by), together.values
    same = np.array([[_same(*both) for both in product([one], values)] for one in values])
    contest = Contest(
        rivals=np.array(
            [
                one.role == "in place" or (one.role == "candidate" and not one.broken)
                for one in compared
            ]
        ),
        floors=np.array([one.role == "floor" or one.floor for one in compared]),
        margin=rule.margin,
        coverage=COVERAGE,
        fewest=max(FEWEST_TO_DECIDE, FEWEST_TOGETHER if by.kind == "corpus" else 0),
        alike=same,
    )
    low, high = squares(_bounds(together, by, found, contest), len(compared))
    alike = same[in_place].tolist()
    states = _states(compared, contest, low, high, alike)
    place = _chosen(compared, states, found)
    names = [one.result.name for one in compared]
    decision = _decision(states, place, in_place)
    return Verdict(
        decision=decision,
        variant=names[in_place if decision == "hold" else place],
        in_place=names[in_place],
        rule=rule,
        by=by,
        standings={
            name: Standing(
                role=compared[row].role,
                state=states[row],
                alike=alike[row],
                beside=_beside(row, names, found, low, high),
                limits=compared[row].limits,
                cost=compared[row].cost,
            )
            for row, name in enumerate(names)
        },
        n=together.values[0].shape[1],
        clusters=found.clusters,
        fewest=contest.fewest,
        not_shown_worse=[
            name
            for row, name in enumerate(names)
            if not contest.floors[row] and not (high[row] < 0)[~contest.floors].any()
        ],
        detectable=detectable_between(found, contest, place, in_place),
        needed=needed_of(together, found, contest, compared[place], place, (low, high), by)
        if decision == "undecided"
        else None,
    )


def _bounds(together: Aligned, by: Measure, found: Estimates, contest: Contest) -> Bounds:
    """Of every two, together."""
    weights, places = pairs(len(together.values))
    if by.kind != "rate" or found.clusters < contest.fewest:
        return bounds(found, weights, coverage=contest.coverage, fewest=contest.fewest)
    # Of shares as elsewhere (``harness.rates``), by Bonferroni.
    each = 1 - (1 - contest.coverage) / max(len(places), 1)
    pairwise = [
        rate_difference(
            together.values[one], together.values[other], together.clusters, coverage=each
        )
        for one, other in places
    ]
    ends = np.array([(one.low, one.high) for one in pairwise], dtype=np.float64).reshape(-1, 2)
    if by.higher_is_better is False:
        ends = -ends[:, ::-1]
    return Bounds(weights @ found.values, found.errors(weights), ends[:, 0], ends[:, 1])


def _same(values: FloatArray, others: FloatArray) -> bool:
    """Whether two score the same on every question; of shares that is no bound of none."""
    return values.shape == others.shape and bool((values == others).all())


def _states(
    compared: Sequence[Entrant],
    contest: Contest,
    low: FloatArray,
    high: FloatArray,
    alike: Sequence[bool],
) -> list[State]:
    may_ship, ruled_out = contest.may_ship(low), contest.ruled_out(high)
    states: list[State] = []
    for place, one in enumerate(compared):
        kept = one.role == "in place" or all(limit.state == "holds" for limit in one.limits)
        # Where any difference matters, one that shows none is no reason to change anything.
        useless = alike[place] and one.role != "in place" and not contest.margin
        if ruled_out[place] or useless:
            states.append("ruled out")
        else:
            states.append("may ship" if may_ship[place] and kept else "open")
    return states


def _chosen(compared: Sequence[Entrant], states: Sequence[State], found: Estimates) -> int:
    """The cheapest that may be shipped, of several the one in place or else the best; where there
    is none, the best that is open; where there is none either, the best candidate.

    What is in place goes first where nobody tells what it costs, and last if it breaks a limit.
    """
    order: dict[State, int] = {"may ship": 0, "open": 1, "ruled out": 2}

    def rank(place: int) -> tuple[int, bool, float, bool, float]:
        one, state = compared[place], states[place]
        stays = one.role == "in place"
        unknown = -inf if stays else inf
        cost = unknown if one.cost is None else one.cost
        able = state == "may ship"
        first = stays if not able else not stays
        return order[state], one.broken, cost if able else 0.0, first, -found.values[place]

    return min((p for p, one in enumerate(compared) if one.role != "floor"), key=rank)


def _decision(
    states: Sequence[State], place: int, in_place: int
) -> Literal["ship", "hold", "undecided"]:
    if states[place] == "may ship":
        return "hold" if place == in_place else "ship"
    # What is in place stays so long as nothing else can be shipped, however good it is itself.
    others = [state for other, state in enumerate(states) if other != in_place]
    return "undecided" if "open" in others else "hold"


def _beside(
    row: int, names: Sequence[str], found: Estimates, low: FloatArray, high: FloatArray
) -> dict[str, Beside]:
    return {
        name: Beside(
            delta=float(found.values[row] - found.values[other]),
            low=float(low[row, other]) if isfinite(low[row, other]) else None,
            high=float(high[row, other]) if isfinite(high[row, other]) else None,
        )
        for other, name in enumerate(names)
        if other != row
    }
