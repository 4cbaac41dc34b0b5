"""
Quantities that an English text states: percentages, dates, durations, amounts, bare numbers.

Several ways to write a quantity are one value: ``seventy-two hours``, ``72 hours`` and ``3 days``;
``EUR 20 million``, ``€20m`` and ``20 000 000 euros``; ``4%`` and ``four per cent``. Working days
are no days, and a month is not 30 of them. A dollar is any dollar, since few texts say which.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from harness.metrics.numerals import NUMBER, SCALES, value_of
from harness.metrics.once import read_once
from harness.metrics.provisions import provisions
from harness.metrics.unemphasised import unemphasised

QuantityKind = Literal["percentage", "date", "duration", "amount", "number"]

_MONTHS = re.findall(
    r"\w+",
    "january february march april may june july august september october november december",
)
_NAMES = "|".join(rf"{name[:3]}(?:{name[3:]}|t?(?:\.|(?= \d)))" for name in _MONTHS)
# "At least 5 may attend": these two are words as well.
_MONTH = rf"(?P<month>(?!(?-i:may|march)\b)(?:{_NAMES}))"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_DAY} (?:of )?{_MONTH}(?:,? (?P<year>\d{{4}}))?\b",
        rf"\b{_MONTH} {_DAY}(?!\d)(?:,? (?P<year>\d{{4}}))?\b",
        rf"\b{_MONTH},? (?:of )?(?P<year>\d{{4}})\b",
        r"(?<![\w./-])(?P<year>[12]\d{3})-(?P<monthnumber>\d\d)-(?P<day>\d\d)(?![\w/-])",
        r"(?<![\w.,/§$€£-])(?<!EUR )(?<!USD )(?<!GBP )(?P<year>1[89]\d\d|20\d\d)"
        r"(?![\w/]|[.,]\d|-\d|[ -]?(?:%|per|euro|dollar|EUR|USD|hour|day|kg|tonne|employee))",
    )
]
_AGAIN = r"(?: ?\([\w -]{1,40}\))?"
"""What lawyers put between a number and its unit: ``three (3) years``."""
_PERCENT = re.compile(
    _AGAIN + r"[ -]?(?:%|per ?cent(?:age points?)?\b|percentage points?\b)", re.IGNORECASE
)
_DURATION = re.compile(
    _AGAIN + r"(?:[ -](?:(?:full|consecutive|successive|more|further|additional) )?"
    r"(?P<kind>working|business|calendar|trading)?[ -]?"
    r"(?P<unit>second|minute|hour|day|week|fortnight|month|quarter|year|hr|yr)s?| ?h)\b",
    re.IGNORECASE,
)
_HOURS = {"second": 1 / 3600, "minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0}
_HOURS |= {"fortnight": 336.0, "hr": 1.0, "h": 1.0}
_MONTHS_OF = {"month": 1.0, "quarter": 3.0, "year": 12.0, "yr": 12.0}
CURRENCIES = {
    "euro": r"euros?|EUR|€",
    "dollar": r"(?:US |Canadian |Australian |Singapore )?dollars?|(?:US|CA|C|A|AU|S)?\$"
    r"|USD|CAD|AUD|SGD",
    "pound": r"pounds?(?: sterling)?|GBP|£",
    "yuan": r"yuan|renminbi|RMB|CNY",
    "yen": r"yen|JPY|¥",
    "rupee": r"rupees?|INR|Rs\.?|₹",
    "real": r"reais|BRL|R\$",
    "franc": r"(?:Swiss )?francs?|CHF",
}
"""How each is written; the names are the units of amounts."""
_CURRENCY = "|".join(rf"(?P<{name}>{words})" for name, words in CURRENCIES.items())
_BEFORE = re.compile(rf"(?<!\w)(?:{_CURRENCY}) ?$")
_BEHIND = re.compile(rf"{_AGAIN}[ -]?(?:{_CURRENCY})(?!\w)")
_LONGEST_CURRENCY = 20
_MEASURES = re.compile(
    _AGAIN
    + r"[ -]?(?P<unit>kg|kilograms?|kilos?|tonnes?|tons?|grams?|g|mg|km|kilometres?|kilometers?"
    r"|metres?|meters?|miles?|litres?|liters?|hectares?|ha|°C|degrees Celsius|acres?)\b(?!')"
)
_SAME = {"kilogram": "kg", "kilo": "kg", "ton": "tonne", "gram": "g", "kilometre": "km"}
_SAME |= {"kilometer": "km", "meter": "metre", "liter": "litre", "hectare": "ha"}
_SAME |= {"degrees Celsiu": "°C"}
_LINES = str.maketrans("\t\n\r", "   ")
_LISTED = re.compile(r"^[ \t>#-]*\(?(?P<number>\d{1,2})[.)](?=[ \t]+\S)", re.MULTILINE)
_MARKERS = re.compile(r"\[\d{1,3}(?:[,;] ?\d{1,3})*\]")
_JOINED = re.compile(r" ?(?:-|–|to|and|or) ?")
NO_NOUNS = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be by do doe for from has have in is it its may more must no not "
        "of on or other our per so than that the their thi to under up was we were which will "
        "with you your",
    )
)
"""Words that say nothing of what is counted, by their stems."""
_NOUNS = re.compile(r"[ -]((?:[a-z][\w'-]*[ -]?){1,3})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One that a text states."""

    kind: QuantityKind
    value: float
    """In ``unit``; of a date its year, month and day as one number, 0 for what is not said."""
    unit: str
    """``hour`` or ``month`` of a duration, with ``working`` before it where that is said; of an
    amount its currency or measure; else empty."""
    nouns: tuple[str, ...]
    """Of a bare number, the words behind it, by their stems."""
    start: int
    """Where it stands, in characters."""
    end: int
    scale: float = 1.0
    """What its number was multiplied by to be in that unit."""

    def same(self, other: "Quantity") -> bool:
        """Whether both are one value; of dates, whether all that both say agrees."""
        if (self.kind, self.unit) != (other.kind, other.unit):
            return False
        if self.kind == "date":
            pairs = zip(_date_parts(self.value), _date_parts(other.value), strict=True)
            return all(one == another or 0 in (one, another) for one, another in pairs)
        return abs(self.value - other.value) <= 1e-6 * max(1.0, abs(self.value))


@read_once
def quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities a text states, in order; the numbers of provisions, of a list's items and of
    what ``[1]`` refers to are none."""
    read = unemphasised(text)
    letters = list(read.text.translate(_LINES))
    named = [(one.start, one.end) for one in provisions(read.text)]
    for start, end in (*named, *_numbering(read.text)):
        letters[start:end] = "§" * (end - start)
    text = "".join(letters)
    dates: list[Quantity] = []
    for pattern in _DATES:
        dates += map(_date, pattern.finditer(text))
        text = pattern.sub(lambda match: "§" * len(match[0]), text)
    found = sorted([*dates, *_numbers(text)], key=lambda one: one.start)
    spans = (read.written(one.start, one.end) for one in found)
    return tuple(
        replace(one, start=start, end=end) for one, (start, end) in zip(found, spans, strict=True)
    )


def _numbering(text: str) -> Iterator[tuple[int, int]]:
    """Where a text numbers its own items, ``1.`` and ``2.`` at least, and refers to others."""
    items = list(_LISTED.finditer(text))
    numbers = [int(one["number"]) for one in items]
    if {1, 2} <= set(numbers):
        yield from (one.span() for one in items)
    yield from (one.span() for one in _MARKERS.finditer(text))


def stem(word: str) -> str:
    """A word in lower case, without the ending of a plural."""
    word = word.lower().replace("’", "'").removesuffix("'s").strip("'")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _date(match: re.Match[str]) -> Quantity:
    found = match.groupdict()
    name = (found.get("month") or "")[:3].lower()
    named = next((i for i, month in enumerate(_MONTHS, 1) if name and month.startswith(name)), 0)
    month = named or int(found.get("monthnumber") or 0)
    value = int(found.get("year") or 0) * 10_000 + month * 100 + int(found.get("day") or 0)
    return Quantity("date", value, "", (), *match.span())


def _date_parts(value: float) -> tuple[int, int, int]:
    return int(value) // 10_000, int(value) // 100 % 100, int(value) % 100


def _numbers(text: str) -> list[Quantity]:
    """All but dates. Of several that are joined one has the unit: ``5 to 10 days``, ``EUR 5 or
    10``; numbers of documents, ``2016/679``, are none."""
    found: list[Quantity] = []
    for match in NUMBER.finditer(text):
        one = _number(text, match)
        if one and not (found and one.start < found[-1].end):
            found.append(one)
    for places in (range(len(found) - 1, 0, -1), range(1, len(found))):
        for place in places:
            backwards = places.step < 0
            first, last = found[place - 1 : place + 1]
            bare, full = (first, last) if backwards else (last, first)
            between = text[first.end : min(last.start, first.end + 9)]
            if bare.kind == "number" != full.kind and not bare.nouns and _JOINED.fullmatch(between):
                found[place - backwards] = replace(
                    bare, kind=full.kind, value=bare.value * full.scale, unit=full.unit, nouns=()
                )
    return found


def _number(text: str, match: re.Match[str]) -> Quantity | None:
    """What a number is of, by what stands before and behind it."""
    value, start, end = value_of(match), *match.span()
    currency = _BEFORE.search(text, max(0, start - _LONGEST_CURRENCY), start)
    if percent := _PERCENT.match(text, end):
        return Quantity("percentage", value, "", (), start, percent.end())
    if match["fraction"] and match["fraction"].lower() != "half":
        return Quantity("percentage", 100 * value, "", (), start, end)
    found = currency or _BEHIND.match(text, end)
    if match["scale"] == "m" and not found:
        return Quantity("amount", value / SCALES["m"], "metre", (), start, end)
    if found:
        name = next(name for name in CURRENCIES if found[name])
        return Quantity("amount", value, name, (), min(start, found.start()), max(end, found.end()))
    if duration := _DURATION.match(text, end):
        return _duration(value, duration, start)
    if measure := _MEASURES.match(text, end):
        unit = measure["unit"].removesuffix("s")
        return Quantity("amount", value, _SAME.get(unit, unit), (), start, measure.end())
    if (match["words"] and match["words"].lower() in ("one", "zero")) or match["fraction"]:
        return None  # A pronoun more often than a number.
    nouns = _NOUNS.match(text, end)
    words = [stem(word) for word in re.split(r"[ -]", nouns[1])] if nouns else []
    own = tuple(word for word in words if word and word not in NO_NOUNS)
    return Quantity("number", value, "", own, start, end)


def _duration(value: float, match: re.Match[str], start: int) -> Quantity:
    unit, kind = (match["unit"] or "h").lower(), (match["kind"] or "").lower()
    working = "working " if kind in ("working", "business", "trading") else ""
    if working:
        return Quantity("duration", value, f"working {unit}", (), start, match.end())
    scale = _HOURS.get(unit) or _MONTHS_OF[unit]
    base = "hour" if unit in _HOURS else "month"
    return Quantity("duration", value * scale, base, (), start, match.end(), scale)
