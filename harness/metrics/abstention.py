"""
Does an answer say that the documents do not answer?

An answer abstains when one of its sentences, conditions left out, does one of these:

1. says of the sources (sections, passages, material, context, provisions given …), and of no duty,
   that they do not, or only, state something, leave it open or lack it: "The sections name none.";
2. says that nothing of the kind is stated, named, found …, without naming a law that would do
   so: "No deadline is given.", "That is not specified.";
3. says of anything that it does not say, state, specify or mention something;
4. says that it cannot be answered, or that the one who answers does not know.

A rule that denies ("The Act does not apply to …", "Micro-enterprises are not covered by …") and a
condition ("if the notice does not state the price, …") are no abstentions: what is denied there is
a duty or a scope, not that something was said. How often the detector errs, on labelled answers
it was not written with: ``tests/harness/metrics/test_abstention.py``.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.metrics.metric import MetricKind, Row, Value

_HERE = (
    r"(?:available|given|provided|supplied|quoted|retrieved|shown|at hand|on hand|cited|before me)"
)
_TEXT = r"(?:provisions?|articles?|rules?|parts?|paragraphs?|texts?|documents?|sources?|sections?)"
_SOURCE = (
    r"(?:sections|passages?|excerpts?|extracts?|(?:the|this|that) (?:context|material)s?|corpus|"
    rf"pages|papers|{_HERE} (?:\w+ )?{_TEXT}|{_TEXT} (?:(?:as|that are|that is) )?(?:{_HERE}|here)|"
    r"(?:the|these|those|my) (?:provisions|articles|documents|texts|sources|text))(?! \d)"
)
_NO = (
    r"(?:no|not|nothing|none|neither|nor|nowhere|never|without|only|merely|cannot|omits?|lacks?|"
    r"\w+n't)"
)
_STATED = (
    r"(?:said|stated|given|named|listed|reported|mentioned|specified|recorded|found|described|"
    r"reproduced|answered|explained|identified|cited|addressed|defined|settled|dealt with|set out|"
    r"provided|indicated|supplied)"
)
_SAY = r"(?:say|state|specif[yi]|mention|tell|answer|indicate|spell out|address|discuss|deal with)"
_NAME = r"(?:state|list|name|mention|report|cite|specif|describe|explain|cover|give)"

_DUTY = r"\b(?:must|shall|may (?:only|not)|appl(?:y|ies)|requires?)\b"

_OF_THE_SOURCES = (
    rf"\b{_SOURCE}\b(?!.*{_DUTY}).{{0,160}}?"
    rf"\b(?:{_NO}|silent|open|missing|absent|unanswered|pass over|stop at)\b",
    rf"\b(?:{_NO}|silent|missing|beyond|absent|left out|unclear|outside|look elsewhere)\b"
    rf".{{0,120}}?\b(?:in|from|by|of|on|what) (?:any of )?(?:the |these |those |this )?{_SOURCE}",
    rf"\b(?:no|none of the(?:se)?|not one|nothing in (?:the|these)) (?:\w+ )?{_SOURCE}\b",
    rf"\b(?:no|none of the(?:se)?) (?:\w+ )?{_TEXT} (?:\w+ ){{0,2}}?(?:{_SAY}|{_NAME}|sets?|go)",
    rf"\b(?:they|this) (?:\w+ ){{0,2}}?(?:do|does)(?:n't| not) {_NAME}",
)
_OF_ANYTHING = (
    r"\b(?:no|not one|neither) (?:[\w'’-]+,? ){0,8}?(?:is|are|was|were|can be) (?:\w+ )?"
    rf"{_STATED}\b(?! (?:by|under|from|in days))",
    rf"\b(?:(?:is|are|was|were) (?:not|nowhere)|(?:is|are|was|were)n't) (?:\w+ )?{_STATED}"
    r"\b(?! (?:by|under|from|to|as|in (?:days|hours|months)))",
    r"(?<!that )(?<!which )(?<!who )\b(?:do|does|did)(?:n't| not) (?:\w+ )?"
    r"(?:say|state|specify|mention|tell|answer|indicate|spell out)",
    r"\b(?:neither|nor|no) (?:[\w'’-]+ ){1,10}?(?:says?|states?|mentions?|tells?|appears?)\b",
    rf"\b{_NAME}(?:s|ies|y)? (?:no|nothing|neither) (?:\w+ )?"
    r"(?:answer|example|figure|date|deadline|amount|detail|number|name|reason|information|about)",
    r"\b(?:this|that) is not covered\b|\bno (?:mention|trace)\b",
    r"\b(?:is|are) missing(?: here| from)?\W*$",
    r"\b(?:not a word|nothing (?:is said|is stated|about|on|here)|silent (?:on|about)|gap here)\b",
    r"\b(?:stays?|remains?|left|leaves?(?: \w+){0,2}) (?:open|unanswered|unclear)\b(?! to)",
    r"\b(?:open question|not specified|not stated|unspecified\W*$)",
)
_OF_KNOWING = (
    r"^\W*unknown\W*$|\binformation is not available\b",
    r"\b(?:cannot|can't|could not|not possible to|impossible to|unable to) (?:\w+ ){0,2}?"
    r"(?:answer|tell|told|learn|say|said|determine|derive|establish|confirm|find|read)",
    r"\b(?:no|not enough|\w+n't enough|too little|insufficient|lacks?(?: the)?) "
    r"(?:information|basis|detail|data)\b",
    r"(?<!\")\bI(?:'m| am|'d)? "
    r"(?:do not|don't|cannot|can't|couldn't|unable|have no|have to guess|rather not)",
    r"\b(?:guesswork|speculat\w+|unanswerable|no idea|beats me|drawing a blank)\b",
)
_ABSTAINS = re.compile(
    "|".join(f"(?:{pattern})" for pattern in (*_OF_THE_SOURCES, *_OF_ANYTHING, *_OF_KNOWING)),
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|unless|where|when|whether or not|once|until|provided that|failure to)\b[^,;:]*[,;:]?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")


def abstains(answer: str) -> bool:
    """Whether ``answer`` says that the documents do not answer the question.

    A blank answer says nothing, and so does not abstain.
    """
    sentences = _SENTENCE_END.split(" ".join(answer.split()))
    return any(_ABSTAINS.search(_CONDITION.sub(" ", sentence)) for sentence in sentences)


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


@dataclass(frozen=True)
class OverRefusal:
    """Of the answerable questions whose context shows what answers them, those refused."""

    name: ClassVar[str] = "over_refusal"
    title: ClassVar[str] = "over-refusals"
    higher_is_better: ClassVar[bool] = False
    kind: ClassVar[MetricKind] = "rate"

    @property
    def signature(self) -> str:
        """All that could change a score, in one line."""
        return f"over_refusal:evidence-shown,{_rules()}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """1 or 0 of each row; None where its evidence is not shown, or not known."""
        return _refused(rows, shown=True)


@dataclass(frozen=True)
class Abstained:
    """Of the answerable questions that were not shown what answers them, those refused.

    An assistant that answers from what it is shown is right to refuse these.
    """

    name: ClassVar[str] = "abstained"
    title: ClassVar[str] = "abstained unshown"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "rate"

    @property
    def signature(self) -> str:
        """All that could change a score, in one line."""
        return f"abstained:evidence-not-shown,{_rules()}"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """1 or 0 of each row; None where its evidence is shown, or not known."""
        return _refused(rows, shown=False)


def _refused(rows: Sequence[Row], shown: bool) -> list[Value | None]:
    counts = (row.answerable and row.evidence_shown is shown for row in rows)
    return [
        float(abstains(row.answer)) if counted else None
        for row, counted in zip(rows, counts, strict=True)
    ]


def _rules() -> str:
    """What could change how an answer is judged."""
    rules = f"{_ABSTAINS.pattern} {_CONDITION.pattern} {_SENTENCE_END.pattern}"
    return f"rules@{hashlib.sha256(rules.encode()).hexdigest()[:8]}"
