"""
Answers against their evidence, and questions against their answers.

All by words and digits: nothing here needs a model.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from tasks.checking.findings import Finding, Folder

COPIED_WORDS = 12
"""Words in a row, at least, that make a copy."""
GIVEN_AWAY = 0.7
"""Share of an answer's own words, at least, that its question gives away."""
FEWEST_WORDS = 4
"""Words of its own an answer has, at least, to be tested for what its question gives away."""

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_DATE = re.compile(
    rf"\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH} \d{{4}}|{_MONTH} \d{{1,2}}(?!\d)(?:, \d{{4}})?"
)
_NUMBER = re.compile(r"\d{1,3}(?: \d{3})+(?!\d)|\d[\d.,]*\d|\d")
_UNIT = re.compile(
    r"[ -]?(%|per ?cent|hundred|thousand|million|billion|trillion|"
    r"(?:(?:calendar|working|business) )?(?:minute|hour|day|week|month|year)s?)(?![a-z])",
    re.IGNORECASE,
)
_PERIODS = ("minute", "hour", "day", "week", "month", "year")
_RANGE = re.compile(r" ?(?:-|to|and|or) ?(?=\d)", re.IGNORECASE)
_CURRENCY = re.compile(r"([A-Z]{3}|[€$£¥]) ?$")
_ANY_CURRENCY = re.compile(r"\b[A-Z]{3}\b|[€$£¥]")
_CODES = frozenset("AUD BRL CAD CHF CNY EUR GBP INR JPY SGD USD".split())  # noqa: SIM905
_CURRENCY_NAMES = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a about all an and any are as at be been before but by can do does each for from had has "
        "have how if in into is it its may more must no not of on only or other our out own shall "
        "should so such than that the their them then there they this to under up us was we were "
        "what when where which who whom why will with within without would yes you your",
    )
)


def answer_findings(folder: Folder) -> Iterator[Finding]:
    """What is wrong with answers that have evidence, and with questions that have an answer."""
    for one in folder.questions:
        question = one.question
        evidence = folder.evidence(question)
        cited = question.citations if question.references and evidence else []
        for citation in cited:
            if not _stands_in(_plain(citation), _plain(evidence)):
                message = f"{citation!r} stands nowhere in its evidence"
                yield Finding("citation", one.place, message)
        titles = [
            folder.sections[i].framework_title for i in question.evidence if i in folder.sections
        ]
        known = " ".join([*titles, *question.citations])
        for answer in question.references:
            # The year of a law stands in its title.
            where = " ".join([evidence, *titles])
            for value in missing_values(answer, where) if evidence else ():
                message = f"{value!r} stands nowhere in its evidence"
                yield Finding("number", one.place, message)
            copied = longest_copy(answer, evidence)
            # Further ones may: among them may well be the section's own words.
            if len(copied) >= COPIED_WORDS and answer == question.answer:
                message = f"{len(copied)} words in a row: {' '.join(copied[:8])!r} …"
                yield Finding("copy", one.place, message)
            share = given_away(question.question, answer, known)
            if share >= GIVEN_AWAY and question.answerable:
                message = f"the question holds {share:.0%} of the words of its answer"
                yield Finding("give-away", one.place, message)


def missing_values(answer: str, evidence: str) -> list[str]:
    """The numbers, dates and amounts of ``answer`` that are not in ``evidence``, digit for digit.

    Numbers in digits, that is. One with a unit (a period, a percentage, millions) must stand there
    with that unit, and one with a currency with that currency, unless the evidence has no other.
    """
    answer, evidence = _plain(answer), _plain(evidence)
    missing = [date for date in _DATE.findall(answer) if not _stands_in(date, evidence)]
    known = {(value.number, value.unit) for value in _values(evidence)}
    numbers = {number for number, _ in known}
    amounts = {(value.currency, value.number) for value in _values(evidence)}
    # Of a price list the currency stands in the head of a column, or in its first line.
    only = {_CURRENCY_NAMES.get(one, one) for one in _ANY_CURRENCY.findall(evidence)} & _CODES
    for value in _values(_DATE.sub(" ", answer)):
        if (value.number, value.unit) not in known and (value.unit or value.number not in numbers):
            missing.append(f"{value.number} {value.unit}".strip())
        elif (
            value.currency
            and only != {value.currency}
            and (value.currency, value.number) not in amounts
        ):
            missing.append(f"{value.currency} {value.number}")
    return list(dict.fromkeys(missing))


def longest_copy(answer: str, evidence: str) -> list[str]:
    """The longest run of words that both have, in lower case."""
    ours, theirs = _words(answer), _words(evidence)
    match = SequenceMatcher(None, ours, theirs, autojunk=False).find_longest_match()
    return ours[match.a : match.a + match.size]


def given_away(question: str, answer: str, known: str) -> float:
    """The share of the answer's own words that the question holds, in [0, 1].

    Its own are all but stop words and those of ``known``: the framework's title and citations.
    """
    own = {w for w in _words(answer) if w not in STOP_WORDS} - set(_words(known))
    if len(own) < FEWEST_WORDS:
        return 0.0
    return len(own & set(_words(question))) / len(own)


@dataclass(frozen=True)
class _Value:
    number: str
    unit: str
    currency: str


def _values(text: str) -> list[_Value]:
    """Each number of a text with its unit and currency, if it has any."""
    values: list[_Value] = []
    unit_of_range = ""
    for match in reversed(list(_NUMBER.finditer(text))):
        unit = _UNIT.match(text, match.end())
        name = unit[1].lower().split()[-1].rstrip("s") if unit else ""
        name = "%" if name in ("percent", "cent") else name
        # "5 to 10 days" is 5 days, too; "EUR 500 or 2%" is no 500%.
        if not name and _RANGE.match(text, match.end()) and unit_of_range in _PERIODS:
            name = unit_of_range
        unit_of_range = name
        currency = _CURRENCY.search(text[: match.start()])
        code = _CURRENCY_NAMES.get(currency[1], currency[1]) if currency else ""
        values.append(_Value(match[0], name, code if code in _CODES else ""))
    return values[::-1]


def _stands_in(text: str, evidence: str) -> bool:
    """Whether ``text`` stands in ``evidence``, and not as a part of a longer word or number."""
    before = r"(?<!\w)" if text[:1].isalnum() else ""
    after = r"(?!\w)" if text[-1:].isalnum() else ""
    return re.search(before + re.escape(text) + after, evidence) is not None


def _plain(text: str) -> str:
    """The text on one line, with plain spaces and hyphens."""
    return re.sub(r"[\u2010-\u2013]", "-", " ".join(text.split()))


def _words(text: str) -> list[str]:
    return re.findall(r"\d[\d.,]*\d|\w+", text.lower())
