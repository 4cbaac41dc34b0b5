"""
What an assistant that already exists has answered: a file, a line a question.

    {"id": "eu-gdpr-0007", "answer": "…", "context": ["eu-gdpr/art-83"], "seconds": 1.2}

Of a line, ``id`` and ``answer`` are needed; ``context`` (ids of sections, or texts), ``seconds``,
``input_tokens``, ``output_tokens`` and ``price`` are what the assistant tells of itself. What it
does not tell is left open, not guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from lm_eval.api.instance import Instance
from lm_eval.api.registry import register_model
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from harness.errors import DataError
from harness.files import read_json_lines
from harness.kept import Answer
from harness.models.answering import AnsweringLM, Show
from harness.models.kinds import ANSWERS
from harness.progress import Say, silent
from harness.text import whole
from harness.validation import validated

_SHOWN = 5
"""Ids that a line about them names."""
_Text = Annotated[str, AfterValidator(whole)]
_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Tokens = Annotated[int, Field(ge=0, lt=2**63)]


class Given(BaseModel):
    """One answer of an assistant, as it tells it."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    id: _Text
    answer: _Text
    context: Annotated[list[_Text], Field(strict=False)] | None = None
    """Ids of the sections it was shown, or their texts; None where it does not say."""
    seconds: _Amount | None = None
    input_tokens: _Tokens | None = None
    output_tokens: _Tokens | None = None
    price: _Amount | None = None

    def as_answer(self) -> Answer:
        """The same as what is kept of an answer."""
        return Answer(
            self.answer,
            self.input_tokens,
            self.output_tokens,
            self.seconds,
            price=self.price,
            context=None if self.context is None else tuple(self.context),
        )


def read_answers(path: Path) -> dict[str, Given]:
    """A file of answers, by question id.

    Raises:
        DataError: the file cannot be read, a line breaks the form, or an id stands twice.
    """
    found: dict[str, Given] = {}
    for line, value in read_json_lines(path):
        given = validated(Given, value, f"{path}:{line}", DataError)
        if given.id in found:
            raise DataError(f"{path}:{line}: the id {given.id} stands here again; keep one answer")
        found[given.id] = given
    return found


@register_model(ANSWERS)
@dataclass(eq=False, repr=False)
class AnswersLM(AnsweringLM):
    """Answers as a file says."""

    answers: Mapping[str, Given]
    """By question id."""
    show: Show = silent
    """Writes into a document what the assistant was shown."""
    say: Say = silent
    """Hears of questions without an answer, and of answers without a question."""

    def __post_init__(self) -> None:
        super().__init__()

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """The answers in the order of ``requests``; lm-eval calls this."""
        del disable_tqdm
        asked = [request.doc["id"] for request in requests]
        for request, question in zip(requests, asked, strict=True):
            found = self.answers.get(question)
            self.show(request.doc, found.context if found else None)
            if found:
                self.given[question] = found.as_answer()
            else:
                self.unanswered[question] = "it is not in the file"
        self._tell("questions without an answer, scored as an empty one", list(self.unanswered))
        surplus = [question for question in self.answers if question not in self.given]
        self._tell("answers to no question that is asked", surplus)
        return [self.given[one].text if one in self.given else "" for one in asked]

    def _tell(self, what: str, ids: list[str]) -> None:
        if ids:
            more = " …" if len(ids) > _SHOWN else ""
            self.say(f"{what}: {len(ids)} ({', '.join(ids[:_SHOWN])}{more})")
