"""
Facts: what an answer must commit to, one by one, and whether an English answer does.

A fact is found, contradicted (another number for the same thing, the opposite yes or no), or
neither. Whether a text of rules can tell: docs/results has how often it errs, on labelled answers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

from harness.metrics.provisions import paths, provisions, within
from harness.metrics.quantities import CURRENCIES, Quantity, quantities, stem

FactKind = Literal[
    "yes-no", "percentage", "date", "duration", "amount", "number", "provision", "term"
]
Span = tuple[int, int]
"""Start and end in a text, in characters."""

_SAYS_YES = (
    r"yes\b|(?:it|you|they|we|he|she|both|each|all) (?:\w+ )?"
    r"(?:do|does|can|may|must|is|are|will|should)(?=[,.;:])"
)
_SAYS_NO = (
    r"no(?=\s*(?:[,.;:!–—(-]|$)| it | they | you | we | this | that )"
    r"|not\b(?! (?:later|earlier|more|less|only))|neither\b"
    r"|(?:it|you|they|we|he|she|this|that) (?:cannot|(?:\w+ )?\w+(?:n't| not)\b)"
)
_VERDICT = re.compile(
    r"^\W*(?:(?:the )?(?:short )?answer(?: is)?\W+)?"
    r"(?:(?:generally|normally|probably|usually|ordinarily|in principle|as a rule|mostly),? )?"
    rf"(?:(?P<yes>{_SAYS_YES})|(?P<no>{_SAYS_NO}))",
    re.IGNORECASE,
)
# "The treaty does not create …" is a no as well: the first auxiliary of the first sentence tells.
_AUXILIARY = re.compile(
    r"\b(?:does|do|did|is|are|was|were|may|can|could|must|need|shall|will|would|should|has|have)\b"
    r"(?P<no>n't| not\b)?|(?P<cannot>\bcannot\b|\b\w+n't\b)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?;:]*")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ARTICLES = frozenset(("a", "an", "the"))
RULES = "rules-3"
"""Of this module and of those it reads texts with, in signatures: raised with any change."""


@dataclass(frozen=True)
class Fact:
    """One thing that a right answer has."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    kind: FactKind
    value: str
    """As text: ``yes``, ``72 hours``, ``Article 83(5)``, ``Commissioner``."""
    also: tuple[str, ...] = ()
    """Other ways to say just that."""


def fact_of(text: str) -> Fact:
    """The fact that a text as ``no``, ``72 hours``, ``Article 33`` or ``the Commissioner`` is."""
    if text.lower() in ("yes", "no"):
        return Fact("yes-no", text.lower())
    if provisions(text):
        return Fact("provision", text)
    stated = quantities(text)
    return Fact(stated[0].kind if stated else "term", text)


@dataclass(frozen=True)
class Judged:
    """What of a fact an answer has."""

    fact: Fact
    found: Span | None
    contradicted: Span | None = None
    """What stands there in its place."""


@dataclass(frozen=True)
class YesNo:
    """What a text begins by saying of a yes-no question."""

    says: Literal["yes", "no"]
    span: Span


class ReadText:
    """A text that facts are looked for in, read once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.quantities = quantities(text)
        self.provisions = provisions(text)
        self.verdict = _verdict_of(text)
        self._words = [
            (stem(match[0]), match.span())
            for match in _WORD.finditer(text)
            if match[0].lower() not in _ARTICLES
        ]

    def term(self, term: str) -> Span | None:
        """Where the words of a term stand in a row, whatever their endings of a plural."""
        wanted = [stem(word) for word in _WORD.findall(term) if word.lower() not in _ARTICLES]
        for place in range(len(self._words) - len(wanted) + 1):
            there = self._words[place : place + len(wanted)]
            if wanted and [word for word, _ in there] == wanted:
                return there[0][1][0], there[-1][1][1]
        return None


def _verdict_of(text: str) -> YesNo | None:
    if said := _VERDICT.match(text):
        says: Literal["yes", "no"] = "yes" if said["yes"] else "no"
        return YesNo(says, said.span(says))
    first = _SENTENCE.match(text)
    auxiliary = _AUXILIARY.search(first[0]) if first else None
    if auxiliary and (auxiliary["no"] or auxiliary["cannot"]):
        return YesNo("no", auxiliary.span())
    return None


def judged(facts: Sequence[Fact], question: str, text: str) -> list[Judged]:
    """What of each fact an answer to a question has.

    A number that contradicts one fact is none that the question states or another fact is of.
    """
    answer = ReadText(text)
    taken = [one for fact in facts for one in _stated(fact)] + quantities(question)
    others = [one for one in answer.quantities if not any(one.same(known) for known in taken)]
    return [_judged(fact, answer, others) for fact in facts]


def _judged(fact: Fact, answer: ReadText, others: Sequence[Quantity]) -> Judged:
    if fact.kind == "yes-no":
        return _verdict(fact, answer)
    found = next(_found(fact, answer), None)
    if found or fact.kind in ("provision", "term"):
        return Judged(fact, found)
    stated = _stated(fact)
    instead = next((one for one in others if any(_of_one_thing(one, x) for x in stated)), None)
    return Judged(fact, None, (instead.start, instead.end) if instead else None)


def _verdict(fact: Fact, answer: ReadText) -> Judged:
    if not answer.verdict:
        return Judged(fact, None)
    if answer.verdict.says == fact.value.lower():
        return Judged(fact, answer.verdict.span)
    return Judged(fact, None, answer.verdict.span)


def _found(fact: Fact, answer: ReadText) -> Iterator[Span]:
    """Where an answer says what a fact says."""
    if fact.kind == "provision":
        wanted = paths((fact.value, *fact.also))
        for named in answer.provisions:
            if any(within(named.path, path) for path in wanted):
                yield named.start, named.end
        if wanted:
            return
    for stated in _stated(fact):
        for one in answer.quantities:
            if one.same(stated) and (one.kind != "number" or _may_count(one, stated)):
                yield one.start, one.end
    for text in (fact.value, *fact.also):
        # "1%" is not found in "Tier 1".
        span = None if fact.kind != "term" and quantities(text) else answer.term(text)
        if span:
            yield span


def _stated(fact: Fact) -> list[Quantity]:
    """The quantities that a fact states; none of a fact of words."""
    if fact.kind in ("yes-no", "provision", "term"):
        return []
    return [one for text in (fact.value, *fact.also) for one in quantities(text)]


def _may_count(one: Quantity, other: Quantity) -> bool:
    """Whether two equal numbers may count one thing: unless both say of what, and differ."""
    return not (one.nouns and other.nouns) or bool(set(one.nouns) & set(other.nouns))


def _of_one_thing(one: Quantity, other: Quantity) -> bool:
    """Whether a quantity may stand where another should: a duration in any unit, a sum in any
    currency, a number of the same noun."""
    if one.kind != other.kind:
        return False
    if one.kind == "number":
        return bool(set(one.nouns) & set(other.nouns))
    money = one.unit in CURRENCIES and other.unit in CURRENCIES
    return one.kind != "amount" or one.unit == other.unit or money
