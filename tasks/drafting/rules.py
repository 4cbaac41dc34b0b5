"""
Sentences → questions with answers, by rules.

A rule asks for what a sentence says and takes the answer out of it, so that the question has the
rest: what is left over is what would make it wrong. Where a rule is not sure, it asks nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from tasks.drafting.asked import Drafted, asked_for
from tasks.drafting.clauses import Clause, clause_of, stands_alone
from tasks.drafting.deadlines import deadline
from tasks.drafting.definitions import definition, statement
from tasks.drafting.wording import ended, raised, turned
from tasks.drafting.words import any_of, one_of, words

_NUMBERED = re.compile(r"^(?:\(?(?:\d+(?:\.\d+)*|[a-z]|[ivx]+)[.)]\s+)+")
_PARTS = re.compile(r"; | [–—] |, but (?=(?:the|a|an|no|you|we|any|each|all|every) )")
_MEASURE = re.compile(
    r"(?<![\w-])(?P<bound>at least|at most|not more than|no more than|more than|not less than|"
    r"up to|a minimum of|a maximum of)? ?"
    r"(?P<number>\d[\d.,]*|two|three|four|five|six|seven|eight|nine|ten|"
    rf"twelve|twenty|thirty|forty|fifty) (?P<unit>{any_of('units')}\b"
    rf"|{any_of('time_units')}\b(?! (?:before|after|from|ahead|in advance|later|earlier|old)\b))"
    r"(?!['’])(?! of\b)"
)
_TORN = re.compile(
    r"\b(?:within|in|for|by|every|of|and|or|to|per|before|after|than|over|under|above|below|last|"
    r"next|first|exceeding|not|once|every|each)$"
)
_ONLY = re.compile(
    r"^(?P<before>.+?) only (?P<how>(?:if|when|where|with|after|during|between|on|in|at|for|by|"
    r"through|to|from|within|under|as|once|outside|before)\b .+)$"
)
_TELLING = re.compile(rf"\d|\b{any_of('telling')}\b")
_HEDGED = one_of("hedges")
_LIMITS = re.compile(r"^exceed\b|\b(?:not exceed|nor|no more|not more)\b")
_NAMELESS = re.compile(r"\w+ (?:it|them|this|these|those|him|her|so)\b")
_MODALS = ("may", "can", "must")
_CASES = ("if", "when", "where", "after", "once")
_NO_CASE = ("unless", "in ", "on ", "at ", "for ", "from ", "by ", "with ", "within ", "under ")
"""What a condition begins with that is no case of which is asked what to do."""


def asked_of(sentence: str, names: frozenset[str] = frozenset()) -> Iterator[Drafted]:
    """The questions that a sentence answers by itself, the surest first.

    Args:
        sentence: as it stands, numbered or not.
        names: words that keep their capital within a sentence (``wording.names_of``).
    """
    text = _NUMBERED.sub("", " ".join(sentence.split()))
    if not text[:1].isalpha() and text[:1] not in "“\"'‘":
        return
    defined = list(definition(text))
    yield from defined
    for part in _PARTS.split(text) if not defined else ():
        yield from _asked_of(part, names)


def _asked_of(sentence: str, names: frozenset[str]) -> Iterator[Drafted]:
    stated = list(statement(sentence, names))
    clause = None if stated else clause_of(sentence, names)
    yield from stated
    if clause is None or not stands_alone(clause.subject):
        return
    if not stands_alone(clause.condition, own=clause.behind):
        return
    found = [*deadline(clause), *_only(clause), *_what(clause), *_who(clause)]
    if not clause.told:
        found += _measure(clause)
        found = found or list(_whether(clause))
    for one in found:
        spoken = _spoken(clause, sentence)
        asks, told = (turned(x) if spoken else x for x in (one.question, one.told))
        yield replace(one, question=raised(asks), told=told)


def _spoken(clause: Clause, sentence: str) -> bool:
    """Whether a sentence speaks to its reader, or says what "we" do."""
    spoken = set(re.findall(r"[a-z]+", sentence.lower())) & {"you", "your", "yours"}
    return bool(spoken) or f"{clause.subject} ".startswith(("we ", "you ", "our ", "your "))


def _measure(clause: Clause) -> Iterator[Drafted]:
    """``must stand at least 40 metres from a road``"""
    found = list(_MEASURE.finditer(clause.predicate))
    if clause.negated or clause.only or clause.modal in ("will", "is", "are") or len(found) != 1:
        return
    match = found[0]
    before, after = clause.predicate[: match.start()].rstrip(), clause.predicate[match.end() :]
    several = ", and" in before + after or "after which" in after
    if several or not before or _TORN.search(before) or not stands_alone(before + after):
        return
    answer = ended(f"{match['bound'] or ''} {match['number']} {match['unit']}")
    yield asked_for("threshold", f"How many {match['unit']}", clause, before + after, answer)


def _only(clause: Clause) -> Iterator[Drafted]:
    """``may … only with``, ``may … unless``: the condition is the answer."""
    if not stands_alone(clause.predicate):
        return
    bare = replace(clause, condition="")
    inner = _ONLY.search(clause.predicate)
    asks = "Under what condition"
    usual = clause.modal in ("may", "can", "must", "will", "is", "are")
    if inner and usual and not clause.negated and not clause.condition:
        answer = ended(f"Only {inner['how']}")
        yield asked_for("condition", asks, clause, inner["before"], answer)
    elif clause.only and not clause.negated and clause.condition.startswith(_CASES):
        answer = ended(f"Only {clause.condition}")
        yield asked_for("condition", asks, bare, clause.predicate, answer)
    elif clause.negated and clause.condition.startswith("unless") and clause.modal in _MODALS:
        answer = ended(f"No, {clause.condition}")
        yield asked_for("permission", "", _permission(bare), clause.predicate, answer)


def _what(clause: Clause) -> Iterator[Drafted]:
    """What the subject must do, where the sentence says in which case."""
    case = clause.condition and not f"{clause.condition} ".startswith(_NO_CASE)
    if not clause.duty or not case or clause.passive or clause.predicate.startswith("have "):
        return
    named = stands_alone(clause.condition) and not _NAMELESS.match(clause.predicate)
    if named and len(clause.predicate.split()) >= 2:
        yield asked_for("obligation", "What", clause, "do", ended(clause.predicate))


def _who(clause: Clause) -> Iterator[Drafted]:
    """By whom it must be done."""
    last = re.split(r" (?:of|for|in|on|at) ", clause.subject)[0].split()[-1].lower()
    actor = last in words("actors") and re.match(r"(?:the|a|an) ", clause.subject)
    if not clause.duty or not actor or not stands_alone(clause.predicate):
        return
    if len(clause.predicate.split()) >= 4:
        asks = f"who {clause.modal} {clause.predicate} {clause.condition}".strip().rstrip(",")
        told = " ".join(asks.split())
        yield Drafted("actor", f"{raised(told)}?", ended(clause.subject), told)


def _whether(clause: Clause) -> Iterator[Drafted]:
    """Yes, or no, where the question can hold all else that the sentence says."""
    said = f"{clause.predicate} {clause.condition}"
    if clause.only or clause.modal in ("will", "should") or not stands_alone(clause.predicate):
        return
    if (
        _HEDGED.search(said)
        or _LIMITS.search(clause.predicate)
        or len(clause.predicate.split()) < 2
    ):
        return
    is_so = clause.modal in ("is", "are")
    if is_so and (", and " in clause.predicate or not (clause.negated or _TELLING.search(said))):
        return
    if clause.predicate.startswith("have "):
        return
    if clause.negated:
        yield asked_for("permission", "", _permission(clause), clause.predicate, "No.")
    else:
        kind = "permission" if clause.modal in ("may", "can") else "obligation"
        yield asked_for(kind, "", clause, clause.predicate, "Yes.")


def _permission(clause: Clause) -> Clause:
    """What must not be done, as it is asked for: may it?"""
    return replace(clause, modal="may") if clause.modal == "must" else clause
