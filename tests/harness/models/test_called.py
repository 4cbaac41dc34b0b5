"""An assistant that is a function: what it is given, what it may return, and what is kept of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lm_eval.api.instance import Instance

from harness.errors import ConfigError
from harness.kept import Kept, Use
from harness.models.called import CalledEngine
from harness.models.engines import UnansweredError
from harness.models.keeping import KeepingLM
from harness.variants import Context, Model, Prompt, Variant

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


class Assistant:
    """Called as an object."""

    def __call__(self, question: str) -> str:
        return f"object: {question}"


assistant = Assistant()
built_in = max


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path))
    CALLS.clear()
    RETURNS.clear()


def variant(name: str, context: Context = NONE) -> Variant:
    model = Model("ours", ME + name, engine="policyqa-call")
    return Variant("ours", model, Prompt("", "{question}"), context)


def asked(*questions: str) -> list[Instance]:
    return [
        Instance(
            "generate_until", {"id": one, "question": one, "context": f"text {one}"}, (one, {}), i
        )
        for i, one in enumerate(questions)
    ]


def answer_of(name: str, context: Context = NONE) -> Any:
    (answer,) = CalledEngine(variant(name, context)).ask(asked("who"), 0)
    return answer


def keeping(said: Callable[[str], None] = lambda _: None, ask_again: bool = False) -> KeepingLM:
    ours = variant("answering")
    use = Use("suite", "data", "model")
    return KeepingLM(
        ours.model.identity, CalledEngine(ours), Kept(), use, say=said, ask_again=ask_again
    )


def test_it_gets_the_question_and_its_context_where_its_variant_has_one() -> None:
    assert answer_of("with_context").text == "who of nothing"
    assert answer_of("with_context", WIDE).text == "who of text who"
    assert answer_of("assistant").text == "object: who"


def test_text_is_measured_and_tells_nothing_else() -> None:
    answer = answer_of("answering")
    assert answer.text == "WHO"
    assert answer.seconds > 0
    assert answer.served_by == ME + "answering"
    assert (answer.prompt_tokens, answer.answer_tokens, answer.price) == (None, None, None)
    assert (answer.context, answer.cut) == (None, None)


def test_a_dict_tells_what_a_line_of_a_file_does() -> None:
    RETURNS["who"] = {"answer": "a", "context": ("a/s",), "seconds": 7, "input_tokens": 9, "id": 3}
    answer = answer_of("answering")
    assert (answer.text, answer.context) == ("a", ("a/s",))
    # What the assistant says of itself, rather than what the call took here.
    assert (answer.seconds, answer.prompt_tokens, answer.answer_tokens) == (7.0, 9, None)


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "returned NoneType; it must return the answer as text, or a dict"),
        (7, "returned int"),
        (["a"], "returned list"),
        ({}, "what .*answering returned: answer: Field required"),
        ({"answer": 7}, "answer: Input should be a valid string"),
        ({"answer": "a", "seconds": float("nan")}, "seconds: Input should be a finite number"),
        ({"answer": "a", "context": "a/s"}, "context: Input should be a valid list"),
        (ValueError("two\nlines"), r"raised ValueError: two lines \(test_called.py:\d+\)"),
    ],
)
def test_what_is_no_answer_costs_that_one_and_a_line_and_is_asked_again(
    returned: Any, said: str
) -> None:
    RETURNS["what"] = returned
    lines: list[str] = []
    lm = keeping(lines.append)
    assert lm.generate_until(asked("who", "what", "why")) == ["WHO", "", "WHY"]
    assert list(lm.unanswered) == ["what"]
    (line,) = lines
    assert line.startswith(f"what has no answer: {'what ' if isinstance(returned, dict) else ME}")
    with pytest.raises(UnansweredError, match=said):
        CalledEngine(variant("answering")).ask(asked("what"), 0)
    assert "\n" not in line

    RETURNS.clear()
    CALLS.clear()
    assert keeping().generate_until(asked("who", "what", "why")) == ["WHO", "WHAT", "WHY"]
    assert CALLS == ["what"]


@pytest.mark.parametrize("ends", [KeyboardInterrupt, SystemExit])
def test_who_ends_the_program_ends_it_and_what_was_answered_is_kept(
    ends: type[BaseException],
) -> None:
    RETURNS["why"] = ends()
    with pytest.raises(ends):
        keeping().generate_until(asked("whose", "why"))  # Longest first.
    RETURNS.clear()
    CALLS.clear()
    assert keeping().generate_until(asked("whose", "why")) == ["WHOSE", "WHY"]
    assert CALLS == ["why"]


def test_an_answer_is_kept_until_it_is_asked_again() -> None:
    RETURNS["who"] = {"answer": "a", "context": ["a/s"], "price": 0.1}
    first = keeping()
    first.generate_until(asked("who", "why"))
    RETURNS.clear()
    second = keeping()
    assert second.generate_until(asked("who", "why")) == ["a", "WHY"]
    assert second.given == first.given
    assert sorted(CALLS) == ["who", "why"]
    assert keeping(ask_again=True).generate_until(asked("who")) == ["WHO"]
    assert keeping().generate_until(asked("who", "why")) == ["WHO", "WHY"]
    assert sorted(CALLS) == ["who", "who", "why"]


@pytest.mark.parametrize(
    ("name", "context", "said"),
    [
        ("nothing", NONE, "cannot import .*:nothing: AttributeError"),
        ("CALLS", NONE, "CALLS is no function, it is of type list"),
        ("answering", WIDE, r"answering\(question, context=…\) is how .* argument 'context'"),
        ("asked_wrongly", NONE, r"asked_wrongly\(question\) is how .* missing .* 'other'"),
    ],
)
def test_what_no_call_can_work_with_is_refused_before_any(
    name: str, context: Context, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        CalledEngine(variant(name, context))
    assert "\n" not in str(caught.value)
    assert CALLS == []


def asked_wrongly(question: str, other: str) -> str:
    return question + other


def test_what_is_built_in_and_does_not_say_what_it_takes_is_called_all_the_same() -> None:
    assert answer_of("built_in").text == "w"
