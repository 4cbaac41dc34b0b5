"""English as a question or an answer has it: capitals, ends, and the person who asks."""

import re
from typing import Protocol

from tasks.drafting.words import words

_NAME_INSIDE = re.compile(r"(?<=[a-z,;] )[A-Z][\w'’-]*")
_SHORT = {"n't": " not", "'ll": " will", "'re": " are", "'ve": " have"}
_SHORTENED = re.compile(r"(?<=\w)(?:n't|'ll|'re|'ve)\b")
_WHOLE = {"ca not": "cannot", "can not": "cannot", "wo not": "will not", "sha not": "shall not"}
_TURNED = {
    "you": "I", "your": "my", "yours": "mine", "yourself": "myself", "yourselves": "ourselves",
    "we": "you", "us": "you", "our": "your", "ours": "yours", "i": "you", "my": "your", "me": "you",
}  # fmt: skip
_PERSON = re.compile(
    r"\b(?P<before>(?:if|when|whenever|where|unless|before|after|once|until|that|as|because|while|"
    r"must|may|can|should|will|do|did|have|are|were|whether|what|which)\s)?"
    rf"(?P<word>{'|'.join(_TURNED)})\b(?!')(?P<verb>\s(?:are|were|have|do)\b)?"
    r"(?P<after>\s(?:must|may|can|cannot|should|will|would|could|did|need|want|wish|had|do)\b)?",
    re.IGNORECASE,
)
_OF_YOU = {"are": "am", "were": "was"}


def spelt_out(text: str) -> str:
    """A text without ``don't`` and ``you'll``."""
    text = _SHORTENED.sub(lambda one: _SHORT[one[0]], text.replace("’", "'"))
    for short, whole in _WHOLE.items():
        text = re.sub(rf"\b{short}\b", whole, text)
    return text


def names_of(text: str) -> frozenset[str]:
    """The words of a document that have a capital within a sentence."""
    return frozenset(_NAME_INSIDE.findall(text))


def lowered(text: str, names: frozenset[str] = frozenset()) -> str:
    """A text that began a sentence, as it stands within one: names keep their capital."""
    first = re.match(r"[\w'’-]+", text)
    if first is None or (word := first[0]) == "I":
        return text
    abbreviated = len(word) > 1 and not word[1:].islower()
    named = word in names or word in words("names") or abbreviated
    if named and word.lower() not in words("openers"):
        return text
    return word[0].lower() + text[1:]


def raised(text: str) -> str:
    """A text as a sentence begins."""
    return text[:1].upper() + text[1:]


def ended(text: str) -> str:
    """A text as an answer: it begins as a sentence does, and ends as one."""
    text = text.strip().rstrip(",;:")
    return raised(text if text.endswith((".", "!", "?")) else f"{text}.")


class Askable(Protocol):
    """What a question is made of: a clause."""

    @property
    def modal(self) -> str:
        """What it begins with."""
        ...

    @property
    def subject(self) -> str:
        """Who is asked about."""
        ...

    @property
    def condition(self) -> str:
        """In which case; may be empty."""
        ...


def asking(opening: str, clause: Askable, predicate: str) -> str:
    """``opening`` must the subject do what, in which case?"""
    return f"{_joined(opening, clause.modal, clause.subject, predicate, clause.condition)}?"


def telling(opening: str, clause: Askable, predicate: str) -> str:
    """The same as it stands in "tell me …": whether, or ``opening``, the subject must do what."""
    if clause.modal in ("do", "does"):
        return ""
    asks = lowered(opening) if opening else "whether"
    return _joined(asks, clause.subject, clause.modal, predicate, clause.condition)


def _joined(*parts: str) -> str:
    return " ".join(" ".join(part for part in parts if part).split()).rstrip(" ,:;")


def turned(text: str) -> str:
    """What a document tells its reader, as the reader would ask it: ``your`` becomes ``my``.

    A document that says ``we`` of itself is asked as ``you``.
    """
    return _PERSON.sub(_turned, text)


def _turned(match: re.Match[str]) -> str:
    before, word = match["before"] or "", match["word"].lower()
    verb, after = match["verb"] or "", match["after"] or ""
    new = _TURNED[word]
    if word == "you":
        new = "I" if before or verb or after else "me"
        verb = f" {_OF_YOU[verb.strip()]}" if verb.strip() in _OF_YOU else verb
        before = f"{_OF_YOU[before.strip()]} " if before.strip() in _OF_YOU else before
    kept = match["word"][0].isupper() and new != "I"
    return f"{before}{raised(new) if kept else new}{verb}{after}"
