"""Files are whole or absent; hashes follow content; bad lines are named."""

from pathlib import Path

import pytest

from harness.errors import DataError
from harness.files import (
    fingerprint,
    hash_folder,
    put_folder,
    read_json_lines,
    read_yaml,
    write_whole,
)


def test_write_whole_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.txt", "old")
    write_whole(tmp_path / "a.txt", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "new"


def test_put_folder_replaces_what_was_there(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    put_folder(tmp_path / "new", tmp_path / "old")
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["new"]
    assert not (tmp_path / "new").exists()


def test_fingerprint_ignores_the_order_of_keys_only() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint([1, 2]) != fingerprint([2, 1])


def test_hash_folder_changes_with_a_name_and_with_a_byte(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    first = hash_folder(tmp_path)
    (tmp_path / "a").write_text("y")
    second = hash_folder(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, hash_folder(tmp_path)}) == 3


@pytest.mark.parametrize(
    ("text", "where"),
    [('{"a": 1}\n{oops\n', ":2: not JSON"), ("\n[1]\n", ":2: expected an object")],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, where: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(DataError, match=where):
        list(read_json_lines(path))


def test_a_line_separator_inside_a_string_does_not_split_the_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": "one\u2028two"}\n', encoding="utf-8")
    assert list(read_json_lines(path)) == [(1, {"a": "one\u2028two"})]


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", ""])
def test_yaml_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=r"suite\.yaml"):
        read_yaml(path)
