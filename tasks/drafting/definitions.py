"""Sentences that say what a word means, or what something is or costs → questions."""

import re
from collections.abc import Iterator

from tasks.drafting.asked import Drafted
from tasks.drafting.clauses import (
    ANOTHER_CLAUSE,
    imperative,
    is_subject,
    stands_alone,
)
from tasks.drafting.wording import ended, lowered, raised, spelt_out, turned
from tasks.drafting.words import any_of

_DEFINED = re.compile(
    r"(?:In (?:this|these) [^,]+, )?(?:[Aa]n? |[Tt]he )?[\"“'‘](?P<term>[^\"”'’]{2,60})[\"”'’] "
    r"(?P<verb>means|is|are|refers to|includes|stands for) (?P<rest>.+)"
)
_DEFINED_PLAIN = re.compile(
    r"(?P<term>(?:An? |The )?[\w'’-]+(?: [\w'’-]+){0,4}) (?:means|refers to) (?P<rest>.+)"
)
_STATED = re.compile(
    r"(?P<subject>(?:The|A|An|Our|Your|Each|Every) [^,;:()]+?) (?P<verb>is|are) "
    r"(?P<value>(?:at least |at most |up to |no more than |not more than |limited to |"
    r"a maximum of |a minimum of |set at |fixed at )?"
    rf"(?:[€£$]\s?\d|[A-Z]{{3}}\s?\d|\d|{any_of('small_numbers')}\b)[^;]*?)\.?"
)
_TIME = r"\b(?:minute|hour|day|week|month|year)s?\b"
_PRESENT = {
    # What follows the verb; how it is asked for, with which verb, and of what kind that is.
    r"costs? (?P<found>(?:[^,;]*?\d|nothing).*)": ("How much", "cost", "threshold"),
    rf"lasts? (?P<found>(?:for )?.*{_TIME}.*)": ("How long", "last", "deadline"),
    r"takes? (?P<found>(?:about |up to |at least |at most )?(?:\d|an? |one|two|three|four|five|six|"
    rf"seven|eight|nine|ten).*{_TIME})": ("How long", "take", "deadline"),
    r"appl(?:y|ies) (?:only )?to (?P<found>.+)": ("What", "apply to", "scope"),
    r"covers? (?P<found>.+)": ("What", "cover", "scope"),
    r"governs? (?P<found>.+)": ("What", "govern", "scope"),
    r"(?P<verb>starts?|begins?|ends?|opens?|closes?|expires?|lapses?|takes? effect|enters? into "
    r"force|comes? into (?:force|operation)|falls? due)(?P<found> (?:on|at|from|after|when|as soon "
    r"as|with effect from) .+)": ("When", "", "deadline"),
    r"runs? (?P<found>from .+ to .+)": ("When", "run", "deadline"),
}
_SUBJECT = r"(?P<subject>(?:(?:The|An?|Our|Your|Each|Every|All|This) )?[\w'’-]+(?: [\w'’-]+){0,7}?)"
_SENTENCES = [(re.compile(rf"{_SUBJECT} {verb}\.?"), *asked) for verb, asked in _PRESENT.items()]
_SINGULAR = re.compile(
    r"(?:cost|last|take|applie|cover|govern|start|begin|end|open|close|expire|lapse|enter|come|fall|"
    r"run)s"
)
_OTHER_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|who|which|that|must|may|shall|will|can|should|not|never|and|"
    r"ones?)\b",
    re.IGNORECASE,
)
_SECOND = re.compile(rf"{ANOTHER_CLAUSE.pattern}|,? and \w+s (?:on|at|from|to|by|in)\b")
"""Where a second thing is said of the same subject."""


def definition(sentence: str) -> Iterator[Drafted]:
    """``“Berth” means a numbered stretch of quay.``"""
    match = _DEFINED.fullmatch(sentence)
    if match:
        verb = "include" if match["verb"] == "includes" else "mean"
        asks, told = (f"{before} “{match['term']}” {verb}" for before in ("What does", "what"))
        yield Drafted("definition", f"{asks}?", ended(match["rest"].rstrip(".;")), f"{told}s")
        return
    plain = _DEFINED_PLAIN.fullmatch(sentence)
    if plain is None or not stands_alone(plain["term"]) or plain["rest"].startswith("that "):
        return
    if len(plain["rest"].split()) >= 4:
        term = re.sub(r"^(?:an?|the) ", "", plain["term"], flags=re.IGNORECASE)
        term = term.lower() if term[1:].islower() else term
        yield Drafted("definition", f"What does “{term}” mean?", ended(plain["rest"].rstrip(".;")))


def statement(sentence: str, names: frozenset[str]) -> Iterator[Drafted]:
    """``The deposit is 40 euros.``, ``A day ticket costs 18 crowns.``"""
    match = _STATED.fullmatch(sentence)
    if match and len(sentence.split()) <= 30 and _is_stated_of(match["subject"]):
        subject = turned(lowered(match["subject"], names))
        asks, told = f"What {match['verb']} {subject}?", f"what {subject} {match['verb']}"
        yield Drafted("threshold", asks, ended(match["value"]), told)
        return
    yield from _present(spelt_out(sentence), names)


def _is_stated_of(subject: str) -> bool:
    other = re.search(r"\b(?:is|are|was|were|which|who|that|has|have)\b", subject)
    return stands_alone(subject) and not other


def _present(text: str, names: frozenset[str]) -> Iterator[Drafted]:
    for pattern, opening, base, kind in _SENTENCES if len(text.split()) <= 40 else ():
        match = pattern.fullmatch(text)
        if match is None or not _acts(match["subject"]):
            continue
        verb = text[match.end("subject") + 1 :].split()[0]
        does = "does" if _SINGULAR.fullmatch(verb) else "do"
        subject = lowered(match["subject"], names)
        asks = f"{opening} {does} {subject} {base or _base(match['verb'])}?"
        found = _SECOND.split(match["found"].removeprefix("you "))[0]
        yield Drafted(kind, raised(turned(asks)), ended(found))
        return


def _acts(subject: str) -> bool:
    sure = is_subject(subject) and stands_alone(subject) and not imperative(subject)
    return sure and not _OTHER_VERB.search(subject)


def _base(verb: str) -> str:
    first, _, rest = verb.partition(" ")
    return f"{first.removesuffix('s')} {rest}".strip()
