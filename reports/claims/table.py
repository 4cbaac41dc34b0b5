"""Checked claims → their table of text."""

from collections.abc import Sequence

from harness.statistics import Difference
from reports import explained
from reports.cells import TextTable, change
from reports.claims.checked import CheckedClaim, CheckedCondition


def claims_table(claims: Sequence[CheckedClaim]) -> TextTable:
    """A line a claim: what is claimed, what was measured of each of its conditions, what follows.

    Who claims it stands once where it is one.
    """
    sources = list(dict.fromkeys(one.source for one in claims))
    rows = [
        [
            "\n".join(_said(one, with_source=len(sources) > 1)),
            one.state.replace(" ", "\n"),
            *_conditions(one),
        ]
        for one in claims
    ]
    title = f"Claims ({sources[0]})" if len(sources) == 1 else "Claims"
    return TextTable(title, ["claim", "is", "claimed", "measured"], rows, explained.CLAIMS)


def _said(claim: CheckedClaim, with_source: bool) -> list[str]:
    """The claim in words, on what baseline, who says so, of whom; and what leaves it open."""
    return [
        f"{claim.claim}.",
        f"Baseline: {claim.baseline}.",
        *([f"Source: {claim.source}."] if with_source else []),
        f"{claim.variant} against {claim.against}",
        *_open(claim),
    ]


def _open(claim: CheckedClaim) -> list[str]:
    """What is needed where nothing is decided; nothing where something is."""
    if claim.state == "not checked":
        return [f"Not checked: {claim.why}."]
    if claim.state != "undecided":
        return []
    if claim.questions is None:
        return ["What was found is too near to what is claimed for any number of questions."]
    (found, *_) = (one.n for one in claim.conditions if one.questions == claim.questions)
    return [f"About {claim.questions:,} questions in place of {found:,} would decide."]


def _conditions(claim: CheckedClaim) -> list[str]:
    """The cells of what is claimed and what was measured."""
    if not any(one.n for one in claim.conditions):
        return ["–", "–"]
    return ["\n".join(map(cell, claim.conditions)) for cell in (_claimed, _measured)]


def _claimed(condition: CheckedCondition) -> str:
    """Three lines: of what, how much, and of how many questions."""
    what = "ratio" if condition.ratio else "difference"
    sign, limit = (
        ("≥", condition.at_least) if condition.at_least is not None else ("≤", condition.at_most)
    )
    claimed = "not worse" if limit is None else f"{what} {sign} {limit:g}"
    counted = f"n = {condition.n} in {condition.clusters}" if condition.n else "–"
    return f"{condition.title}\n{claimed}\n{counted}"


def _measured(condition: CheckedCondition) -> str:
    """Three lines: the ratio or difference, its interval, and what follows."""
    value, low, high = condition.value, condition.low, condition.high
    if value is None:
        found, ends = "–", "–"
    elif condition.ratio:
        found = f"{value:.3f}"
        ends = "–" if low is None or high is None else f"[{low:.3f}, {high:.3f}]"
    else:
        found, ends = change(Difference(value, low, high, condition.n, condition.clusters))
    return f"{found}\n{ends}\n{condition.state}"
