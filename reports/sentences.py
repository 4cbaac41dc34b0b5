"""A verdict in one sentence that somebody can act on."""

from harness.verdict import Beside, Standing, Verdict
from reports.reasons import cost_words, count_words, figures_words, limit_words, title_words


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


def _ship(verdict: Verdict) -> str:
    name, in_place = verdict.variant, verdict.in_place
    standing = verdict.standings[name]
    beside = standing.beside[in_place]
    figures = figures_words(beside, verdict)
    if standing.alike:
        what = f"it scores the same as {in_place}, which is in place, on every question"
    elif beside.low is not None and beside.low > 0:
        what = f"it is better than {in_place}, which is in place, by {figures}"
    else:
        what = (
            f"it is not worse than {in_place}, which is in place, by {verdict.rule.margin:g} "
            f"({figures})"
        )
    parts = [what]
    if any(one.role == "floor" for one in verdict.standings.values()):
        parts.append("above every floor")
    if standing.limits:
        parts.append("within its limits")
    if verdict.standings[in_place].broken:
        parts.append(f"{in_place} breaks a limit")
    elif _cheapest(verdict, name):
        cost = cost_words(verdict.rule.cost, standing.cost)
        parts.append(f"of those that are good enough the cheapest ({cost})")
    return f"Ship {name}: {_listed(parts)}."


def _hold(verdict: Verdict, name: str) -> str:
    """Why what is in place stays; ``name`` is the best of the others."""
    in_place, margin = verdict.in_place, verdict.rule.margin
    standing, kept = verdict.standings[name], verdict.standings[in_place]
    if verdict.leaked:
        return (
            f"Hold: {name} has been trained on questions it is scored on; without these it would "
            "not be shipped."
        )
    lost = _lost(verdict, standing)
    if standing.broken and lost is None:
        limit = next(one for one in standing.limits if one.state == "is broken")
        return f"Hold: {limit_words(name, limit)[:-1]}, and nothing else can be shipped."
    if kept.state == "may ship" and margin:
        dear = f", and nothing cheaper is ({cost_words(verdict.rule.cost, kept.cost)})"
        dear = dear if _cheapest(verdict, in_place) else ""
        return f"Keep {in_place}: it is within {margin:g} {title_words(verdict)} of the best{dear}."
    if kept.state == "may ship" and lost:
        return f"Keep {in_place}: it is shown to be better than every other variant."
    if standing.alike:
        return f"Keep {in_place}: {name} scores the same on every question."
    if lost is None:
        return f"Keep {in_place}: nothing else can be shipped."
    beside = standing.beside[lost]
    if verdict.standings[lost].role == "floor":
        return (
            f"Keep {in_place}: {name}, the best of the others, is not above {lost}, which needs no "
            f"language model ({figures_words(beside, verdict)})."
        )
    return (
        f"Keep {in_place}: {name}, the best of the others, is shown to be no better than {lost} "
        f"({figures_words(beside, verdict)})."
    )


def _lost(verdict: Verdict, standing: Standing) -> str | None:
    """What rules a variant out by the deciding metric; of several the hardest, floors first."""
    lost: dict[tuple[bool, float], str] = {}
    for other, beside in standing.beside.items():
        floor = verdict.standings[other].role == "floor"
        least = 0.0 if floor else -verdict.rule.margin
        if (
            beside.high is not None
            and beside.high <= least
            and _stands(verdict, other)
            and not _same(verdict, other, beside)
        ):
            lost[not floor, beside.delta] = other
    return lost[min(lost)] if lost else None


def _stands(verdict: Verdict, name: str) -> bool:
    """Whether others have to stand beside it: not where it breaks a limit, unless in place."""
    one = verdict.standings[name]
    return one.role != "candidate" or not one.broken


def _same(verdict: Verdict, other: str, beside: Beside) -> bool:
    """Whether a rival scores the same on every question: such do not stand in each other's way."""
    return verdict.standings[other].role != "floor" and beside.low == beside.high == 0


def _cheapest(verdict: Verdict, name: str) -> bool:
    """Whether it is known to be the cheapest of several that are good enough."""
    able = [one for one in verdict.standings.values() if one.state == "may ship"]
    costs = [one.cost for one in able if one.cost is not None]
    return len(able) > 1 and len(costs) == len(able) and verdict.standings[name].cost == min(costs)


def _undecided(verdict: Verdict) -> str:
    said = f"Undecided: {verdict.variant} {_open(verdict)}"
    needed = verdict.needed
    if verdict.clusters < verdict.fewest:
        lacking = count_words(verdict.fewest - verdict.clusters, "more group")
        return f"{said}; {lacking} at least would be needed."
    if needed is None:
        return f"{said}; were all as it was found, no number of questions would decide."
    more = count_words(needed.questions - verdict.n, "more question")
    groups = count_words(needed.clusters - verdict.clusters, "more group")
    return f"{said}; about {more}, of {groups}, would probably decide."


def _open(verdict: Verdict) -> str:
    """What is not shown of the variant that came closest."""
    standing = verdict.standings[verdict.variant]
    if verdict.clusters < verdict.fewest:
        return (
            f"is not decided on by {count_words(verdict.clusters, 'group')} of questions, where "
            f"{verdict.fewest} are the fewest"
        )
    limits = [one for one in standing.limits if one.state == "is open"]
    within = [f"to keep within {one.name} {one.most:g}" for one in limits]
    return f"is not shown {', nor '.join([*_not_shown(verdict, standing), *within])}"


def _not_shown(verdict: Verdict, standing: Standing) -> list[str]:
    """Of the differences that are open the first, in the order that somebody asks: with what is in
    place, with floors, with the others."""
    margin = verdict.rule.margin
    for role in ("in place", "floor", "candidate"):
        least = 0 if role == "floor" else -margin
        opposed = {
            other: beside
            for other, beside in standing.beside.items()
            if verdict.standings[other].role == role
            and (beside.low or 0) <= least
            and _stands(verdict, other)
            and not _same(verdict, other, beside)
        }
        if opposed:
            other = min(opposed, key=lambda name: opposed[name].delta)
            what = f"within {margin:g} of {other}" if least else f"better than {other}"
            return [f"to be {what} ({figures_words(opposed[other], verdict)})"]
    return []


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
