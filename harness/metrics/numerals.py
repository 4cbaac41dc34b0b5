"""How English writes a number: in digits, in words, as a fraction."""

import re

_ONES = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen",
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: value for value, word in enumerate(_ONES)} | {
    word: 10 * place for place, word in enumerate(_TENS, start=2)
}
SCALES = {
    **{"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12},
    **{"k": 1_000, "m": 10**6, "bn": 10**9, "lakh": 10**5, "crore": 10**7},
}
"""What a number is multiplied by, by the word or letter behind it."""
_FRACTIONS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5}
_SPELLED = "|".join(sorted([*_WORDS, "hundred", "thousand", "million", "billion"], key=len)[::-1])
_IN_WORDS = rf"\b(?:{_SPELLED})(?:(?:[ -]|,? and )(?:{_SPELLED})){{0,30}}\b(?: and a half\b)?"
# "A third of" is a share, and "a third country" none.
_FRACTION = (
    r"\b(?:one|two|three)[ -](?:half|thirds?|quarters?|fifths?)\b(?! part| countr)"
    r"|\ba (?:third|quarter|fifth)(?= of\b)|^a (?:third|quarter|fifth)$|\bhalf\b"
)
_DIGITS = (
    r"(?<![\w,/])(?<!\d\.)(?<![^\W\d]-)(?:\d{1,3}(?:[, ]\d{3}){1,99}(?:\.\d+)?(?!\d)"
    r"|\d{1,300}(?:\.\d+)?(?![\d/]|\.\d))"
)
# "A month" is a number of months alone and in "within a month", and none in "twice a month".
_BEFORE_A = "|".join(
    rf"(?<=\b{word} )" for word in ("within", "most", "least", "than", "for", "after")
)
_A = rf"(?:{_BEFORE_A}|^)an?(?= (?:hour|day|week|month|year)\b)"
NUMBER = re.compile(
    rf"(?P<digits>{_DIGITS})(?:[ -]?(?P<scale>hundred|thousand|million|billion|trillion|lakh|crore"
    rf"|(?-i:m|M|bn|k|K))\b)?|(?P<fraction>{_FRACTION})|(?P<words>{_IN_WORDS}|{_A})",
    re.IGNORECASE,
)


def value_of(match: re.Match[str]) -> float:
    """The number that a match of ``NUMBER`` is; of a fraction, a share of 1."""
    if match["digits"]:
        scale = SCALES[match["scale"].lower()] if match["scale"] else 1
        return float(re.sub(r"[^\d.]", "", match["digits"])) * scale
    if match["fraction"]:
        words = re.split(r"[ -]", match["fraction"].lower())
        count = {"two": 2, "three": 3}.get(words[0], 1)
        return count * _FRACTIONS[words[-1].removesuffix("s")]
    return _in_words(re.sub(r"^an?$", "one", match["words"].lower()))


def _in_words(words: str) -> float:
    """``two hundred and fifty thousand`` → 250,000."""
    total, part = 0, 0
    for word in re.split(r",? and |[ -]", words):
        if word == "hundred":
            part = max(part, 1) * 100
        elif word in SCALES:
            total, part = total + max(part, 1) * SCALES[word], 0
        else:
            part += _WORDS.get(word, 0)
    return total + part + (0.5 if words.endswith(" and a half") else 0.0)
