"""A verdict in words: one sentence that somebody can act on, and the reasons with their figures."""

from collections.abc import Collection, Mapping

from harness.deciding import FEWEST_TO_DECIDE
from harness.verdict import Beside, CostLimit, Standing, Verdict
from reports.cells import change

UNITS = {"seconds": "s", "tokens": "tokens", "memory": "bytes of weights", "price": "of price"}


def sentence(verdict: Verdict) -> str:
    """What to do."""
    closest = verdict.closest
    if closest is None:
        return f"Hold: {verdict.in_place} is all there is; name variants that could replace it."
    if verdict.decision == "ship":
        return _ship(verdict)
    if verdict.decision == "hold":
        return _hold(verdict, closest)
    return _undecided(verdict)


def reasons(verdict: Verdict, exposed: Mapping[str, Collection[str]] | None) -> list[str]:
    """What the sentence rests on, and what it does not."""
    closest, in_place = verdict.closest, verdict.in_place
    title, margin = verdict.by.title, verdict.rule.margin
    matters = f"a difference of {margin:g}" if margin else "any difference"
    said = [
        f"By {title}, where {matters} matters, on {verdict.n} questions in {verdict.clusters} "
        f"groups. Bounds hold of all differences of {_count(len(verdict.standings), 'variant')} "
        "together, in 95% of samples."
    ]
    if closest is not None:
        standing = verdict.standings[closest]
        said.append(f"{closest} minus {in_place}, in place: {_figures(standing.beside[in_place])}.")
        said += _rivals(verdict, closest, standing)
        said += [_limit(closest, one) for one in standing.limits]
        said += _costs(verdict)
    floors = [name for name, one in verdict.standings.items() if one.role == "floor"]
    if not floors:
        said.append("Not checked: floors. None was scored on these questions.")
    said.append(f"Not shown worse than the best: {', '.join(verdict.not_shown_worse)}.")
    if verdict.detectable is not None:
        said.append(
            f"A true difference of {verdict.detectable:.3f} would be shown by 4 such sets of "
            "questions in 5."
        )
    said.append(_leaks(verdict, exposed))
    return said


def _ship(verdict: Verdict) -> str:
    name, in_place = verdict.variant, verdict.in_place
    standing = verdict.standings[name]
    beside, title = standing.beside[in_place], verdict.by.title
    if beside.low is not None and beside.low > 0:
        what = f"it is better than {in_place}, which is in place, by {_figures(beside)} {title}"
    else:
        what = (
            f"it is not worse than {in_place}, which is in place, by {verdict.rule.margin:g} "
            f"{title} ({_figures(beside)})"
        )
    parts = [what]
    if any(one.role == "floor" for one in verdict.standings.values()):
        parts.append("above every floor")
    if standing.limits:
        parts.append("within its limits")
    able = [one for one in verdict.standings.values() if one.state == "may ship"]
    if len(able) > 1 and standing.cost is not None:
        parts.append(
            f"of {len(able)} that are good enough the cheapest ({_cost(verdict, standing)})"
        )
    return f"Ship {name}: {_listed(parts)}."


def _hold(verdict: Verdict, closest: str) -> str:
    name, in_place, title = closest, verdict.in_place, verdict.by.title
    standing, kept = verdict.standings[closest], verdict.standings[in_place]
    if verdict.leaked:
        return (
            f"Hold: {name} has been trained on questions it is scored on; without these it would "
            "not be shipped."
        )
    # One that is worse anyway is kept out by that.
    for limit in standing.limits if standing.beside[in_place].delta > 0 else ():
        if limit.state == "is broken":
            return f"Hold: {_limit(name, limit)[:-1]}, and nothing else can be shipped."
    if kept.state == "may ship":
        within = f"within {verdict.rule.margin:g} {title} of" if verdict.rule.margin else ""
        able = [one for one in verdict.standings.values() if one.state == "may ship"]
        if len(able) > 1:
            dear = f", and nothing cheaper is ({_cost(verdict, kept)})" if kept.cost else ""
            return f"Keep {in_place}: it is {within} the best{dear}."
        best = f"{within} the best" if within else f"better by {title} than every other variant"
        return f"Keep {in_place}: it is shown to be {best}."
    winners = {
        other: beside
        for other, beside in standing.beside.items()
        if verdict.standings[other].role == "floor" and beside.high is not None and beside.high <= 0
    }
    if winners:
        floor = min(winners, key=lambda other: winners[other].delta)
        return (
            f"Hold: {name}, the best variant, is not above {floor}, which needs no language model "
            f"({_figures(winners[floor])} {title})."
        )
    beside = standing.beside[in_place]
    if standing.alike:
        return f"Keep {in_place}: {name} scores the same on every question."
    return (
        f"Keep {in_place}: {name}, the best of the others, is shown to be no better "
        f"({_figures(beside)} {title})."
    )


def _undecided(verdict: Verdict) -> str:
    said = f"Undecided: {verdict.variant} {_open(verdict)}"
    needed = verdict.needed
    if needed is None:
        return f"{said}; were all as it was found, no number of questions would decide."
    more, groups = needed.questions - verdict.n, needed.clusters - verdict.clusters
    return f"{said}; about {more} more questions, of {groups} more groups, would probably decide."


def _open(verdict: Verdict) -> str:
    """What is not shown of the variant that came closest."""
    name, title = verdict.variant, verdict.by.title
    standing = verdict.standings[name]
    if standing.beside[verdict.in_place].low is None:
        return (
            f"is not decided on by {_count(verdict.clusters, 'group')} of questions, where "
            f"{FEWEST_TO_DECIDE} are the fewest"
        )
    margin = verdict.rule.margin
    # In the order that somebody asks: what is in place, floors, the others.
    for role in ("in place", "floor", "candidate"):
        least = 0 if role == "floor" else -margin
        opposed = {
            other: beside
            for other, beside in standing.beside.items()
            if verdict.standings[other].role == role and (beside.low or 0) <= least
        }
        if opposed:
            other = min(opposed, key=lambda name: opposed[name].delta)
            what = f"within {margin:g} of {other}" if least else f"better than {other}"
            return f"is not shown to be {what} ({_figures(opposed[other])} {title})"
    limit = next(one for one in standing.limits if one.state == "is open")
    return f"is not shown to keep within {limit.name} {limit.most:g}"


def _rivals(verdict: Verdict, name: str, standing: Standing) -> list[str]:
    """The hardest of the floors, and of the other variants."""
    said = []
    for role, title in (("floor", "the best floor"), ("candidate", "the best of the others")):
        others = {
            other: beside
            for other, beside in standing.beside.items()
            if verdict.standings[other].role == role
        }
        if others:
            hardest = min(others, key=lambda other: others[other].delta)
            said.append(f"{name} minus {hardest}, {title}: {_figures(others[hardest])}.")
    return said


def _limit(name: str, limit: CostLimit) -> str:
    if limit.figure is None:
        return f"{name}: nobody tells {limit.name}, which may be {limit.most:g} at most."
    found = limit.figure
    ends = "" if found.low is None else f" [{found.low:.3g}, {found.high:.3g}]"
    return (
        f"{name}: {limit.name} is {found.mean:.3g}{ends}, and may be {limit.most:g} at most: the "
        f"limit {limit.state}."
    )


def _costs(verdict: Verdict) -> list[str]:
    """What is dear, of every variant that could be shipped."""
    if verdict.rule.cost is None:
        return []
    told = {
        name: _cost(verdict, one)
        for name, one in verdict.standings.items()
        if one.role in ("in place", "candidate")
    }
    return [f"Cost: {', '.join(f'{name} {cost}' for name, cost in told.items())}."]


def _cost(verdict: Verdict, standing: Standing) -> str:
    if standing.cost is None:
        return f"unknown {verdict.rule.cost}"
    return f"{standing.cost:.3g} {UNITS[verdict.rule.cost or '']}"


def _leaks(verdict: Verdict, exposed: Mapping[str, Collection[str]] | None) -> str:
    if exposed is None:
        return "Not checked: whether training has seen these questions."
    seen = {name: len(exposed.get(name, ())) for name in verdict.standings}
    leaking = [f"{name} {count}" for name, count in seen.items() if count]
    if leaking:
        return f"Questions that training has seen: {', '.join(leaking)} (policyqa audit)."
    return "No question was found that training has seen."


def _figures(beside: Beside) -> str:
    delta, ends = change(beside)
    return f"{delta} {ends}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
