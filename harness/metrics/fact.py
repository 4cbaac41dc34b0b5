"""
Facts: what an answer must commit to, one by one, and whether an English answer does.

A fact is found, contradicted (another number for the same thing, the opposite yes or no), or
neither. Whether a text of rules can tell: docs/results has how often it errs, on labelled answers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import ConfigDict

from harness.metrics.provisions import paths, provisions, within
from harness.metrics.quantities import CURRENCIES, NO_NOUNS, Quantity, quantities, stem
from harness.metrics.unemphasised import unemphasised

FactKind = Literal[
    "yes-no", "percentage", "date", "duration", "amount", "number", "provision", "term"
]
Span = tuple[int, int]
"""Start and end in a text, in characters."""

_NO_DENIAL = r"(?! (?:later|earlier|more|less|fewer|only))"
"""Of "no" and "not" before them: "no later than 72 hours" denies nothing."""
_SAYS_YES = (
    r"yes\b|(?:it|you|they|we|he|she|both|each|all) (?:\w+ )?"
    r"(?:do|does|did|is|are|was|were|may|might|can|could|must|shall|will|would|should|has|have)"
    r"(?: be)?(?=[,.;:])"
)
_SAYS_NO = (
    r"no(?=[^\S\n]*(?:[,.;:!–—(\n-]|$)| it | they | you | we | this | that )"
    rf"|not\b{_NO_DENIAL}|neither\b"
    r"|(?:it|you|they|we|he|she|this|that) (?:cannot|(?:\w+ )?\w+(?:n't| not)\b)"
)
_VERDICT = re.compile(
    r"^\W*(?:[^.!?;:,\n]{1,80}, (?=(?:yes|no)(?:[,.;:!–—(]|$)))?"
    r"(?:(?:the )?(?:short )?answer(?: is)?\W+)?(?:\(?[a-d1-4][.)\]]\s*)?"
    r"(?:(?:generally|normally|probably|usually|ordinarily|in principle|as a rule|mostly),? )?"
    rf"(?:(?P<yes>{_SAYS_YES})|(?P<no>{_SAYS_NO}))",
    re.IGNORECASE,
)
# "The treaty does not create new causes of action" answers no if that was asked.
_AUXILIARY = re.compile(
    r"\b(?:(?P<cannot>cannot|(?:ca|wo|sha)n't)"
    r"|(?:does|do|did|is|are|may|can|could|must|need|shall|will|would|should|has|have)"
    rf"(?P<no>n't| never| (?:no|not)\b{_NO_DENIAL})?)\b(?P<clause>[^.!?;:,]*)",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    rf"\b(?:(?:no|not)\b{_NO_DENIAL}|(?:never|nor|neither|none|nothing|cannot)\b)|n't\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?;:]*")
_RESTATED = 0.8
"""Share of a clause's own words, at least, that a question has whose verdict it is."""
_FEWEST = 2
"""Of them, at least."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ARTICLES = frozenset(("a", "an", "the"))
RULES = "rules-7"
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
        self.quantities = quantities(text)
        self.provisions = provisions(text)
        self._unemphasised = unemphasised(text)
        self._text = text

    @cached_property
    def _words(self) -> list[tuple[str, Span]]:
        """The stem of each word but articles, and where it stands."""
        found = _WORD.finditer(self._text)
        return [(stem(one[0]), one.span()) for one in found if one[0].lower() not in _ARTICLES]

    def verdict(self, question: str = "") -> YesNo | None:
        """What it says first of a yes-no question, by its first words or by what it says again of
        what was asked."""
        read = self._unemphasised
        said = _verdict_of(read.text) or _restated(unemphasised(question).text, read.text)
        return said and YesNo(said.says, read.written(*said.span))

    def term(self, term: str) -> Span | None:
        """Where the words of a term stand in a row, whatever their endings of a plural."""
        wanted = [stem(word) for word in _WORD.findall(term) if word.lower() not in _ARTICLES]
        for place in range(len(self._words) - len(wanted) + 1):
            there = self._words[place : place + len(wanted)]
            if wanted and [word for word, _ in there] == wanted:
                return there[0][1][0], there[-1][1][1]
        return None


def _verdict_of(text: str) -> YesNo | None:
    said = _VERDICT.match(text)
    if not said:
        return None
    says: Literal["yes", "no"] = "yes" if said["yes"] else "no"
    return YesNo(says, said.span(says))


def _restated(question: str, text: str) -> YesNo | None:
    """The verdict of a first sentence that says again what was asked, or denies it."""
    first = _SENTENCE.match(text)
    sentence = first[0] if first else ""
    asks = text[len(sentence) :].startswith("?") or sentence in question
    clause = None if asks else _AUXILIARY.search(sentence)
    own = _own_words(clause["clause"]) if clause else set()
    if not clause or len(own) < _FEWEST:
        return None
    if len(own & _own_words(question)) < _RESTATED * len(own):
        return None
    if _DENIAL.search(f"{sentence[: clause.start()]} {clause['clause']}"):
        return None  # "No need arises", "must never": of what it is, only a reader can tell.
    denied = clause["no"] or clause["cannot"]
    return YesNo("no" if denied else "yes", (clause.start(), clause.start("clause")))


def _own_words(text: str) -> set[str]:
    return {stem(word) for word in _WORD.findall(text)} - NO_NOUNS


def judged(facts: Sequence[Fact], question: str, text: str) -> list[Judged]:
    """What of each fact an answer to a question has.

    A number that contradicts one fact is none that the question states or another fact is of.
    """
    answer = ReadText(text)
    taken = [*(one for fact in facts for one in _stated(fact)), *quantities(question)]
    others = [one for one in answer.quantities if not any(one.same(known) for known in taken)]
    verdict = answer.verdict(question)
    return [_judged(fact, answer, others, verdict) for fact in facts]


def _judged(
    fact: Fact, answer: ReadText, others: Sequence[Quantity], verdict: YesNo | None
) -> Judged:
    if fact.kind == "yes-no":
        return _verdict(fact, verdict)
    found = next(_found(fact, answer), None)
    if found or fact.kind in ("provision", "term"):
        return Judged(fact, found)
    stated = _stated(fact)
    instead = next((one for one in others if any(_of_one_thing(one, x) for x in stated)), None)
    return Judged(fact, None, (instead.start, instead.end) if instead else None)


def _verdict(fact: Fact, verdict: YesNo | None) -> Judged:
    if not verdict:
        return Judged(fact, None)
    if verdict.says == fact.value.lower():
        return Judged(fact, verdict.span)
    return Judged(fact, None, verdict.span)


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
        measured = fact.kind not in ("term", "provision") and quantities(text)
        span = None if measured else answer.term(text)
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
