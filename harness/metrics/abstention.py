"""
Does an answer, in English, say that the documents do not answer?

An answer abstains when one of its sentences, conditions and quotations left out:

1. says of the sources (sections, passages, material, context, provisions given …), and of no duty,
   that they do not, or only, state something, leave it open or lack it: "The sections name none.";
2. says that nothing of the kind is stated, named, found …, without naming a law that would do
   so: "No deadline is given.", "That is not specified.";
3. says of anything that it does not say, state, specify or mention something;
4. says that it cannot be answered, or that the one who answers does not know.

What is denied of a duty or a scope ("The Act does not apply to …"), in a condition ("if the notice
does not state the price, …") or of "systems that are not listed" is no abstention, and neither is a
verdict ("No. The provisions deal with …"). How often the detector errs, on labelled answers:
``tests/harness/metrics/test_abstention.py``.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.metrics.marks import Mark
from harness.metrics.metric import MetricKind, Row, Value
from harness.metrics.unemphasised import EMPHASIS, USUAL, unemphasised

# What only a text can do to its matter, and what else a text does that others do as well.
_SAY = (
    r"(?:says?|states?|specif(?:y|ies)|mentions?|tells?|answers?|indicates?|spells? out|sets? out|"
    r"describes?|explains?|discuss(?:es)?|deals? with|names?|lists?)"
)
_GIVE = r"(?:address|give|provide|contain|report|identif[yi]|cite|reproduce)(?:e?s)?"
_STATED = (
    r"(?:said|stated|given|named|listed|reported|mentioned|specified|recorded|found|described|"
    r"reproduced|answered|explained|identified|cited|addressed|defined|settled|dealt with|set out|"
    r"provided|indicated|supplied|discussed|considered(?! \w))"
)
_MATTER = r"(?:answer|description|details?|example|figures?|indication|mention|reference|trace)"
_SHOWN = r"(?:available|given|provided|supplied|quoted|retrieved|shown|described|cited|relevant)"
_TEXT = r"(?:provisions?|articles?|rules?|parts?|paragraphs?|texts?|documents?|sources?|sections?)"
_SOURCE = (
    r"(?:sections|passages?|excerpts?|extracts?|corpus|pages|papers|context(?! of)|what (?:I|was)|"
    rf"{_SHOWN} (?:\w+ )?{_TEXT}|{_TEXT} (?:(?:as|that are|that is) )?(?:{_SHOWN}|here)|"
    r"(?:the|this|these|my) (?:provisions|articles|documents?|texts?|sources|section|material)|"
    rf"they (?:{_SAY}|cover))\b(?! \d)"
)
_NONE = r"(?:no(?! (?:later|fewer|less|more)\b)|nothing|none|neither)"
_NO = rf"(?:{_NONE}|not|nor|nowhere|never|without|only|rather than|cannot|omits?|lacks?|\w+n't)"
_NOT = r"(?:(?:do|does|did)(?:n't| not)|nor (?:do|does|did)(?: \w+)?|never|fails? to)"
_IS = r"(?:is|are|was|were)"
_DUTY = r"\b(?:must|shall|should|may|appl(?:y|ies)|requires?)\b"

_OF_THE_SOURCES = (
    rf"\b{_SOURCE}(?![^,;:]*{_DUTY})(?:(?!\b(?:say|state)s? that\b).){{0,200}}?\b(?:{_NO}|"
    r"silent|open|missing|absent|unanswered|unclear|left out|pass over|"
    r"(?:stop|end)s? (?:at|before))\b",
    rf"\b(?:{_NO}|silent|missing|beyond|absent|left out|unclear|outside|elsewhere)\b.{{0,120}}?"
    rf"\b(?:in|from|by|of|on|what|among) (?:any of )?(?:the |these |those |this )?{_SOURCE}",
    rf"\b(?:no|none of the(?:se)?|not one|nothing in (?:the|these)) (?:\w+ )?"
    rf"(?:{_SOURCE}|section\b|{_TEXT} (?:\w+ ){{0,3}}?(?:{_SAY}|{_GIVE}|cover|set|go|is made))",
)
_OF_ANYTHING = (
    rf"\b(?:no|nothing|none|not one|neither) (?:[\w'-]+,? ){{0,8}}?"
    rf"(?:{_IS}|can be|ha(?:s|ve) been) (?:\w+ )?{_STATED}\b(?! (?:by|under|from|to|in days))",
    r"^\W*(?:n/a|unknown|unspecified)\W*$",
    rf"^\W*(?:\w+ )?not? (?:[\w'-]+ ){{0,2}}(?:{_STATED}|available|covered)\W*$",
    rf"\b{_IS}(?:n't| not| nowhere| never) (?:\w+ )?{_STATED}"
    r"\b(?! (?:by|under|from|to|as|without|in (?:days|hours|months|annex)))",
    rf"\b{_NOT},? (?:\w+,? )?{_SAY}",
    rf"\b(?:it|they|this) {_NOT} (?:\w+ )?{_GIVE}(?! for\b)|\bthey {_NOT} (?:cover|include|define)",
    rf"\b{_NOT} (?:\w+ )?{_GIVE} (?:an?|any|the) (?:\w+ )?"
    rf"(?:{_MATTER}|amount|date|deadline|definition|guidance|information|number|time)\b",
    rf"\b(?:{_SAY}|{_GIVE}) {_NONE}\b",
    r"\b(?:neither|nor|no) (?:[\w'-]+ ){1,10}?(?:says|mentions|tells|appears?)\b",
    rf"\b{_NOT} appear\b|\b(?:this|that) is not covered\b|\bno (?:\w+ )?{_MATTER}\b",
    r"\b(?:but not|without (?:say|stat|describ|specify)ing) (?:how|who|what|which|why)\b",
    r"\b(?:nothing (?:about|on|here)|not a word|silent (?:on|about)|it is unclear|missing here)\b",
    r"\b(?:stays?|remains?|left|leaves?(?: \w+){0,2}) (?:open|unanswered|unclear)\b(?! to)",
)
_OF_KNOWING = (
    r"\b(?:cannot|can't|could not|(?:not possible|impossible|unable|not able) to) (?:\w+ ){0,2}?"
    r"(?:answer|tell|told|say(?! that)|said|determine|derive|confirm|find|described(?! as))",
    r"\b(?:no(?! data)|not enough|\w+n't enough|too little|insufficient|lacks?(?: the)?) "
    r"(?:information|basis|context|detail|data)\b(?!(?: \w+){0,4} (?:may|must|shall|can)\b)",
    r"\bI(?:'m| am|'d| would)? (?:do not|don't|cannot|can't|couldn't|unable|have no|rather not)",
    r"\b(?:hard to say|guess(?:ing|work)?|speculat\w+|unanswerable|no idea|beats me|"
    r"open question)\b",
)
_ABSTAINS = re.compile(
    "|".join(f"(?:{pattern})" for pattern in (*_OF_THE_SOURCES, *_OF_ANYTHING, *_OF_KNOWING)),
    re.IGNORECASE,
)
_SET_ASIDE = re.compile(
    r"\b(?:if|unless|where|when|whether or not|once|until|provided that|because|failure to)\b"
    r"[^,;:]*[,;:]?"
    r"|(?<=\w )(?:that|which|who) (?:cannot|(?:is|are|was|were|do|does|did|has|have)(?:n't| not))\b"
    r"|\"[^\"]*\"",
    re.IGNORECASE,
)
# A verdict is an answer, unless it is drawn from silence.
_VERDICT = re.compile(
    rf"(?:yes|no)\.(?!.*(?:\bso\b.*\b{_IS} (?:not|never) {_STATED}|"
    rf"\b{_SOURCE}[^,.]* (?:{_NOT} {_SAY}|{_SAY} nothing)))",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")


def abstains(answer: str) -> bool:
    """Whether ``answer`` says that the documents do not answer the question.

    A blank answer says nothing, and so does not abstain.
    """
    return bool(abstaining_spans(answer))


def abstaining_spans(answer: str) -> list[tuple[int, int]]:
    """Where the sentences stand by which ``answer`` abstains: start and end, in characters."""
    read = unemphasised(answer)
    words = list(re.finditer(r"\S+", read.text))
    line = " ".join(word[0] for word in words)
    if _VERDICT.match(line):
        return []
    # Of each character of the line, and of its end, where it stands in what is read.
    places = [place for word in words for place in range(word.start(), word.end() + 1)]
    ends = [found.span() for found in _SENTENCE_END.finditer(line)]
    starts, stops = [0, *(after for _, after in ends)], [*(end for end, _ in ends), len(line)]
    return [
        read.written(places[start], places[stop])
        for start, stop in zip(starts, stops, strict=True)
        if _ABSTAINS.search(_SET_ASIDE.sub(" ", line[start:stop]))
    ]


@dataclass(frozen=True)
class FalseAnswer:
    """Of the questions that no section answers, those that were answered all the same."""

    name: ClassVar[str] = "false_answer"
    title: ClassVar[str] = "false answers"
    higher_is_better: ClassVar[bool] = False
    kind: ClassVar[MetricKind] = "rate"

    @property
    def signature(self) -> str:
        """All that could change a score, in one line."""
        return f"false_answer:{_rules()}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """1 or 0 of each row; None where some section answers its question."""
        return [None if row.answerable else float(not abstains(row.answer)) for row in rows]

    def marks(self, row: Row) -> list[Mark]:
        """The sentences that abstain, of a row that has a value."""
        return _marks(row.answer) if self.score([row])[0] is not None else []


@dataclass(frozen=True)
class Refusals:
    """Of the answerable questions whose context shows what answers them, or does not, those that
    were refused."""

    name: str
    title: str
    higher_is_better: bool
    shown: bool
    """Whether the context of those that count shows it."""
    kind: ClassVar[MetricKind] = "rate"

    @property
    def signature(self) -> str:
        """All that could change a score, in one line."""
        return f"{self.name}:evidence-{'' if self.shown else 'not-'}shown,{_rules()}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """1 or 0 of each row; None of one that does not count, or whose evidence is not known."""
        return [
            float(abstains(row.answer))
            if row.answerable and row.evidence_shown is self.shown
            else None
            for row in rows
        ]

    def marks(self, row: Row) -> list[Mark]:
        """The sentences that abstain, of a row that has a value."""
        return _marks(row.answer) if self.score([row])[0] is not None else []


OVER_REFUSAL = Refusals("over_refusal", "over-refusals", higher_is_better=False, shown=True)
# An assistant that answers from what it is shown is right to refuse these.
ABSTAINED = Refusals("abstained", "abstained unshown", higher_is_better=True, shown=False)


def _marks(answer: str) -> list[Mark]:
    return [Mark("answer", start, end, "abstention") for start, end in abstaining_spans(answer)]


def _rules() -> str:
    """What could change how an answer is judged."""
    patterns = (_ABSTAINS, _SET_ASIDE, _VERDICT, _SENTENCE_END, EMPHASIS)
    rules = " ".join([*(one.pattern for one in patterns), repr(USUAL)])
    return f"rules@{hashlib.sha256(rules.encode()).hexdigest()[:8]}"
