"""
What an assistant that already exists has answered: a file, a line a question.

    {"id": "eu-gdpr-0007", "answer": "…", "context": ["eu-gdpr/art-83"], "seconds": 1.2}
    {"question": "How high may a fine be?", "answer": "…"}

Of a line, ``answer`` is needed, and ``id`` or, in its place, the text of the ``question`` as the
data has it, white space aside; ``context`` (ids of sections, or texts), ``seconds``,
``input_tokens``, ``output_tokens`` and ``price`` are what the assistant tells of itself. What it
does not tell is left open, not guessed.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Annotated, Any

from lm_eval.api.instance import Instance
from lm_eval.api.registry import register_model
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from harness.errors import DataError
from harness.kept import Answer
from harness.models.answering import AnsweringLM, Show
from harness.models.kinds import ANSWERS
from harness.progress import Say, silent
from harness.reading import read_json_lines
from harness.text import whole
from harness.validation import validated

_SHOWN = 5
"""Ids that a line about them names."""
_LONGEST = 80
"""Characters of a question that a line about it shows."""
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


def read_answers(path: Path, questions: Mapping[str, str] | None = None) -> dict[str, Given]:
    """A file of answers, by question id.

    Args:
        path: the file.
        questions: the text of each question by its id, of all that a line may name by their text.

    Raises:
        DataError: the file cannot be read, a line breaks the form, an id stands twice, or a text is
            that of no question or of several.
    """
    ids: dict[str, list[str]] = defaultdict(list)
    for id_, text in (questions or {}).items():
        ids[_plain(text)].append(id_)
    found: dict[str, Given] = {}
    for line, value in read_json_lines(path):
        place = f"{path}:{line}"
        named = value if "id" in value else value | {"id": _id_of(value, ids, place)}
        given = validated(Given, named, place, DataError)
        if given.id in found:
            raise DataError(f"{place}: the id {given.id} stands here again; keep one answer")
        found[given.id] = given
    return found


def _id_of(value: Mapping[str, Any], ids: Mapping[str, list[str]], place: str) -> str:
    """The id of the question that a line names by its text."""
    text = value.get("question")
    if not isinstance(text, str):
        raise DataError(f"{place}: id: Field required, or question: its text as the data has it")
    shown = shorten(_plain(text), _LONGEST, placeholder=" …")
    found = ids.get(_plain(text), [])
    if not found:
        raise DataError(
            f"{place}: no question of the data is {shown!r}; write it as questions.jsonl of the "
            "data has it, or write its id"
        )
    if len(found) > 1:
        raise DataError(
            f"{place}: {shown!r} is asked {len(found)} times; write the id of the one that is "
            f"meant in place of question: {', '.join(found[:_SHOWN])}"
        )
    return found[0]


def _plain(text: str) -> str:
    """A text, white space and the ways to write a letter aside."""
    return " ".join(unicodedata.normalize("NFC", text).split())


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
        missing = [question for question in asked if question not in self.answers]
        for request, question in zip(requests, asked, strict=True):
            found = self.answers.get(question)
            self.show(request.doc, found.context if found else None)
            if found:
                self.given[question] = found.as_answer()
        self.read(requests)
        self.unanswered |= dict.fromkeys(missing, "it is not in the file")
        self._tell("questions without an answer, scored as an empty one", missing)
        surplus = [question for question in self.answers if question not in self.given]
        self._tell("answers to no question that is asked", surplus)
        return [self.given[one].text if one in self.given else "" for one in asked]

    def _tell(self, what: str, ids: list[str]) -> None:
        if ids:
            more = " …" if len(ids) > _SHOWN else ""
            self.say(f"{what}: {len(ids)} ({', '.join(ids[:_SHOWN])}{more})")
