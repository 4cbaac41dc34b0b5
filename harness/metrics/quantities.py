"""
Quantities that an English text states: percentages, dates, durations, amounts, bare numbers.

Several ways to write a quantity are one value: ``seventy-two hours``, ``72 hours`` and ``3 days``;
``EUR 20 million``, ``€20m`` and ``20 000 000 euros``; ``4%`` and ``four per cent``. Working days
are no days, and a month is not 30 of them. A dollar is any dollar, since few texts say which.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from harness.metrics.provisions import provisions

QuantityKind = Literal["percentage", "date", "duration", "amount", "number"]

_ONES = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen",
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: value for value, word in enumerate(_ONES)} | {
    word: 10 * place for place, word in enumerate(_TENS, start=2)
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9}
_SCALES |= {"trillion": 10**12, "m": 10**6, "bn": 10**9, "k": 1_000, "lakh": 10**5, "crore": 10**7}
_FRACTIONS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5}
_MONTHS = re.findall(
    r"\w+",
    "january february march april may june july august september october november december",
)
_SPELLED = "|".join(sorted([*_WORDS, "hundred", "thousand", "million", "billion"], key=len)[::-1])
_IN_WORDS = rf"\b(?:{_SPELLED})(?:(?:[ -]|,? and )(?:{_SPELLED}))*\b"
_FRACTION = r"\b(?:one|two|three|a)[ -](?:half|thirds?|quarters?|fifths?)\b|\bhalf\b"
_DIGITS = (
    r"(?<![\w.,/])\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?(?!\d)"
    r"|(?<![\w,/])\d+(?:\.\d+)?(?![\d/]|\.\d)"
)
# "A month" is a number of months in "within a month", and none in "twice a month".
_BEFORE_A = "|".join(
    rf"(?<=\b{word} )" for word in ("within", "most", "least", "than", "for", "after")
)
_A = rf"(?:{_BEFORE_A})an?(?= (?:hour|day|week|month|year)\b)"
_NUMBER = re.compile(
    rf"(?P<digits>{_DIGITS})(?:[ -]?(?P<scale>hundred|thousand|million|billion|trillion|lakh|crore"
    rf"|(?-i:m|M|bn|k|K))\b)?|(?P<fraction>{_FRACTION})|(?P<words>{_IN_WORDS}|{_A})",
    re.IGNORECASE,
)
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_DAY} (?:of )?{_MONTH}(?:,? (?P<year>\d{{4}}))?\b",
        rf"\b{_MONTH} {_DAY}(?!\d)(?:,? (?P<year>\d{{4}}))?\b",
        rf"\b{_MONTH},? (?:of )?(?P<year>\d{{4}})\b",
        r"(?<![\w./-])(?P<year>[12]\d{3})-(?P<monthnumber>\d\d)-(?P<day>\d\d)(?![\w/-])",
        r"(?<![\w.,/§$€£-])(?P<year>1[89]\d\d|20\d\d)"
        r"(?![\w/]|[.,]\d|-\d| ?(?:%|per|euro|dollar|EUR|USD))",
    )
]
_PERCENT = re.compile(r"[ -]?(?:%|per ?cent(?:age points?)?\b|percentage points?\b)", re.IGNORECASE)
_DURATION = re.compile(
    r"[ -](?:(?:full|consecutive|successive|more|further|additional) )?(?P<kind>working|business|calendar|trading)?[ -]?"
    r"(?P<unit>second|minute|hour|day|week|fortnight|month|quarter|year)s?\b",
    re.IGNORECASE,
)
_HOURS = {"second": 1 / 3600, "minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0}
_HOURS |= {"fortnight": 336.0}
_MONTHS_OF = {"month": 1.0, "quarter": 3.0, "year": 12.0}
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
_BEHIND = re.compile(rf"[ -]?(?:{_CURRENCY})(?!\w)")
_MEASURES = re.compile(
    r"[ -]?(?P<unit>kg|kilograms?|kilos?|tonnes?|tons?|grams?|g|mg|km|kilometres?|kilometers?"
    r"|metres?|meters?|miles?|litres?|liters?|hectares?|ha|°C|degrees Celsius|acres?)\b(?![’'])"
)
_SAME = {"kilogram": "kg", "kilo": "kg", "ton": "tonne", "gram": "g", "kilometre": "km"}
_SAME |= {"kilometer": "km", "meter": "metre", "liter": "litre", "hectare": "ha"}
_SAME |= {"degrees Celsiu": "°C"}
_JOINED = re.compile(r" ?(?:-|–|to|and|or) ?")
_NO_NOUNS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at by do for from has in is it may more must no of on or other so than "
        "that the thi to under was were which will with",
    )
)
_NOUNS = re.compile(r"[ -]((?:[a-z][\w'’-]*[ -]?){1,3})", re.IGNORECASE)


@dataclass(frozen=True)
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


def quantities(text: str) -> list[Quantity]:
    """The quantities a text states, in order; the numbers of provisions are none."""
    for one in provisions(text):
        text = text[: one.start] + "§" * (one.end - one.start) + text[one.end :]
    dates = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            dates.append(_date(match))
            text = text[: match.start()] + "§" * len(match[0]) + text[match.end() :]
    return sorted([*dates, *_numbers(text)], key=lambda one: one.start)


def stem(word: str) -> str:
    """A word in lower case, without the ending of a plural."""
    word = word.lower().replace("’", "'").removesuffix("'s").strip("'")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _date(match: re.Match[str]) -> Quantity:
    found = match.groupdict()
    month = _MONTHS.index(found["month"].lower()) + 1 if found.get("month") else 0
    month = month or int(found.get("monthnumber") or 0)
    value = int(found.get("year") or 0) * 10_000 + month * 100 + int(found.get("day") or 0)
    return Quantity("date", value, "", (), *match.span())


def _date_parts(value: float) -> tuple[int, int, int]:
    return int(value) // 10_000, int(value) // 100 % 100, int(value) % 100


def _numbers(text: str) -> list[Quantity]:
    """All but dates. Of several that are joined one has the unit: ``5 to 10 days``, ``EUR 5 or
    10``; numbers of documents, ``2016/679``, are none."""
    found = [one for match in _NUMBER.finditer(text) if (one := _number(text, match))]
    for places in (range(len(found) - 1, 0, -1), range(1, len(found))):
        for place in places:
            backwards = places.step < 0
            one, other = found[place - 1 : place + 1]
            bare, full = (one, other) if backwards else (other, one)
            between = text[one.end : other.start]
            if bare.kind == "number" != full.kind and _JOINED.fullmatch(between):
                found[place - backwards] = replace(
                    bare, kind=full.kind, value=bare.value * full.scale, unit=full.unit, nouns=()
                )
    return found


def _number(text: str, match: re.Match[str]) -> Quantity | None:
    """What a number is of, by what stands before and behind it."""
    value, start, end = _value(match), *match.span()
    currency = _BEFORE.search(text[:start]) or None
    if percent := _PERCENT.match(text, end):
        return Quantity("percentage", value, "", (), start, percent.end())
    if match["fraction"] and match["fraction"].lower() != "half":
        return Quantity("percentage", 100 * value, "", (), start, end)
    if found := currency or _BEHIND.match(text, end):
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
    own = tuple(word for word in words if word and word not in _NO_NOUNS)
    return Quantity("number", value, "", own, start, end)


def _duration(value: float, match: re.Match[str], start: int) -> Quantity:
    unit, kind = match["unit"].lower(), (match["kind"] or "").lower()
    working = "working " if kind in ("working", "business", "trading") else ""
    if working:
        return Quantity("duration", value, f"working {unit}", (), start, match.end())
    scale = _HOURS.get(unit) or _MONTHS_OF[unit]
    base = "hour" if unit in _HOURS else "month"
    return Quantity("duration", value * scale, base, (), start, match.end(), scale)


def _value(match: re.Match[str]) -> float:
    if match["digits"]:
        scale = _SCALES[match["scale"].lower()] if match["scale"] else 1
        return float(re.sub(r"[^\d.]", "", match["digits"])) * scale
    if match["fraction"]:
        words = re.split(r"[ -]", match["fraction"].lower())
        count = {"two": 2, "three": 3}.get(words[0], 1)
        return count * _FRACTIONS[words[-1].removesuffix("s")]
    return _in_words(re.sub(r"^an?$", "one", match["words"].lower()))


def _in_words(words: str) -> float:
    """``two hundred and fifty thousand`` → 250,000."""
    total, part = 0, 0
    for word in re.split(r"[ -]|,? and ", words):
        if word == "hundred":
            part = max(part, 1) * 100
        elif word in _SCALES:
            total, part = total + max(part, 1) * _SCALES[word], 0
        else:
            part += _WORDS.get(word, 0)
    return float(total + part)
