"""By when, how long before, for how long, how often: clauses that say so → questions."""

import re
from collections.abc import Iterator

from tasks.drafting.asked import Drafted, asked_for
from tasks.drafting.clauses import Clause, stands_alone
from tasks.drafting.wording import ended
from tasks.drafting.words import any_of

_UNIT = (
    r"(?:(?:calendar|working|business|full|consecutive|clear) )?"
    r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|quarters?)"
)
_NUMBER = rf"(?:\d[\d.,]*|an?|{any_of('small_numbers')})"
_SPAN = rf"{_NUMBER}(?: \([^)]*\))?(?: |-){_UNIT}(?: (?:and|to|or) {_NUMBER} {_UNIT})?"
_CLOCK = r"\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\.?| o'clock|:\d\d)[^,;]*"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day[^,;]*"
_FOUND = {
    "How long before{anchor}": (
        rf"(?:at least|no later than|not later than|not less than|up to)? ?{_SPAN}",
        r" before (?P<anchor>(?!.*\b(?:if|when|unless)\b)(?:the|a|an|any|each)? ?[^,;]+)$",
    ),
    "Within what time": (
        rf"(?:within|no later than|not later than|in) {_SPAN}"
        r"(?: (?:of|from|after|before|following) [^,;]+)?",
        "$",
    ),
    "For how long": (
        r"for (?:at least|at most|up to|no more than|a minimum of|a maximum of|a period of)? ?"
        + _SPAN,
        r"(?P<rest>$| (?:after|from) [^,;]+$)",
    ),
    "When": (
        rf"(?:between|from) (?=[^,;]*{any_of('times')})(?:the )?\d[^,;]{{0,30}}"
        r" (?:and|to) (?:the )?\d[^,;]{0,30}",
        "$",
    ),
    "By when": (
        r"(?:by|no later than|not later than|before) (?:the end of [^,;]+|noon|midnight|"
        rf"{_CLOCK}|{_WEEKDAY}|\d{{1,2}} \w+(?: \d{{4}})?)",
        "$",
    ),
    "How often": (
        rf"(?:every {_NUMBER}? ?{_UNIT}|once an? {_UNIT}|twice an? {_UNIT}|at least "
        rf"(?:once|twice|\w+ times) (?:an?|every|per) {_UNIT}|"
        r"(?:daily|weekly|monthly|annually|quarterly|yearly))",
        "$",
    ),
}
"""How it is asked for; what is found, and what stands behind it."""
_PATTERNS = [
    (opening, re.compile(rf"\b(?P<found>{found}){behind}"))
    for opening, (found, behind) in _FOUND.items()
]
_TORN = re.compile(r"\b(?:and|or|from|to|until|of|than|by|for|in)$")
_OF_SEVERAL = re.compile(r", with |\bonce in\b|\bevery\b|, (?:which|who)\b")
"""In a sentence that counts another time as well, or whose time may be of something else."""


def deadline(clause: Clause) -> Iterator[Drafted]:
    """What a clause says of time, at its end."""
    if clause.negated or clause.only:
        return
    for opening, pattern in _PATTERNS:
        match = pattern.search(clause.predicate)
        if match is None:
            continue
        before = clause.predicate[: match.start()].rstrip(" ,")
        several = _OF_SEVERAL.search(before) or (clause.passive and " and " in before)
        if several or not before or _TORN.search(before) or not stands_alone(before, own=True):
            continue
        groups = match.groupdict()
        anchor, rest = groups.get("anchor") or "", groups.get("rest") or ""
        answer = ended(match["found"].strip() + (f" before {anchor}" if anchor else ""))
        asks = opening.format(anchor=f" {anchor}")
        yield asked_for("deadline", asks, clause, before + rest, answer)
        return
