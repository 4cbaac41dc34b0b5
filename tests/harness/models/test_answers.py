"""A file of what an assistant answered: what is read of a line, what is refused, who is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.models.answers import AnswersLM, read_answers
from tests.asking import asked

WHOLE = {
    "id": "q1",
    "answer": "72 hours.",
    "context": ["a/s-1", "Some text."],
    "seconds": 1.5,
    "input_tokens": 900,
    "output_tokens": 12,
    "price": 0.002,
}


def written(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "answers.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def test_a_line_is_read_with_all_that_it_tells_and_the_rest_is_open(tmp_path: Path) -> None:
    few, none = {"id": "q2", "answer": ""}, {"id": "q3", "answer": "", "context": []}
    # JSON can write half a character, and lm-eval's sample log could not be written.
    half = '{"id": "q4", "answer": "a\\ud800", "context": ["\\udc00b"]}'
    path = written(tmp_path, WHOLE | {"model": "not read"}, "", few, "  ", none, half)
    answers = [given.as_answer() for given in read_answers(path).values()]
    assert [one.text for one in answers] == ["72 hours.", "", "", "a?"]
    assert [one.context for one in answers] == [("a/s-1", "Some text."), None, (), ("?b",)]
    assert (answers[0].prompt_tokens, answers[0].answer_tokens) == (900, 12)
    assert (answers[0].seconds, answers[0].price) == (1.5, 0.002)
    assert {name for name, one in vars(answers[1]).items() if one is not None} == {"text", "code"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"answer": "x"}, "id: Field required"),
        ({"id": "q2"}, "answer: Field required"),
        ({"id": "q1", "answer": "x"}, "the id q1 stands here again"),
        ({"id": 2, "answer": "x"}, "id: Input should be a valid string"),
        ({"id": "q2", "answer": None}, "answer: Input should be a valid string"),
        ({"id": "q2", "answer": "x", "context": "a/s-1"}, "context: Input should be a valid list"),
        ({"id": "q2", "answer": "x", "context": [1]}, "context.0: Input should be a valid string"),
        ({"id": "q2", "answer": "x", "seconds": float("nan")}, "seconds: .* a finite number"),
        ({"id": "q2", "answer": "x", "seconds": -1}, "seconds: .* greater than or equal to 0"),
        # It counted as one second.
        ({"id": "q2", "answer": "x", "seconds": True}, "seconds: .* a valid number"),
        ({"id": "q2", "answer": "x", "price": float("inf")}, "price: .* a finite number"),
        ({"id": "q2", "answer": "x", "input_tokens": 1.5}, "input_tokens: .* a valid integer"),
        ({"id": "q2", "answer": "x", "output_tokens": -1}, "output_tokens: .* greater than"),
        ({"id": "q2", "answer": "x", "output_tokens": 10**30}, "output_tokens: .* less than"),
        ('["q2", "x"]', "expected an object"),
        ("{", "not JSON"),
    ],
)
def test_a_bad_line_is_named_with_its_place(
    tmp_path: Path, line: dict[str, Any] | str, said: str
) -> None:
    path = written(tmp_path, {"id": "q1", "answer": "x"}, "", line)
    with pytest.raises(DataError, match=said) as caught:
        read_answers(path)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert "\n" not in str(caught.value)


TEXTS = {"q1": "How far?", "q2": "How  deep\nis it? ", "q3": "Who?", "q4": "Who?"}


def test_a_line_may_name_a_question_by_its_text(tmp_path: Path) -> None:
    by_text = {"question": " How deep is it?", "answer": "15 m", "seconds": 2}
    # An id says it alone: what else a line has was never read.
    both = {"id": "q3", "question": "Whom?", "answer": "x"}
    found = read_answers(written(tmp_path, by_text, both, WHOLE), TEXTS)
    assert {id_: one.answer for id_, one in found.items()} == {
        "q2": "15 m",
        "q3": "x",
        "q1": "72 hours.",
    }
    assert found["q2"].seconds == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"question": "how far?"}, "no question of the data is 'how far\\?'; write it as"),
        (
            {"question": "x " * 200},
            "no question of the data is 'x x .* …'; .* or write its id",
        ),
        ({"question": "Who?"}, "'Who\\?' is asked 2 times; write the id .*: q3, q4$"),
        ({"question": "How far?"}, "the id q1 stands here again"),
        ({"question": 1}, "id: Field required, or question: its text as the data has it"),
        ({"question": None}, "id: Field required, or question"),
    ],
)
def test_a_text_that_names_no_one_question_is_refused_with_what_to_write(
    tmp_path: Path, line: dict[str, Any], said: str
) -> None:
    path = written(tmp_path, {"id": "q1", "answer": "x"}, line | {"answer": "y"})
    with pytest.raises(DataError, match=said) as caught:
        read_answers(path, TEXTS)
    assert str(caught.value).startswith(f"{path}:2: ")


def test_questions_without_an_answer_and_answers_without_a_question_are_named(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    more = [{"id": f"x{n}", "answer": ""} for n in range(7)]
    lm = AnswersLM(read_answers(written(tmp_path, *more, WHOLE)), say=said.append)
    assert lm.generate_until(asked(["q2", "q1", "x0", "q3"])) == ["", "72 hours.", "", ""]
    assert list(lm.unanswered) == ["q2", "q3"]
    assert list(lm.given) == ["q1", "x0"]  # An empty answer is one.
    assert said == [
        "questions without an answer, scored as an empty one: 2 (q2, q3)",
        "answers to no question that is asked: 6 (x1, x2, x3, x4, x5 …)",
    ]
