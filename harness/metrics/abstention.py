"""
Does an answer say that the documents do not answer?

An answer abstains when one of its sentences denies, in one of these ways, that the sources hold it:

1. a source (sections, passages, context, material, documents …) is said not to state, cover or
   give something: "The sections on fines do not name any company.";
2. nothing in the sources does: "No section covers …", "None of the passages says …";
3. whatever its subject, something is not said, stated, specified or mentioned: "The Act does not
   say how often.";
4. it cannot be answered, or the one who answers does not know.

A rule of law that denies ("The Act does not apply to …", "Section 5 does not require …") is no
abstention: what is denied there is a duty or a scope, not that something was said. How often the
detector errs on its labelled set: ``tests/harness/metrics/test_abstention.py``.
"""

import re

_SOURCE = (
    r"(?:sections?|passages?|contexts?|excerpts?|materials?|documents?|sources?|corpus|text|"
    r"(?:available|given|provided|present|supplied) (?:provisions?|articles?|rules?|parts?)|"
    r"(?:provisions?|articles?|rules?|parts?) (?:available|given|provided|here|at hand|supplied))"
)
_NOT = r"(?:(?:do|does|did|has|have|is|are|was|were)(?: not|n't)|cannot|can't|never|fails? to)"
_SAY = (
    r"(?:say|says|said|state[sd]?|specif(?:y|ies|ied)|mention(?:s|ed)?|tell|tells|answer(?:s|ed)?|"
    r"disclose[sd]?|indicate[sd]?|spell(?:s|ed)? out)"
)
_HOLD = (
    r"(?:cover(?:s|ed)?|give[sn]?|gave|contain(?:s|ed)?|include[sd]?|describe[sd]?|report(?:s|ed)?|"
    r"list(?:s|ed)?|name[sd]?|explain(?:s|ed)?|address(?:es|ed)?|deal(?:s|t)? with|set(?:s)? out|"
    r"provide[sd]?|discuss(?:es|ed)?|identif(?:y|ies|ied)|record(?:s|ed)?|settle[sd]?|fix(?:es|ed)?|"
    r"go(?:es)? into|reach(?:es)?|show(?:s|n)?|hold|holds|offer(?:s|ed)?|quantif(?:y|ies|ied)|"
    r"detail(?:s|ed)?|supply|supplies|found|reproduce[sd]?|define[sd]?|extend(?:s)? to)"
)
_WITHIN = r"[^.;:]{0,90}?"
_PATTERNS = (
    rf"\b{_SOURCE}\b{_WITHIN}\b{_NOT} (?:\w+ ){{0,2}}?(?:{_SAY}|{_HOLD})\b",
    rf"\b(?:no|none of the|nothing in the|neither) (?:[\w'-]+ ){{0,4}}?{_SOURCE}\b",
    rf"\b{_SOURCE}\b{_WITHIN}\b(?:{_SAY}|{_HOLD}) (?:no|nothing|neither|none)\b",
    rf"\b{_SOURCE}\b{_WITHIN}\b(?:silent|without (?:saying|stating|naming|giving|any))\b",
    rf"\b{_NOT} (?:\w+ ){{0,2}}?{_SAY}\b",
    rf"\b(?:not|nowhere|left un|un)[ -]?(?:{_SAY}|answerable)\b",
    rf"\b(?:cannot|can't|could not) be (?:{_SAY}|determined|found|established|derived|read)\b",
    r"\b(?:no|not enough|insufficient|lacks?(?: the)?) information\b",
    r"\bI (?:do not|don't|cannot|can't) (?:know|answer|tell|find)\b",
)
_ABSTAINS = re.compile("|".join(_PATTERNS), re.IGNORECASE)

RATES = ("false_answer", "over_refusal")
"""Names of the rates, in the order they are shown; lower is better for both."""


def abstains(answer: str) -> bool:
    """Whether ``answer`` says that the documents do not answer the question.

    A blank answer says nothing, and so does not abstain.
    """
    return _ABSTAINS.search(" ".join(answer.split())) is not None


def abstention_rates(answer: str, answerable: bool) -> dict[str, float]:
    """The one rate an answer counts for, 0 or 1; its mean over questions is a share in [0, 1].

    ``false_answer``: an unanswerable question was answered all the same. ``over_refusal``: an
    answerable one was not.
    """
    refused = abstains(answer)
    return {"over_refusal": float(refused)} if answerable else {"false_answer": float(not refused)}
