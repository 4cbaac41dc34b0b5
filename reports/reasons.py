"""What the sentence of a verdict rests on, with figures, and what it does not."""

from collections.abc import Collection, Mapping

from harness.verdict import Beside, CostLimit, Standing, Verdict
from reports.cells import change

UNITS = {"seconds": "s", "tokens": "tokens", "price": "of price"}


def reasons(verdict: Verdict, exposed: Mapping[str, Collection[str]] | None) -> list[str]:
    """What the sentence rests on, and what it does not."""
    closest, in_place = verdict.closest, verdict.in_place
    margin = verdict.rule.margin
    matters = f"a difference of {margin:g}" if margin else "any difference"
    variants = count_words(len(verdict.standings), "variant")
    said = [
        f"By {title_words(verdict)}, where {matters} matters, on {verdict.n} questions in "
        f"{verdict.clusters} groups. Bounds hold of all differences of {variants} together, in 95% "
        "of samples."
    ]
    if closest is not None:
        standing = verdict.standings[closest]
        beside = figures_words(standing.beside[in_place], verdict)
        said.append(f"{closest} minus {in_place}, in place: {beside}.")
        said += _rivals(verdict, closest, standing)
        said += [limit_words(closest, one) for one in standing.limits]
        said += [limit_words(in_place, one) for one in verdict.standings[in_place].limits]
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
            said.append(
                f"{name} minus {hardest}, {title}: {figures_words(others[hardest], verdict)}."
            )
    return said


def _costs(verdict: Verdict) -> list[str]:
    """What is dear, of every variant that could be shipped."""
    if verdict.rule.cost is None:
        return []
    told = {
        name: cost_words(verdict.rule.cost, one.cost)
        for name, one in verdict.standings.items()
        if one.role in ("in place", "candidate")
    }
    return [f"Cost: {', '.join(f'{name} {cost}' for name, cost in told.items())}."]


def _leaks(verdict: Verdict, exposed: Mapping[str, Collection[str]] | None) -> str:
    if exposed is None:
        return "Not checked: whether training has seen these questions."
    seen = {name: len(exposed.get(name, ())) for name in verdict.standings}
    leaking = [f"{name} {count}" for name, count in seen.items() if count]
    if leaking:
        return f"Questions that training has seen: {', '.join(leaking)} (policyqa audit)."
    return "No question was found that training has seen."


def limit_words(name: str, limit: CostLimit) -> str:
    if limit.figure is None:
        return f"{name}: nobody tells {limit.name}, which may be {limit.most:g} at most."
    found = limit.figure
    ends = "" if found.low is None else f" [{found.low:.3g}, {found.high:.3g}]"
    return (
        f"{name}: {limit.name} is {found.mean:.3g}{ends}, and may be {limit.most:g} at most: the "
        f"limit {limit.state}."
    )


def cost_words(what: str | None, cost: float | None) -> str:
    """What a question costs of ``what`` is dear; of weights their bytes."""
    if cost is None:
        return f"unknown {what}"
    if what == "memory":
        return f"{cost / 1e9:.2f} GB of weights"
    return f"{cost:.3g} {UNITS[what or '']}"


def figures_words(beside: Beside, verdict: Verdict) -> str:
    delta, ends = change(beside)
    return f"{delta} {ends} {title_words(verdict)}"


def title_words(verdict: Verdict) -> str:
    """Of the deciding metric; where less is better, differences are turned round."""
    lower = verdict.by.higher_is_better is False
    return f"less {verdict.by.title}" if lower else verdict.by.title


def count_words(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
