"""The verdict as a table: its sentence, what is shown of each variant, and the reasons."""

from harness.verdict import Standing
from reports.cells import TextTable, change, heads, label
from reports.decision import Decided
from reports.reasons import cost_words

VERDICT_NOTE = (
    "Verdict: a variant may ship that is shown within the margin of every other, above every floor "
    "and within its limits; of several the cheapest does. It is ruled out once it is shown to be "
    "worse than another by the margin, not above a floor, or beyond a limit. Else it is open. "
    "Bounds hold of all differences together (the largest |t| of all, and further where groups are "
    "skewed), so that they are wider than the intervals of other tables."
)


def verdict_table(decided: Decided, title: str) -> TextTable:
    """The standing of every variant beside the one in place.

    Args:
        decided: the verdict.
        title: of the deciding metric.
    """
    dear = decided.cost is not None
    rows = [
        [
            label(name),
            f"{one.role}\n{one.state}" if one.role != "floor" else "floor",
            _beside(one, decided.in_place),
            *([cost_words(decided.cost, one.cost) if one.role != "floor" else "–"] if dear else []),
        ]
        for name, one in decided.variants.items()
    ]
    minus = (
        f"{title} minus {decided.in_place}"
        if decided.higher
        else f"less {title} than {decided.in_place}"
    )
    columns = ["variant", "standing", *heads([minus]), *([f"{decided.cost}"] if dear else [])]
    return TextTable(decided.sentence, columns, rows, VERDICT_NOTE, decided.reasons)


def _beside(standing: Standing, in_place: str) -> str:
    return "\n".join(change(standing.beside[in_place])) if in_place in standing.beside else "–"
