"""An assistant that is a function: what it is given, what it may return, and what is kept of it."""

from typing import Any

import pytest

from harness.errors import ConfigError
from harness.kept import Kept, Use
from harness.models.called import CalledEngine
from harness.models.engines import UnansweredError
from harness.models.keeping import KeepingLM
from harness.variants import Context, Model, Prompt, Variant
from tests.asking import asked

CALLS: list[Any] = []
"""What the functions below were called with."""
RETURNS: dict[str, Any] = {}
"""What ``answering`` returns to a question, or raises; else the question itself."""
ME = f"{__name__}:"
NONE = Context("none", "none", 2, 400, "minilm-l6")
WIDE = Context("wide", "retrieved", 2, 400, "minilm-l6")


def answering(question: str) -> Any:
    CALLS.append(question)
    found = RETURNS.get(question, question.upper())
    if isinstance(found, BaseException):
        raise found
    return found


def with_context(question: str, context: str = "nothing") -> str:
    return f"{question} of {context}"


def asked_wrongly(question: str, other: str) -> str:
    return question + other


class Assistant:
    """Called as an object."""

    def __call__(self, question: str) -> str:
        return f"object: {question}"


assistant = Assistant()
built_in = max


@pytest.fixture(autouse=True)
def fresh() -> None:
    CALLS.clear()
    RETURNS.clear()


def engine(name: str = "answering", context: Context = NONE) -> CalledEngine:
    model = Model("ours", ME + name, engine="policyqa-call")
    return CalledEngine(Variant("ours", model, Prompt("", "{question}"), context))


def answer_of(name: str = "answering", context: Context = NONE) -> Any:
    (answer,) = engine(name, context).ask(asked(["who"]), 0)
    return answer


def ask(kept: Kept, *questions: str) -> tuple[list[str], KeepingLM, list[str]]:
    """What ``answering`` says through a new KeepingLM; the LM, and what its user hears."""
    heard: list[str] = []
    lm = KeepingLM({}, engine(), kept, Use("suite", "data", "model"), say=heard.append)
    return lm.generate_until(asked(list(questions))), lm, heard


def test_it_gets_the_question_and_its_context_where_its_variant_has_one() -> None:
    assert answer_of("with_context").text == "who of nothing"
    assert answer_of("with_context", WIDE).text == "who of text who"
    assert answer_of("assistant").text == "object: who"
    # What is built in does not say what it takes, and is called all the same.
    assert answer_of("built_in").text == "w"


def test_text_is_measured_and_tells_nothing_else_and_a_dict_what_a_line_of_a_file_does() -> None:
    answer = answer_of()
    told = {name for name, one in vars(answer).items() if one is not None}
    assert told == {"text", "seconds", "served_by", "day", "code"}
    assert (answer.text, answer.served_by) == ("WHO", ME + "answering")
    assert answer.seconds > 0
    RETURNS["who"] = {"answer": "a", "context": ("a/s",), "seconds": 7, "input_tokens": 9, "id": 3}
    answer = answer_of()
    assert (answer.text, answer.context) == ("a", ("a/s",))
    # What the assistant says of itself, rather than what the call took here.
    assert (answer.seconds, answer.prompt_tokens, answer.answer_tokens) == (7.0, 9, None)


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "returned NoneType; it must return the answer as text, or a dict"),
        (7, "returned int"),
        ({}, "what .*answering returned: answer: Field required"),
        ({"answer": "a", "seconds": float("nan")}, "seconds: Input should be a finite number"),
        (ValueError("two\nlines"), r"raised ValueError: two lines \(test_called.py:\d+\)"),
    ],
)
def test_what_is_no_answer_costs_that_one_and_a_line_and_is_asked_again(
    returned: Any, said: str, kept: Kept
) -> None:
    RETURNS["what"] = returned
    answers, lm, (line,) = ask(kept, "who", "what", "why")
    assert answers == ["WHO", "", "WHY"]
    assert list(lm.unanswered) == ["what"]
    assert line.startswith(f"what has no answer: {'what ' if isinstance(returned, dict) else ME}")
    assert "\n" not in line
    with pytest.raises(UnansweredError, match=said):
        engine().ask(asked(["what"]), 0)

    RETURNS.clear()
    CALLS.clear()
    assert ask(kept, "who", "what", "why")[0] == ["WHO", "WHAT", "WHY"]
    assert CALLS == ["what"]


@pytest.mark.parametrize("ends", [KeyboardInterrupt, SystemExit])
def test_who_ends_the_program_ends_it_and_what_was_answered_is_kept(
    ends: type[BaseException], kept: Kept
) -> None:
    RETURNS["why"] = ends()
    RETURNS["whose"] = {"answer": "a", "context": ["a/s"], "price": 0.1}
    with pytest.raises(ends):
        ask(kept, "whose", "why")  # Longest first.
    RETURNS.clear()
    answers, lm, _ = ask(kept, "whose", "why")
    assert answers == ["a", "WHY"]
    found = lm.given["whose"]
    assert (found.context, found.price) == (("a/s",), 0.1)
    assert CALLS == ["whose", "why", "why"]


@pytest.mark.parametrize(
    ("name", "context", "said"),
    [
        ("CALLS", NONE, "CALLS is no function, it is of type list"),
        ("answering", WIDE, r"answering\(question, context=…\) is how .* argument 'context'"),
        ("asked_wrongly", NONE, r"asked_wrongly\(question\) is how .* missing .* 'other'"),
    ],
)
def test_what_no_call_can_work_with_is_refused_before_any(
    name: str, context: Context, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        engine(name, context)
    assert "\n" not in str(caught.value)
    assert CALLS == []
