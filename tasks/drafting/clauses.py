"""
English sentences → the duty, permission or ban that each states, by its modal verb.

``If a permit lapses, the holder must return it within 10 days.`` is a clause with the condition
``if a permit lapses``, the subject ``the holder``, the modal ``must`` and the predicate ``return it
within 10 days``. What is not surely read is not read at all.
"""

import re
from dataclasses import dataclass

from tasks.drafting.wording import lowered, spelt_out
from tasks.drafting.words import any_of, one_of, pairs_of, words

MOST_SENTENCE_WORDS = 45
"""Words of a sentence that is read."""
_REST = r"(?P<never> not\b| never\b)? (?:(?P<only>only)\b )?(?P<predicate>.+?)[.;]?"
_CLAUSE = re.compile(rf"(?P<subject>[^;:()]+?) (?P<modal>{any_of('modals')}){_REST}", re.DOTALL)
_RELATIVE_CLAUSE = re.compile(
    r"(?P<subject>(?:(?:an?|any|the|each|every) |anyone |anybody |persons? |\w+s )[^,;:()]*?"
    r"\b(?:who|which|that) [^,;:()]+?) (?P<modal>must|shall|may|should|cannot|can)" + _REST,
    re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(
    rf"{any_of('subordinators')}\b(?![^,]*\b(?:must|shall)\b[^,]*$)", re.IGNORECASE
)
_TRAILING = re.compile(rf" (?P<when>{any_of('trailing')}\b.+)$", re.DOTALL)
_COUNTED = re.compile(r"\b(?:second|minute|hour|day|night|week|month|year)s?$")
"""Of what "before" and "after" say from when, and are no condition."""
_ENTITLED = re.compile(
    r"(?P<verb>is|are) (?P<rest>(?:entitled|required|allowed|permitted) to) "
    r"(?=\d|the |an? |no |any |"
    r"their |your |free |up to |at least |one |two |three |half |full )"
)
"""To something, and not to do it."""
ANOTHER_CLAUSE = re.compile(
    r",? (?:and|but) (?:then )?"
    r"(?:(?:\w+ )?|(?:the|a|an|no|any|all|each|every|you|we) [^,]{2,40}? )"
    r"(?:must|shall|may|will|can|is|are|has|have|does|do)\b"
)
"""Where something else is said in the same sentence."""
_ELLIPTICAL = re.compile(r"\b(?:not|do|does|have|has)$")
"""Of "if you have not" the rest stood before."""
_GOES_ON = re.compile(r", (?:that|to|by|with|at|as)\b")
"""Behind what stands between commas."""
_SUBJECT = re.compile(
    r"(?:(?:the|a|an|each|every|any|all|both|no|our|your|his|her|its|these|those|such) )?"
    r"[\w'’&/-]+(?: [\w'’&/-]+){0,8}"
    r"(?:(?:, [\w'’ -]{2,40}){1,2},? (?:and|or) [\w'’ -]{2,40})?",
    re.IGNORECASE,
)
_NO_SUBJECT = re.compile(
    rf"^{any_of('no_subject')}\b|\b{any_of('no_part_of_subject')}\b"
    rf"|(?<!^)\b{any_of('never_within_subject')}\b|\b{any_of('torn_ends')}$"
    rf"|\b(?!{any_of('before_the')}\b)\w+ (?:the|an?)\b",
    re.IGNORECASE,
)
"""What was cut out of a sentence wrongly, or cannot be named without what stood before."""
_POINTING = one_of("pointing")
_OWN = re.compile(
    r"\b(?:its|their|his|her|his or her)\b(?= \w)|\b(?:he or she|he|she|it|they)\b", re.IGNORECASE
)
_FIRST_WORD = re.compile(r"(?:Please |Always |Never |Do not |Then )?(?P<verb>[A-Za-z]+)\b")


@dataclass(frozen=True)
class Clause:
    """What one sentence says that somebody must, may or must not do."""

    sentence: str
    condition: str
    """``if a permit lapses``; empty where there is none."""
    subject: str
    """``the holder``"""
    modal: str
    """With which it is asked: ``must``, ``may``, ``can``, ``should``, ``will``, ``is``, ``do`` …"""
    negated: bool
    only: bool
    """``may only``: what follows is the one way."""
    predicate: str
    """``return it within 10 days``, without the condition."""
    behind: bool = False
    """The condition stands behind, so that what it calls ``it`` was said before."""
    told: bool = False
    """The sentence tells its reader to do it."""

    @property
    def passive(self) -> bool:
        """Whether something is done to the subject, or it is something."""
        return re.match(r"(?:\w+ ){0,2}be\b", self.predicate) is not None

    @property
    def duty(self) -> bool:
        """Whether the subject has to do it, or will."""
        return self.modal in ("must", "should", "will") and not self.negated and not self.only


def clause_of(sentence: str, names: frozenset[str] = frozenset()) -> Clause | None:
    """What a sentence says by a modal verb, or by ``is`` and ``are``, or tells its reader to do.

    None where that is not surely read.

    Args:
        sentence: as it stands.
        names: words that keep their capital within a sentence (``wording.names_of``).
    """
    text = spelt_out(" ".join(sentence.split()))
    if not 4 <= len(text.split()) <= MOST_SENTENCE_WORDS or text.count("(") != text.count(")"):
        return _told(sentence)
    condition, rest = _lead(text)
    match = _matched(rest)
    return (_read(match, condition, names) if match else None) or _told(sentence)


def _read(match: re.Match[str], condition: str, names: frozenset[str]) -> Clause | None:
    modals = pairs_of("modals")
    if match["modal"] not in modals or ":" in match["predicate"]:
        return None
    modal, _, negation = modals[match["modal"]].partition(" ")
    whole = match["predicate"]
    entitled = _ENTITLED.match(f"{match['modal']} {whole}")
    if entitled and " " in match["modal"]:
        modal, whole = entitled["verb"], f"{entitled['rest']} {whole}"
    predicate, trailing = ANOTHER_CLAUSE.split(whole)[0].rstrip(" ,"), ""
    if not condition:
        predicate, trailing = _parted(predicate)
    torn = re.search(r"\b(?:and|or|before|after)$", predicate)
    if torn or _ELLIPTICAL.search(condition + trailing) or _GOES_ON.search(trailing):
        return None
    subject, negated = lowered(match["subject"], names), bool(match["never"] or negation)
    if re.match(r"no(?:body)?\b", subject):
        if negated:
            return None
        nobody = subject in ("nobody", "no one", "no-one")
        subject, negated = "anyone" if nobody else f"any {subject[3:]}", True
    return Clause(
        match.string,
        lowered(condition, names) or trailing,
        subject,
        modal,
        negated,
        bool(match["only"]) or predicate.endswith(" only"),
        re.sub(r",? but$", "", predicate.removesuffix(" only")),
        bool(trailing),
    )


def _told(sentence: str) -> Clause | None:
    """What a sentence such as ``Upload receipts within 60 days.`` says that the reader must do."""
    text = spelt_out(" ".join(sentence.split())).rstrip(".!;")
    first = _FIRST_WORD.match(text)
    if first is None or not imperative(first["verb"]) or not 4 <= len(text.split()) <= 35:
        return None
    whole = ANOTHER_CLAUSE.split(text[first.start("verb") :])[0].rstrip(",")
    predicate, condition = _parted(whole)
    return Clause(
        sentence,
        condition,
        "you",
        "must",
        text.startswith(("Never ", "Do not ")),
        predicate.endswith(" only"),
        (predicate[0].lower() + predicate[1:]).removesuffix(" only"),
        bool(condition),
        told=True,
    )


def _parted(predicate: str) -> tuple[str, str]:
    """A predicate, and the condition that it ends with."""
    behind = _TRAILING.search(predicate)
    if behind is None:
        return predicate, ""
    before = predicate[: behind.start()]
    counted = behind["when"].startswith(("before", "after")) and _COUNTED.search(before)
    if counted or not before.split():
        return predicate, ""
    return before.rstrip(","), behind["when"]


def stands_alone(text: str, own: bool = False) -> bool:
    """Whether a question of these words needs nothing that stood before it.

    Args:
        text: of the question.
        own: ``its`` and ``they`` are of the subject, which the question names.
    """
    return _POINTING.search(_OWN.sub("", text) if own else text) is None


def imperative(text: str) -> bool:
    """Whether a text begins by telling somebody to do something."""
    return text.split()[0].lower() in words("imperatives")


def is_subject(text: str) -> bool:
    """Whether a text surely is what a sentence is about, and not the half of something else."""
    return bool(_SUBJECT.fullmatch(text)) and not _NO_SUBJECT.search(text)


def _lead(text: str) -> tuple[str, str]:
    """The condition a sentence begins with, and the rest; empty where it begins with none."""
    if not _CONDITION.match(text):
        return "", text
    for comma in re.finditer(r", ", text):
        rest = text[comma.end() :]
        if _matched(rest):
            return text[: comma.start()], rest
    return "", text


def _matched(text: str) -> re.Match[str] | None:
    """A text as a clause, with a subject that is surely one."""
    match = _CLAUSE.fullmatch(text)
    if match and is_subject(match["subject"]):
        return match
    return _RELATIVE_CLAUSE.fullmatch(text)
