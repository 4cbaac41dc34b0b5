"""Numbers in words, independently of what reads them."""

import re

ONES: list[str] = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
)
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SPELLINGS = ("digits", "commas", "spaces", "words", "plain words", "Capitals")
"""The ways in which ``spelled`` writes."""


def in_words(number: int, hyphen: str = "-", between: str = " and ") -> str:
    """``two hundred and fifty-one``, up to a billion."""
    for scale, name in ((10**6, "million"), (1000, "thousand")):
        if number >= scale:
            rest = in_words(number % scale, hyphen, between) if number % scale else ""
            return f"{in_words(number // scale, hyphen, between)} {name} {rest}".strip()
    if number >= 100:
        rest = in_words(number % 100, hyphen, between) if number % 100 else ""
        return f"{ONES[number // 100]} hundred" + (between + rest if rest else "")
    if number < 20:
        return ONES[number]
    return TENS[number // 10] + (hyphen + ONES[number % 10] if number % 10 else "")


def spelled(number: int, spelling: str) -> str:
    """A number in one of ``SPELLINGS``."""
    return {
        "digits": str(number),
        "commas": f"{number:,}",
        "spaces": f"{number:,}".replace(",", " "),
        "words": in_words(number),
        "plain words": in_words(number, " ", " "),
        "Capitals": in_words(number).capitalize(),
    }[spelling]
