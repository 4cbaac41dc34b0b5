"""Lines of any task's sample log: which question each is of, and what no log may have."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.sample_lines import read_questions
from tests.logs import line, write_log

GOOD = line(0, acc=1.0)


def test_questions_go_by_the_ids_of_their_documents_where_all_have_one(tmp_path: Path) -> None:
    log = write_log(tmp_path, [named(1, "b"), named(0, "a"), named(2, 7)])
    assert list(read_questions(log)) == ["b", "a", "7"]
    for without in ({"text": "?"}, {"id": None}, {"id": [1]}):
        log = write_log(tmp_path, [named(3, "a"), line(5, without, acc=0)])
        assert list(read_questions(log)) == ["3", "5"]


def test_a_line_of_a_version_that_named_no_metrics_is_read(tmp_path: Path) -> None:
    old = {key: GOOD[key] for key in ("doc_id", "doc", "target", "arguments", "resps")}
    (found,) = read_questions(write_log(tmp_path, [old | {"acc": 1.0, "em": 0.0}])).values()
    assert found["none"].values == {"acc": 1.0, "em": 0.0}


def named(number: int, key: Any) -> dict[str, Any]:
    return line(number, {"id": key}, acc=1.0)


FIRST = line(1, acc=1.0)
FILTERED = [line(n, kept=kept, acc=1) for kept in ("strict", "flexible") for n in range(3)]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (b"\n \n", ":1: the file is empty"),
        (json.dumps(GOOD).encode()[:-9], ":1: not JSON"),
        (b"[1]\n", ":1: expected an object"),
        (b"\xff\xfe{}", " cannot be read"),
        ([FIRST, {"score": 1}], ":2: .* doc: Field required"),
        ([FIRST, GOOD | {"doc": "text"}], ":2: .* doc: Input should be a valid dictionary"),
        ([FIRST, GOOD | {"doc_id": [1]}], ":2: .* doc_id"),
        ([FIRST, GOOD | {"filter": 1}], ":2: .* filter: Input should be a valid string"),
        ([FIRST, GOOD | {"metrics": "acc"}], ":2: .* metrics: Input should be a valid list"),
        ([FIRST, GOOD | {"metrics": ["em"]}], ":2: .* it has no value of 'em'"),
        ([FIRST, GOOD | {"doc_id": None}], ":2: neither doc_id nor an id of doc"),
        ([GOOD, GOOD], ":2: question '?0.* stands in .*:1 already under the filter 'none'"),
        ([named(0, "a"), named(9, "a")], ":2: question 'a' stands in .*:1 already under"),
        (FILTERED[:-1], ":3: question '2' does not stand under the filter 'flexible'"),
        ([*FILTERED[1:4], FILTERED[5]], ":1: question '1' does not stand under the filter"),
    ],
)
def test_what_is_no_whole_log_of_lm_eval_is_refused(
    tmp_path: Path, lines: bytes | list[dict[str, Any]], said: str
) -> None:
    path = write_log(tmp_path, [] if isinstance(lines, bytes) else lines)
    if isinstance(lines, bytes):
        path.write_bytes(lines)
    with pytest.raises(DataError, match=f"^{path}{said}.*lm_eval --log_samples") as caught:
        read_questions(path)
    assert "\n" not in str(caught.value)
