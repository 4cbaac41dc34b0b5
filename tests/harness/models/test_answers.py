"""A file of what an assistant answered: what is read of a line, what is refused, who is named."""

import json
from pathlib import Path
from typing import Any

import pytest
from lm_eval.api.instance import Instance

from harness.errors import DataError
from harness.models.answers import AnswersLM, read_answers

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


def test_a_line_is_read_with_all_that_it_tells(tmp_path: Path) -> None:
    answer = read_answers(written(tmp_path, WHOLE | {"model": "not read"}))["q1"].as_answer()
    assert answer.text == "72 hours."
    assert answer.context == ("a/s-1", "Some text.")
    assert (answer.prompt_tokens, answer.answer_tokens) == (900, 12)
    assert (answer.seconds, answer.price) == (1.5, 0.002)


def test_what_a_line_does_not_tell_is_open(tmp_path: Path) -> None:
    few = read_answers(written(tmp_path, {"id": "q1", "answer": ""}, "", "  "))
    answer = few["q1"].as_answer()
    assert {name for name, value in vars(answer).items() if value is not None} == {"text", "code"}
    nothing = read_answers(written(tmp_path, {"id": "q1", "answer": "", "context": []}))
    assert nothing["q1"].as_answer().context == ()


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
        ({"id": "q2", "answer": "x", "seconds": float("inf")}, "seconds: .* a finite number"),
        ({"id": "q2", "answer": "x", "seconds": -1}, "seconds: .* greater than or equal to 0"),
        ({"id": "q2", "answer": "x", "seconds": "1.5"}, "seconds: .* a valid number"),
        # It counted as one second.
        ({"id": "q2", "answer": "x", "seconds": True}, "seconds: .* a valid number"),
        ({"id": "q2", "answer": "x", "price": float("nan")}, "price: .* a finite number"),
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


def test_a_file_that_is_missing_or_not_of_utf8_is_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes('{"id": "q1", "answer": "é"}'.encode("latin-1"))
    for path, said in ((tmp_path / "none.jsonl", "No such file"), (latin, "codec can't decode")):
        with pytest.raises(DataError, match=f"{path} cannot be read: .*{said}") as caught:
            read_answers(path)
        assert "\n" not in str(caught.value)


def test_half_a_character_is_read_as_what_a_file_can_hold(tmp_path: Path) -> None:
    # JSON can write it, and lm-eval's sample log could not be written.
    line = '{"id": "q1", "answer": "a\\ud800", "context": ["\\udc00b"]}'
    answer = read_answers(written(tmp_path, line))["q1"].as_answer()
    assert (answer.text, answer.context) == ("a?", ("?b",))


def answered(path: Path, *asked: str) -> tuple[AnswersLM, list[str], list[str]]:
    """Who answered these questions of a file, what it answered, and what it said of it."""
    said: list[str] = []
    lm = AnswersLM(read_answers(path), say=said.append)
    requests = [Instance("generate_until", {"id": one}, ("", {}), 0) for one in asked]
    return lm, lm.generate_until(requests), said


def test_questions_without_an_answer_are_named_and_answered_with_nothing(tmp_path: Path) -> None:
    lm, texts, said = answered(written(tmp_path, WHOLE), "q2", "q1", "q3")
    assert texts == ["", "72 hours.", ""]
    assert list(lm.unanswered) == ["q2", "q3"]
    assert list(lm.given) == ["q1"]
    assert said == ["questions without an answer, scored as an empty one: 2 (q2, q3)"]


def test_an_empty_answer_is_an_answer(tmp_path: Path) -> None:
    lm, texts, said = answered(written(tmp_path, {"id": "q1", "answer": ""}), "q1")
    assert (texts, lm.unanswered, said) == ([""], {}, [])


def test_answers_to_no_question_are_one_line_that_names_a_few(tmp_path: Path) -> None:
    more = [{"id": f"x{n}", "answer": "?"} for n in range(7)]
    _, texts, said = answered(written(tmp_path, *more, WHOLE), "q1")
    assert texts == ["72 hours."]
    assert said == ["answers to no question that is asked: 7 (x0, x1, x2, x3, x4 …)"]
