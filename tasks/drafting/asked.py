"""What a rule or a model asks of a section."""

from dataclasses import dataclass

from tasks.drafting.wording import Askable, asking, telling


@dataclass(frozen=True)
class Drafted:
    """A question that a passage answers."""

    kind: str
    question: str
    answer: str
    told: str = ""
    """The question as it stands in "tell me …", without its end; empty where nobody can say."""


def asked_for(kind: str, opening: str, clause: Askable, predicate: str, answer: str) -> Drafted:
    """``opening`` must the subject of a clause do what; the same without one asks whether."""
    question, told = (form(opening, clause, predicate) for form in (asking, telling))
    return Drafted(kind, question, answer, told)
