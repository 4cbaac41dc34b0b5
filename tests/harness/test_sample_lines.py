"""Lines of any task's sample log: which question each is of, and what no log may have."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.sample_lines import read_questions
from tests.logs import line, write_log

GOOD = line(0, acc=1.0)


def named(number: int, key: Any, **values: Any) -> dict[str, Any]:
    return line(number, {"id": key}, **values)


def refused(path: Path) -> str:
    """The one line that says why a log is refused."""
    with pytest.raises(DataError) as caught:
        read_questions(path)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_questions_go_by_the_ids_of_their_documents_where_all_have_one(tmp_path: Path) -> None:
    log = write_log(tmp_path, [named(1, "b", acc=1), named(0, "a", acc=0), named(2, 7, acc=0)])
    assert list(read_questions(log)) == ["b", "a", "7"]
    for without in ({"text": "?"}, {"id": None}, {"id": [1]}):
        log = write_log(tmp_path, [named(3, "a", acc=1), line(5, without, acc=0)])
        assert list(read_questions(log)) == ["3", "5"]


def test_a_question_is_read_under_each_filter(tmp_path: Path) -> None:
    filters = ("strict", "flexible")
    lines = [line(n, kept=kept, acc=n + len(kept)) for kept in filters for n in (0, 1)]
    found = read_questions(write_log(tmp_path, lines))
    for key, expected in (("0", (6, 8)), ("1", (7, 9))):
        values = {name: one.values for name, one in found[key].items()}
        assert values == {name: {"acc": n} for name, n in zip(filters, expected, strict=True)}


def test_a_line_of_a_version_that_named_no_metrics_is_read(tmp_path: Path) -> None:
    old = {key: GOOD[key] for key in ("doc_id", "doc", "target", "arguments", "resps")}
    (found,) = read_questions(write_log(tmp_path, [old | {"acc": 1.0, "em": 0.0}])).values()
    assert found["none"].values == {"acc": 1.0, "em": 0.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\n \n", ":1: the file is empty"),
        (json.dumps(GOOD).encode() + b"\n" + json.dumps(GOOD).encode()[:-9], ":2: not JSON"),
        (b"[1]\n", ":1: expected an object"),
        (b"\xff\xfe{}", " cannot be read"),
    ],
)
def test_a_file_that_is_no_whole_log_is_refused(tmp_path: Path, text: bytes, said: str) -> None:
    path = write_log(tmp_path, [])
    path.write_bytes(text)
    assert f"{path}{said}" in refused(path)
    assert "lm_eval --log_samples" in refused(path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"score": 1}, "doc: Field required"),
        (GOOD | {"doc": "text"}, "doc: Input should be a valid dictionary"),
        (GOOD | {"doc_id": [1]}, "doc_id"),
        (GOOD | {"filter": 1}, "filter: Input should be a valid string"),
        (GOOD | {"metrics": "acc"}, "metrics: Input should be a valid list"),
        (GOOD | {"metrics": ["em"]}, "it has no value of 'em'"),
        (GOOD | {"doc_id": None}, "neither doc_id nor an id of doc"),
    ],
)
def test_a_line_that_is_none_of_a_log_is_refused(tmp_path: Path, wrong: Any, said: str) -> None:
    found = refused(path := write_log(tmp_path, [line(1, acc=1.0), wrong]))
    assert found.startswith(f"{path}:2: ")
    assert said in found
    assert "lm_eval --log_samples" in found


@pytest.mark.parametrize(
    "again", [GOOD, named(9, "a", acc=1.0)], ids=["by its place", "by its document's id"]
)
def test_a_question_twice_under_one_filter_is_refused(
    tmp_path: Path, again: dict[str, Any]
) -> None:
    first = GOOD if again is GOOD else named(0, "a", acc=0.0)
    found = refused(path := write_log(tmp_path, [first, again]))
    assert found.startswith(f"{path}:2: question ")
    assert f"stands in {path}:1 already under the filter 'none'" in found


@pytest.mark.parametrize(
    ("lost", "said"),
    [([5], ":3: question '2'"), ([0, 4], ":1: question '1'")],
    ids=["the last", "two"],
)
def test_a_log_without_a_question_under_a_filter_is_refused(
    tmp_path: Path, lost: list[int], said: str
) -> None:
    whole = [line(n, kept=kept, acc=1) for kept in ("strict", "flexible") for n in range(3)]
    left = [one for place, one in enumerate(whole) if place not in lost]
    found = refused(path := write_log(tmp_path, left))
    assert f"{path}{said} does not stand under the filter" in found
